//! What happened, durable before anybody is answered: a log of segments that only grows at its end and is trimmed at its
//! beginning. It stands below the embedded store. It holds no duplicates, so that the door can answer how many came.
//!
//! An append waits for the scribe, which writes what waits as one group with one flush. Positions are offsets into the
//! whole log, whichever files it is in. Readers see only what is durable.

mod clerk;
mod digest;
mod disk;
mod frame;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod item_record;
mod quill;
mod reader;
mod record;
mod recovery;
mod scribe;
mod seen;
mod segment;
mod shelf;
mod tape;

use std::fs;
use std::ops::Range;
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;

pub(crate) use disk::flush_directory;
pub(crate) use reader::Reader;
pub(crate) use record::{decode, encode};

use crate::domain::{Clock, Inbound, Position, Signal, limits};
use crate::store::{Appended, StoreError, engine};
use digest::Digest;
use disk::Disk;
use quill::Quill;
use scribe::{Append, Prepared, Scribe};
use seen::{ChunkBounds, Seen};
use shelf::Shelf;

/// The index of ids, beside the segments.
const INDEX_FILE: &str = "seen.redb";

/// How large things may grow, for tests to make them small.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    segment_bytes: u64,
    backlog_bytes: u64,
    chunk: ChunkBounds,
}

impl Bounds {
    /// A house's; small where things are to go wrong, so that they do in every place.
    fn of_house() -> Self {
        #[cfg(feature = "faults")]
        if crate::faults::is_armed() {
            return Self {
                segment_bytes: 32 << 10,
                chunk: ChunkBounds { ids: 48, bytes: 32 << 10 },
                ..Self::default()
            };
        }
        Self::default()
    }
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            segment_bytes: limits::SEGMENT_BYTES_MAX,
            backlog_bytes: limits::BACKLOG_BYTES_MAX,
            chunk: ChunkBounds { ids: limits::SEEN_CHUNK_IDS, bytes: limits::SEEN_CHUNK_BYTES },
        }
    }
}

/// A journal in a directory that nobody else writes to.
pub(crate) struct Journal {
    appends: Option<SyncSender<Append>>,
    backlog_bytes_max: u64,
    shelf: Arc<Shelf>,
    scribe: Option<JoinHandle<()>>,
}

impl Journal {
    /// Opens the journal in `dir`, or begins one. Somebody consumed it up to `floor`: it must reach that far.
    pub(crate) fn open(dir: &Path, floor: Position, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Self::open_with(dir, floor, clock, disk::machine(), Bounds::of_house())
    }

    fn open_with(
        dir: &Path,
        floor: Position,
        clock: Arc<dyn Clock>,
        disk: Box<dyn Disk>,
        bounds: Bounds,
    ) -> Result<Self, StoreError> {
        fs::create_dir_all(dir).map_err(|err| StoreError::of_file(dir, &err))?;
        let index = engine::File::open(&dir.join(INDEX_FILE))?;
        let indexed = index.with(clerk::indexed)?;
        let found = recovery::recover(dir, floor.max(indexed))?;
        let shelf = Arc::new(Shelf::new(dir, &found.bases, found.end));
        let seen = Seen::open(index, indexed, &shelf, bounds.chunk)?;
        // Something of it may have been about to go when the house was left.
        shelf.retire(found.end);
        let quill = Quill::new(Arc::clone(&shelf), disk, bounds.segment_bytes, found);
        let scribe = Scribe { clock, shelf: Arc::clone(&shelf), quill, seen };
        let (appends, waiting) = sync_channel(limits::APPENDS_WAITING_MAX);
        let thread = thread::Builder::new()
            .name("scribe".to_owned())
            .spawn(move || scribe.run(&waiting))
            .map_err(|err| StoreError::Unavailable(format!("the scribe's thread: {err}")))?;
        Ok(Self { appends: Some(appends), backlog_bytes_max: bounds.backlog_bytes, shelf, scribe: Some(thread) })
    }

