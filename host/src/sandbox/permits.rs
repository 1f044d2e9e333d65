//! Places in the pool. Whoever wants an instance waits for a place, so that a full pool is never a campaign's failure.

use std::sync::{Condvar, Mutex, PoisonError};

use metrics::gauge;

/// Places that are taken, for who watches the server: at rest, none.
const TAKEN: &str = "rekindle_sandbox_instances";

/// A number of places.
pub(super) struct Permits {
    free: Mutex<u32>,
    freed: Condvar,
}

impl Permits {
    /// That many places.
    pub(super) fn new(places: u32) -> Self {
        Self { free: Mutex::new(places), freed: Condvar::new() }
    }

    /// Waits for a place and takes it. Calls end by fuel and epoch, so a place comes.
    pub(super) fn take(&self) -> Permit<'_> {
        let free = self.free.lock().unwrap_or_else(PoisonError::into_inner);
        let mut free = self.freed.wait_while(free, |free| *free == 0).unwrap_or_else(PoisonError::into_inner);
        *free -= 1;
        gauge!(TAKEN).increment(1.0);
        Permit(self)
    }
}

/// A place, until it is dropped.
pub(super) struct Permit<'a>(&'a Permits);

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        *self.0.free.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.0.freed.notify_one();
        gauge!(TAKEN).decrement(1.0);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use super::*;

    #[test]
    fn the_next_waits_until_a_place_is_free() {
        let permits = Permits::new(1);
        let (taken, was_taken) = mpsc::channel();
        std::thread::scope(|scope| {
            let first = permits.take();
            scope.spawn(|| {
                let _second = permits.take();
                taken.send(()).unwrap();
            });
            assert!(was_taken.recv_timeout(Duration::from_millis(20)).is_err());
            drop(first);
            was_taken.recv().unwrap();
        });
    }
}
