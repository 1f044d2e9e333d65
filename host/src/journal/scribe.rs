//! The one thread that writes the journal: takes what waits, drops what it has seen, writes the rest, flushes once, and
//! only then answers everybody. When writing or flushing fails nobody knows what is on the disk, so it stops for good.

use std::sync::Arc;
use std::sync::mpsc::Receiver;

use tokio::sync::oneshot;

use super::digest::Digest;
use super::frame::Head;
use super::quill::Quill;
use super::seen::Seen;
use super::shelf::Shelf;
use crate::domain::{Clock, Position, Slot, limits};
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
    pub(super) answer: oneshot::Sender<Vec<Appended>>,
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
    /// Works until nobody can append any more, or until something fails. Whoever then waits finds the line dead, and
    /// why on the shelf.
    pub(super) fn run(mut self, appends: &Receiver<Append>) {
        while let Ok(first) = appends.recv() {
            let group = gather(first, appends);
            let settled = match self.keep(&group) {
                Ok((answers, end)) => {
                    answer(group, answers);
                    self.seen.settle(end)
                }
                Err(fault) => Err(fault),
            };
            if let Err(fault) = settled {
                // Before the group is dropped, which is how those who wait for it hear of it.
                return self.shelf.stop(&fault);
            }
        }
        if let Err(fault) = self.seen.close() {
            self.shelf.stop(&fault);
        }
    }

    /// What became of each element, and where the journal ends now.
    fn keep(&mut self, group: &[Append]) -> Result<(Vec<Vec<Appended>>, Position), StoreError> {
        let arrived = self.quill.begin(self.clock.now())?;
        self.seen.turn_to(arrived)?;
        let mut answers = Vec::with_capacity(group.len());
        for append in group {
            let answer = append.batch.iter().map(|prepared| self.write(prepared));
            answers.push(answer.collect::<Result<_, _>>()?);
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
        let _ = append.answer.send(answer);
    }
}
