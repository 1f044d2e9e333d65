//! Files ids into the index, behind the scribe's back, so that no acknowledgement waits for it. The index is a file of
//! the state engine with one table per day of arrival: the ids of a day that is over are forgotten by dropping its table.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::{self, JoinHandle};

use redb::{Database, ReadOnlyTable, ReadableDatabase, TableDefinition, TableError, TableHandle, WriteTransaction};

use super::digest::Digest;
use super::seen::{Chunk, Day};
use super::shelf::Shelf;
use crate::domain::{Position, limits};
use crate::faults::{self, Point};
use crate::store::{StoreError, engine};

const META: TableDefinition<&[u8], &[u8]> = TableDefinition::new("meta");
/// The ids of everything in the journal below are in the index.
const INDEXED: &[u8] = b"indexed";

/// The ids of one day.
pub(super) type Ids = ReadOnlyTable<[u8; Digest::BYTES], ()>;
type IdsDefinition<'a> = TableDefinition<'a, [u8; Digest::BYTES], ()>;

/// The thread that writes the index.
pub(super) struct Clerk {
    chunks: Option<SyncSender<Arc<Chunk>>>,
    progress: Arc<Progress>,
    thread: Option<JoinHandle<()>>,
}

/// The clerk could not file a chunk, and files none any more.
pub(super) struct Gone;

impl Clerk {
    /// Starts the thread.
    pub(super) fn hire(index: &Arc<engine::File>, shelf: &Arc<Shelf>) -> Result<Self, StoreError> {
        let (chunks, waiting) = sync_channel(limits::SEEN_CHUNKS_WAITING_MAX);
        let progress = Arc::new(Progress::default());
        let (index, shelf, made) = (Arc::clone(index), Arc::clone(shelf), Arc::clone(&progress));
        let thread = thread::Builder::new()
            .name("clerk".to_owned())
            .spawn(move || work(&index, &shelf, &waiting, &made))
            .map_err(|err| StoreError::Unavailable(format!("the clerk's thread: {err}")))?;
        Ok(Self { chunks: Some(chunks), progress, thread: Some(thread) })
    }

    /// The number of the last chunk that is in the index.
    pub(super) fn filed(&self) -> u64 {
        self.progress.filed.load(Ordering::Acquire)
    }

    /// How often the index was opened again: what was read of it before is worth nothing then.
    pub(super) fn opened(&self) -> u64 {
        self.progress.opened.load(Ordering::Acquire)
    }

    /// Hands a chunk over. Waits while too many are waiting.
    pub(super) fn file(&self, chunk: Arc<Chunk>) -> Result<(), Gone> {
        let chunks = self.chunks.as_ref().expect("a clerk should have its inlet until it is dropped");
        chunks.send(chunk).map_err(|_| Gone)
    }
}

/// How far the thread is.
#[derive(Debug, Default)]
struct Progress {
    filed: AtomicU64,
    opened: AtomicU64,
    /// Nobody waits for it any more.
    is_leaving: AtomicBool,
}

/// Files what is waiting, then goes.
impl Drop for Clerk {
    fn drop(&mut self) {
        self.chunks = None;
        self.progress.is_leaving.store(true, Ordering::Release);
        if self.thread.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("the clerk's thread panicked");
        }
    }
}

fn work(index: &engine::File, shelf: &Shelf, waiting: &Receiver<Arc<Chunk>>, progress: &Progress) {
    for chunk in waiting {
        while let Err(fault) = index.with(|database| file(database, &chunk)) {
            // What is not in the index when it ends is read again from the journal at the next start.
            if matches!(fault, StoreError::Corrupt(_)) || progress.is_leaving.load(Ordering::Acquire) {
                return shelf.stop(&fault);
            }
            tracing::warn!(%fault, "the index of ids cannot be written; trying again");
            thread::sleep(limits::STORE_REST);
            match index.reopen() {
                Ok(true) => drop(progress.opened.fetch_add(1, Ordering::AcqRel)),
                Ok(false) => {}
                Err(fault) => tracing::warn!(%fault, "the index of ids cannot be opened; trying again"),
            }
        }
        shelf.set_indexed(chunk.span.end);
        // Whoever consumed it may have come by before.
        if let Err(error) = shelf.trim(Position::default()) {
            tracing::warn!(%error, "a consumed segment of the journal could not be removed");
        }
        progress.filed.store(chunk.number, Ordering::Release);
    }
}

fn file(database: &Database, chunk: &Chunk) -> Result<(), StoreError> {
    let transaction = engine::begin_durable(database)?;
    add(&transaction, chunk)?;
    forget(&transaction, chunk.day - limits::SEEN_DAYS)?;
    let mut meta = transaction.open_table(META).map_err(engine::fault)?;
    meta.insert(INDEXED, engine::seal_position(INDEXED, chunk.span.end).as_slice()).map_err(engine::fault)?;
    drop(meta);
    faults::pass(Point::IndexFiling);
    transaction.commit().map_err(engine::fault)?;
    faults::pass(Point::IndexFiled);
    Ok(())
}

fn add(transaction: &WriteTransaction, chunk: &Chunk) -> Result<(), StoreError> {
    let mut table = transaction.open_table(IdsDefinition::new(&name_of(chunk.day))).map_err(engine::fault)?;
    let mut ids: Vec<&Digest> = chunk.ids.iter().collect();
    ids.sort_unstable();
    for id in ids {
        table.insert(id.0, ()).map_err(engine::fault)?;
    }
    Ok(())
}

fn forget(transaction: &WriteTransaction, oldest: Day) -> Result<(), StoreError> {
    let old: Vec<Day> = transaction
        .list_tables()
        .map_err(engine::fault)?
        .filter_map(|table| day_of(table.name()))
        .filter(|day| *day < oldest)
        .collect();
    for day in old {
        transaction.delete_table(IdsDefinition::new(&name_of(day))).map_err(engine::fault)?;
    }
    Ok(())
}

/// Up to where the journal's ids are in the index.
pub(super) fn indexed(database: &Database) -> Result<Position, StoreError> {
    let transaction = database.begin_read().map_err(engine::fault)?;
    match transaction.open_table(META) {
        Ok(meta) => {
            let indexed = meta.get(INDEXED).map_err(engine::fault)?;
            indexed.map_or(Ok(Position::default()), |sealed| engine::unseal_position(INDEXED, sealed.value()))
        }
        Err(TableError::TableDoesNotExist(_)) => Ok(Position::default()),
        Err(err) => Err(engine::fault(err)),
    }
}

/// The tables of all days, as they are now.
pub(super) fn days(database: &Database) -> Result<Vec<(Day, Ids)>, StoreError> {
    let transaction = database.begin_read().map_err(engine::fault)?;
    let names = transaction.list_tables().map_err(engine::fault)?;
    let days: Vec<Day> = names.filter_map(|table| day_of(table.name())).collect();
    days.into_iter()
        .map(|day| Ok((day, transaction.open_table(IdsDefinition::new(&name_of(day))).map_err(engine::fault)?)))
        .collect()
}

fn name_of(day: Day) -> String {
    format!("day-{day}")
}

fn day_of(table: &str) -> Option<Day> {
    table.strip_prefix("day-")?.parse().ok()
}
