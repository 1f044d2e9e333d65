//! The one thread that writes the journal: takes what waits, drops what it has seen, writes the rest, flushes once, and
//! only then answers everybody. Where there is no room it refuses what waits, and goes on when there is. When anything else about
//! writing fails, or flushing at all, nobody knows what is on the disk, so it stops for good.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};

use tokio::sync::oneshot;

use super::digest::Digest;
use super::frame::Head;
use super::quill::{Quill, Trouble};
use super::seen::Seen;
use super::shelf::Shelf;
use crate::domain::{Clock, Position, Slot, limits};
use crate::faults::{self, Point, Promise};
use crate::store::{Appended, StoreError};

/// Something to be kept, as far as it can be prepared by who brings it.
pub(super) struct Prepared {
    pub(super) digest: Digest,
    pub(super) slot: Slot,
    pub(super) body: Vec<u8>,
}

/// What is kept together, and who waits for it.
pub(super) struct Append {
    pub(super) batch: Vec<Prepared>,
    pub(super) answer: oneshot::Sender<Result<Vec<Appended>, StoreError>>,
}

impl Append {
    fn bytes(&self) -> usize {
        self.batch.iter().map(|prepared| Head::BYTES + prepared.body.len()).sum()
    }
}

/// The writer.
pub(super) struct Scribe {
    pub(super) clock: Arc<dyn Clock>,
    pub(super) shelf: Arc<Shelf>,
    pub(super) quill: Quill,
    pub(super) seen: Seen,
}

impl Scribe {
    /// Works until nobody can append any more, or until something breaks. Whoever then waits finds the line dead, and
    /// why on the shelf.
    pub(super) fn run(mut self, appends: &Receiver<Append>) {
        while let Some(first) = self.next(appends) {
            if let Err(fault) = self.serve(gather(first, appends)) {
                return self.shelf.stop(&fault);
            }
        }
        if let Err(fault) = self.seen.close() {
            self.shelf.stop(&fault);
        }
    }

    /// What waits first. While there was no room, looks from time to time whether there is some.
    fn next(&mut self, appends: &Receiver<Append>) -> Option<Append> {
        while self.shelf.setback().is_some() {
            match appends.recv_timeout(limits::FULL_LOOK_AGAIN) {
                Ok(append) => return Some(append),
                Err(RecvTimeoutError::Disconnected) => return None,
                Err(RecvTimeoutError::Timeout) => match self.quill.probe() {
                    Ok(()) => self.shelf.set_back(None),
                    Err(Trouble::Full(_)) => {}
                    Err(Trouble::Broken(fault)) => {
                        self.shelf.stop(&fault);
                        return None;
                    }
                },
            }
        }
        appends.recv().ok()
    }

    /// Keeps a group and tells everybody, or tells everybody that it cannot be kept now.
    fn serve(&mut self, mut group: Vec<Append>) -> Result<(), StoreError> {
        match self.keep(&mut group) {
            Ok((answers, end)) => {
                self.shelf.set_back(None);
                answer(group, answers);
                faults::pass(Point::JournalAcknowledged);
                self.seen.settle(end)
            }
            Err(Trouble::Full(why)) => {
                self.seen.forget();
                self.shelf.set_back(Some(why.clone()));
                refuse(group, &why);
                Ok(())
            }
            Err(Trouble::Broken(fault)) => {
                // Before the group is dropped, which is how those who wait for it hear of it.
                self.shelf.stop(&fault);
                Err(fault)
            }
        }
    }

    /// What became of each element, and where the journal ends now.
    fn keep(&mut self, group: &mut Vec<Append>) -> Result<(Vec<Vec<Appended>>, Position), Trouble> {
        let arrived = self.quill.begin(self.clock.now())?;
        self.seen.turn_to(arrived)?;
        let mut answers = Vec::with_capacity(group.len());
        for append in group.iter() {
            let answer = append.batch.iter().map(|prepared| self.write(prepared));
            answers.push(answer.collect::<Result<_, StoreError>>()?);
        }
        self.quill.write()?;
        if faults::breaks(Promise::FlushedFirst) {
            answer(std::mem::take(group), std::mem::take(&mut answers));
            faults::linger();
        }
        Ok((answers, self.quill.flush()?))
    }

    fn write(&mut self, prepared: &Prepared) -> Result<Appended, StoreError> {
        if self.seen.note(prepared.digest)? {
            self.quill.add(prepared);
            Ok(Appended::Fresh)
        } else {
            Ok(Appended::Duplicate)
        }
    }
}

/// What waits, up to a bound, without waiting for more.
fn gather(first: Append, appends: &Receiver<Append>) -> Vec<Append> {
    let mut bytes = first.bytes();
    let mut group = vec![first];
    while bytes < limits::GROUP_BYTES_MAX {
        let Ok(next) = appends.try_recv() else { break };
        bytes += next.bytes();
        group.push(next);
    }
    group
}

/// Tells everybody. Who gave up waiting is not there to hear it.
fn answer(group: Vec<Append>, answers: Vec<Vec<Appended>>) {
    for (append, answer) in group.into_iter().zip(answers) {
        let _ = append.answer.send(Ok(answer));
    }
}

/// Tells everybody that nothing was kept.
fn refuse(group: Vec<Append>, why: &str) {
    for append in group {
        let _ = append.answer.send(Err(StoreError::Unavailable(why.to_owned())));
    }
}
