//! Where the segments stand: which there are, up to where they are durable, up to where they are still needed. The one
//! thing that the scribe, the clerk and all readers share.

use std::collections::VecDeque;
use std::fs;
use std::io;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use super::disk::flush_directory;
use super::segment;
use crate::domain::{Position, Signal};
use crate::faults::{self, Point};
use crate::store::StoreError;

/// The segments of one journal.
#[derive(Debug)]
pub(super) struct Shelf {
    dir: PathBuf,
    /// Where each segment begins, in order; never empty. The last one is written on.
    bases: Mutex<VecDeque<u64>>,
    /// Everything below is durable, and may be read.
    end: AtomicU64,
    /// Everything below was consumed by all partitions.
    consumed: AtomicU64,
    /// The ids of everything below are in the index, durably.
    indexed: AtomicU64,
    /// What stands below is to go as soon as nobody needs it, full segment or not.
    retired: AtomicU64,
    /// Why the journal stopped.
    fault: OnceLock<String>,
    /// Why it takes nothing just now.
    setback: Mutex<Option<String>>,
    listeners: Mutex<Vec<Arc<Signal>>>,
}

impl Shelf {
    /// A shelf as it was found.
    pub(super) fn new(dir: &Path, bases: &[Position], end: Position) -> Self {
        let first = bases.first().copied().unwrap_or_default();
        Self {
            dir: dir.to_owned(),
            bases: Mutex::new(bases.iter().map(|base| base.0).collect()),
            end: AtomicU64::new(end.0),
            consumed: AtomicU64::new(first.0),
            indexed: AtomicU64::new(first.0),
            retired: AtomicU64::new(first.0),
            fault: OnceLock::new(),
            setback: Mutex::default(),
            listeners: Mutex::default(),
        }
    }

    pub(super) fn dir(&self) -> &Path {
        &self.dir
    }

    /// Where the oldest segment begins.
    pub(super) fn begin(&self) -> Position {
        let bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        Position(*bases.front().expect("a journal should have a segment"))
    }

    /// Where the durable part ends.
    pub(super) fn end(&self) -> Position {
        Position(self.end.load(Ordering::Acquire))
    }

    /// Bytes that not every partition has consumed.
    pub(super) fn backlog_bytes(&self) -> u64 {
        self.end().0.saturating_sub(self.consumed.load(Ordering::Acquire))
    }

    /// The segment in which `at` lies, as far as it is durable.
    pub(super) fn segment_at(&self, at: Position) -> Result<Range<Position>, StoreError> {
        let end = self.end();
        let bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        let next = bases.partition_point(|base| *base <= at.0);
        let base = next.checked_sub(1).and_then(|index| bases.get(index)).copied();
        match base {
            Some(base) if at < end => {
                let next = bases.get(next).map_or(end, |next| end.min(Position(*next)));
                Ok(Position(base)..next)
            }
            _ => {
                let begin = bases.front().copied().unwrap_or_default();
                let dir = self.dir.display();
                Err(StoreError::Corrupt(format!("the journal `{dir}` holds {begin} to {end}, not {at}")))
            }
        }
    }

    /// Puts a new segment behind the others, and wakes readers: the one before it can go when they have passed it.
    pub(super) fn push(&self, base: Position) {
        self.bases.lock().unwrap_or_else(PoisonError::into_inner).push_back(base.0);
        self.wake();
    }

    /// Has what stands below go soon.
    pub(super) fn retire(&self, below: Position) {
        self.retired.fetch_max(below.0, Ordering::AcqRel);
    }

    /// Whether something from there on is to go soon.
    pub(super) fn is_retired(&self, from: Position) -> bool {
        from.0 < self.retired.load(Ordering::Acquire)
    }

    /// Whether a segment begins behind `from`, at `upto` or before.
    pub(super) fn begins_within(&self, from: Position, upto: Position) -> bool {
        let bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        bases.iter().any(|base| (from.0 + 1..=upto.0).contains(base))
    }

    /// Lets readers see what is durable now, and wakes them.
    pub(super) fn grow(&self, end: Position) {
        self.end.store(end.0, Ordering::Release);
        self.wake();
    }

    fn wake(&self) {
        for signal in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            signal.raise();
        }
    }

    /// Whom to wake when there is more to read, instead of those before.
    pub(super) fn listen(&self, signals: &[Arc<Signal>]) {
        *self.listeners.lock().unwrap_or_else(PoisonError::into_inner) = signals.to_vec();
    }

    /// The ids of everything below are in the index, durably.
    pub(super) fn set_indexed(&self, below: Position) {
        self.indexed.fetch_max(below.0, Ordering::AcqRel);
    }

    /// Removes the segments that nobody needs any more, the oldest first. Each removal is durable before the next, so that
    /// a power cut leaves no gap.
    pub(super) fn trim(&self, consumed: Position) -> io::Result<()> {
        let consumed = self.consumed.fetch_max(consumed.0, Ordering::AcqRel).max(consumed.0);
        let below = consumed.min(self.indexed.load(Ordering::Acquire));
        let mut bases = self.bases.lock().unwrap_or_else(PoisonError::into_inner);
        while bases.get(1).is_some_and(|next| *next <= below) {
            let base = bases.front().copied().map(Position).expect("a second should have a first before it");
            faults::pass(Point::SegmentRemoving);
            fs::remove_file(segment::path(&self.dir, base))?;
            faults::pass(Point::SegmentRemoved);
            bases.pop_front();
            flush_directory(&self.dir)?;
        }
        Ok(())
    }

    /// Notes why the journal stopped; the first reason stays.
    pub(super) fn stop(&self, fault: &StoreError) {
        if self.fault.set(fault.to_string()).is_ok() {
            tracing::error!(%fault, "the journal stopped: nothing is acknowledged until a restart");
        }
    }

    /// What to answer when the journal stopped.
    pub(super) fn stopped(&self) -> StoreError {
        let why = self.fault.get().map_or("it was closed", String::as_str);
        StoreError::Unavailable(format!("the journal stopped, restart to recover: {why}"))
    }

    /// Notes why nothing can be kept just now, or that it can again.
    pub(super) fn set_back(&self, why: Option<String>) {
        let mut setback = self.setback.lock().unwrap_or_else(PoisonError::into_inner);
        match (&why, &*setback) {
            (Some(why), None) => tracing::error!(why, "nothing is acknowledged until there is room again"),
            (None, Some(_)) => tracing::info!("there is room again"),
            _ => {}
        }
        *setback = why;
    }

    /// Why nothing can be kept just now.
    pub(super) fn setback(&self) -> Option<String> {
        self.setback.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether the journal stopped.
    pub(super) fn has_stopped(&self) -> bool {
        self.fault.get().is_some()
    }

    /// Damage at a place of the journal.
    pub(super) fn damage(&self, base: Position, at: Position, what: impl std::fmt::Display) -> StoreError {
        damage(&self.dir, base, at, what)
    }
}

/// Damage at `at`, in the segment that begins at `base`.
pub(super) fn damage(dir: &Path, base: Position, at: Position, what: impl std::fmt::Display) -> StoreError {
    let path = segment::path(dir, base);
    StoreError::Corrupt(format!("`{}`, byte {}: {what}", path.display(), at.0 - base.0))
}
