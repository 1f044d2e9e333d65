//! How far a loop is, for who waits for it and for who watches its health.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::domain::{Position, Timestamp};

/// Readable from anywhere, all of it as it was at one moment: in the midst of a turn no two of its values would belong together.
#[derive(Debug, Default)]
pub struct Status(Mutex<Progress>);

#[derive(Debug, Default)]
struct Progress {
    /// None while something is left to do.
    rest: Option<Rest>,
    /// Messages that are at their providers, or whose fate is not committed.
    under_way: u64,
    has_failed: bool,
}

/// Nothing is left to do.
#[derive(Debug)]
struct Rest {
    passed: Position,
    as_of: Timestamp,
    next: Option<Timestamp>,
}

impl Status {
    /// Whether everything up to `end` and `now` is done: causes consumed, timers fired, messages settled.
    pub fn is_settled(&self, end: Position, now: Timestamp) -> bool {
        let progress = self.progress();
        let is_resting = progress.rest.as_ref().is_some_and(|rest| rest.passed >= end && rest.as_of >= now);
        is_resting && progress.under_way == 0
    }

    /// Whether everything up to `end` was taken in, and the loop rests since.
    pub fn has_consumed(&self, end: Position) -> bool {
        self.progress().rest.as_ref().is_some_and(|rest| rest.passed >= end)
    }

    /// Whether the loop ended although nobody stopped it.
    pub fn has_failed(&self) -> bool {
        self.progress().has_failed
    }

    /// When there is something to do next, unless something happens before.
    pub fn next(&self) -> Option<Timestamp> {
        self.progress().rest.as_ref().and_then(|rest| rest.next)
    }

    pub(super) fn busy(&self) {
        self.progress().rest = None;
    }

    pub(super) fn idle(&self, passed: Position, as_of: Timestamp, next: Option<Timestamp>) {
        self.progress().rest = Some(Rest { passed, as_of, next });
    }

    pub(super) fn dispatched(&self) {
        self.progress().under_way += 1;
    }

    pub(super) fn settled(&self, count: u64) {
        self.progress().under_way -= count;
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
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
            self.status.progress().has_failed = true;
        }
    }
}
