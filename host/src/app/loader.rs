//! Loads campaigns in the background: all that are active after a start, from disk where their code is kept, else compiled.
//! Those that a cause waits for come first.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::thread;

use super::seat::Seat;
use crate::domain::limits;
use crate::sandbox::Sandbox;
use crate::tenants::Directory;

/// Threads that load, until they are stopped.
pub(super) struct Loader {
    pub(super) sandbox: Sandbox,
    pub(super) queue: Arc<Queue>,
}

/// The seats that wait. No more than there are in the roster: who left it is dropped.
#[derive(Default)]
pub(super) struct Queue {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    seats: VecDeque<Weak<Seat>>,
    is_closed: bool,
}

impl Loader {
    pub(super) fn start(directory: &Arc<Directory>, sandbox: &Sandbox) -> std::io::Result<Self> {
        let queue = Arc::new(Queue::default());
        for _ in 0..limits::LOADING_MAX {
            let (queue, sandbox, directory) = (Arc::clone(&queue), sandbox.clone(), Arc::downgrade(directory));
            let load_all = move || {
                while let Some(seat) = queue.next() {
                    load(&seat, &queue, &sandbox, &directory);
                }
            };
            thread::Builder::new().name("loader".to_owned()).spawn(load_all)?;
        }
        Ok(Self { sandbox: sandbox.clone(), queue })
    }

    /// Has the threads end after what they are at.
    pub(super) fn stop(&self) {
        self.queue.lock().is_closed = true;
        self.queue.changed.notify_all();
    }
}

fn load(seat: &Arc<Seat>, queue: &Queue, sandbox: &Sandbox, directory: &Weak<Directory>) {
    if let Err(not_now) = seat.load(sandbox, directory) {
        seat.postpone(&not_now);
        queue.add(seat);
        queue.rest();
    }
}

/// A house that was not stopped in order leaves no threads behind either.
impl Drop for Loader {
    fn drop(&mut self) {
        self.stop();
    }
}

impl Queue {
    /// Has the seat loaded after all others.
    pub(super) fn add(&self, seat: &Arc<Seat>) {
        self.lock().seats.push_back(Arc::downgrade(seat));
        self.changed.notify_one();
    }

    /// Has the seat loaded before all others.
    pub(super) fn hurry(&self, seat: &Arc<Seat>) {
        let mut waiting = self.lock();
        let seat = Arc::downgrade(seat);
        waiting.seats.retain(|other| !Weak::ptr_eq(other, &seat));
        waiting.seats.push_front(seat);
        drop(waiting);
        self.changed.notify_one();
    }

    /// The next that is still wanted; waits for it. None when this is the end.
    fn next(&self) -> Option<Arc<Seat>> {
        let mut waiting = self.lock();
        loop {
            if waiting.is_closed {
                return None;
            }
            match waiting.seats.pop_front().map(|seat| seat.upgrade()) {
                Some(Some(seat)) if !seat.is_taken() => return Some(seat),
                Some(_) => {}
                None => waiting = self.changed.wait(waiting).unwrap_or_else(PoisonError::into_inner),
            }
        }
    }

    fn rest(&self) {
        let is_open = |waiting: &mut Waiting| !waiting.is_closed;
        let rested = self.changed.wait_timeout_while(self.lock(), limits::LOAD_REST, is_open);
        drop(rested);
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
