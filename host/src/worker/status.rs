//! How far a loop is, for who waits for it and for who watches its health.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};

use crate::domain::{Position, Timestamp};

const BUSY: i64 = -1;
const NEVER: i64 = i64::MAX;

/// Readable from anywhere.
#[derive(Debug, Default)]
pub struct Status {
    passed: AtomicU64,
    /// The moment up to which nothing is left to do; `BUSY` while something is.
    idle_as_of_ms: AtomicI64,
    next_ms: AtomicI64,
    under_way: AtomicU64,
    has_failed: AtomicBool,
}

impl Status {
    /// Whether everything up to `end` and `now` is done: causes consumed, timers fired, messages settled.
    pub fn is_settled(&self, end: Position, now: Timestamp) -> bool {
        self.under_way.load(Ordering::SeqCst) == 0
            && self.passed.load(Ordering::SeqCst) >= end.0
            && self.idle_as_of_ms.load(Ordering::SeqCst) >= now.as_millis()
    }

    /// Whether the loop ended although nobody stopped it.
    pub fn has_failed(&self) -> bool {
        self.has_failed.load(Ordering::SeqCst)
    }

    /// When there is something to do next, unless something happens before.
    pub fn next(&self) -> Option<Timestamp> {
        let next = self.next_ms.load(Ordering::SeqCst);
        (next != NEVER).then(|| Timestamp::from_millis(next))
    }

    pub(super) fn busy(&self) {
        self.idle_as_of_ms.store(BUSY, Ordering::SeqCst);
    }

    pub(super) fn idle(&self, passed: Position, now: Timestamp, next: Option<Timestamp>) {
        self.passed.store(passed.0, Ordering::SeqCst);
        self.next_ms.store(next.map_or(NEVER, Timestamp::as_millis), Ordering::SeqCst);
        self.idle_as_of_ms.store(now.as_millis(), Ordering::SeqCst);
    }

    pub(super) fn dispatched(&self) {
        self.under_way.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn settled(&self, count: u64) {
        self.under_way.fetch_sub(count, Ordering::SeqCst);
    }
}

/// Notes the failure when a loop ends in any way but `leave`: by an error, by a panic.
pub(super) struct Guard {
    status: Arc<Status>,
    has_left: bool,
}

impl Guard {
    pub(super) fn new(status: Arc<Status>) -> Self {
        Self { status, has_left: false }
    }

    pub(super) fn leave(mut self) {
        self.has_left = true;
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        if !self.has_left {
            self.status.has_failed.store(true, Ordering::SeqCst);
        }
    }
}