    /// Keeps what came in. When it returns, all of it is durable.
    pub(crate) async fn append(&self, batch: Vec<Inbound>) -> Result<Vec<Appended>, StoreError> {
        if batch.is_empty() {
            return Ok(Vec::new());
        }
        let (answer, answered) = oneshot::channel();
        self.submit(Append { batch: batch.iter().map(prepare).collect(), answer })?;
        answered.await.unwrap_or_else(|_| Err(self.shelf.stopped()))
    }

    /// Keeps what the house tells itself, however far its readers are behind: one of them tells it. Waits for that.
    pub(crate) fn tell(&self, batch: &[Inbound]) -> Result<(), StoreError> {
        if batch.is_empty() {
            return Ok(());
        }
        let (answer, answered) = oneshot::channel();
        let append = Append { batch: batch.iter().map(prepare).collect(), answer };
        self.inlet().send(append).map_err(|_| self.shelf.stopped())?;
        answered.blocking_recv().unwrap_or_else(|_| Err(self.shelf.stopped())).map(drop)
    }

    /// Whether it takes what comes in; else why not.
    pub(crate) fn health(&self) -> Result<(), StoreError> {
        self.admit()?;
        self.shelf.setback().map_or(Ok(()), |why| Err(StoreError::Unavailable(why)))
    }

    /// Whether it is worth trying to append.
    fn admit(&self) -> Result<(), StoreError> {
        if self.shelf.has_stopped() {
            return Err(self.shelf.stopped());
        }
        let backlog_bytes = self.shelf.backlog_bytes();
        if backlog_bytes > self.backlog_bytes_max {
            return Err(StoreError::Unavailable(format!("the workers are `{backlog_bytes}` bytes behind the journal")));
        }
        Ok(())
    }

    fn submit(&self, append: Append) -> Result<(), StoreError> {
        self.admit()?;
        self.inlet().try_send(append).map_err(|err| match err {
            TrySendError::Full(_) => StoreError::Unavailable("too many requests wait for the journal".to_owned()),
            TrySendError::Disconnected(_) => self.shelf.stopped(),
        })
    }

    fn inlet(&self) -> &SyncSender<Append> {
        self.appends.as_ref().expect("a journal should have its inlet until it is dropped")
    }

    /// Where it begins: everything below was trimmed.
    pub(crate) fn begin(&self) -> Position {
        self.shelf.begin()
    }

    /// Where it ends: everything below is durable.
    pub(crate) fn end(&self) -> Position {
        self.shelf.end()
    }

    /// A reader for a range of slots.
    pub(crate) fn reader(&self, slots: Range<u16>) -> Reader {
        Reader::new(Arc::clone(&self.shelf), slots)
    }

    /// Whom to wake when there is more to read, instead of those before.
    pub(crate) fn listen(&self, signals: &[Arc<Signal>]) {
        self.shelf.listen(signals);
    }

    /// Has what stands below go as soon as nobody needs it: somebody was erased. A new segment begins for what comes.
    pub(crate) fn retire(&self, below: Position) {
        self.shelf.retire(below);
        let (answer, _) = oneshot::channel();
        // Where there is no room, others are about to be written, and begin it.
        let _ = self.inlet().try_send(Append { batch: Vec::new(), answer });
    }

    /// Whether somebody who goes on from `from` to `upto` leaves a segment behind.
    pub(crate) fn begins_within(&self, from: Position, upto: Position) -> bool {
        self.shelf.begins_within(from, upto)
    }

    /// Nobody needs what stands below `consumed` any more. What cannot be removed now is removed another time.
    pub(crate) fn trim(&self, consumed: Position) {
        if let Err(error) = self.shelf.trim(consumed) {
            tracing::warn!(%error, "a consumed segment of the journal could not be removed");
        }
    }
}

/// What waits is written; then the threads end.
impl Drop for Journal {
    fn drop(&mut self) {
        self.appends = None;
        if self.scribe.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the scribe's thread panicked");
        }
    }
}

fn prepare(inbound: &Inbound) -> Prepared {
    Prepared { digest: Digest::of(inbound), slot: inbound.slot(), body: encode(inbound) }
}

#[cfg(test)]
mod tests;
