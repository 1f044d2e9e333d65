//! One partition's file, and who owns it: a commit counts only while its maker is the last who took the partition.

use std::ops::Range;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use redb::{Database, ReadableDatabase};

use super::read::View;
use super::tables::ALL;
use super::write;
use crate::domain::Position;
use crate::faults::{self, Point};
use crate::store::{Commit, StoreError, engine};

/// Everything kept for the people in a range of slots.
pub(super) struct State {
    pub(super) file: engine::File,
    slots: Range<u16>,
    tenure: Mutex<Tenure>,
}

/// Who owns the partition, and how far it came.
struct Tenure {
    owner: Owner,
    position: Position,
    /// Whether everything committed is durable.
    is_synced: bool,
}

/// Whoever took a partition. Numbers only grow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Owner(u64);

impl State {
    /// Opens the file at `path`, or makes one.
    pub(super) fn open(path: &Path, slots: Range<u16>) -> Result<Self, StoreError> {
        let file = engine::File::open(path)?;
        let position = file.with(begin)?;
        let tenure = Mutex::new(Tenure { owner: Owner(0), position, is_synced: true });
        Ok(Self { file, slots, tenure })
    }

    pub(super) fn slots(&self) -> Range<u16> {
        self.slots.clone()
    }

    pub(super) fn position(&self) -> Position {
        self.tenure().position
    }

    /// Makes somebody new the owner.
    pub(super) fn take(&self) -> Owner {
        let mut tenure = self.tenure();
        tenure.owner.0 += 1;
        tenure.owner
    }

    /// Asks this moment of the file.
    pub(super) fn ask<T>(&self, question: impl FnOnce(&View) -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.file.with(|database| question(&View(database.begin_read().map_err(engine::fault)?)))
    }

    /// Keeps a commit, all or nothing. Returns the position.
    pub(super) fn commit(&self, owner: Owner, commit: &Commit) -> Result<Position, StoreError> {
        let mut tenure = self.tenure_of(owner)?;
        let upto = tenure.position.max(commit.upto);
        self.file.with(|database| {
            let transaction = engine::begin_lazy(database)?;
            write::apply(&transaction, commit, upto)?;
            faults::pass(Point::BatchCommitting);
            transaction.commit().map_err(engine::fault)
        })?;
        faults::pass(Point::BatchCommitted);
        tenure.position = upto;
        tenure.is_synced = false;
        Ok(upto)
    }

    /// Makes every commit durable. Returns the position.
    pub(super) fn sync(&self, owner: Owner) -> Result<Position, StoreError> {
        let mut tenure = self.tenure_of(owner)?;
        if !tenure.is_synced {
            self.file.with(|database| {
                let transaction = engine::begin_durable(database)?;
                faults::pass(Point::BatchSyncing);
                transaction.commit().map_err(engine::fault)
            })?;
            faults::pass(Point::BatchSynced);
            tenure.is_synced = true;
        }
        Ok(tenure.position)
    }

    /// Opens the file again after it failed, as it is on disk: what was not synced is gone. Returns the position then;
    /// nothing when the file is open.
    pub(super) fn reopen(&self, owner: Owner) -> Result<Option<Position>, StoreError> {
        let mut tenure = self.tenure_of(owner)?;
        if !self.file.reopen()? {
            return Ok(None);
        }
        let position = self.file.with(begin)?;
        (tenure.position, tenure.is_synced) = (position, true);
        Ok(Some(position))
    }

    fn tenure_of(&self, owner: Owner) -> Result<MutexGuard<'_, Tenure>, StoreError> {
        let tenure = self.tenure();
        if tenure.owner == owner { Ok(tenure) } else { Err(StoreError::Fenced) }
    }

    fn tenure(&self) -> MutexGuard<'_, Tenure> {
        self.tenure.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Makes a new file ready; and how far it came.
fn begin(database: &Database) -> Result<Position, StoreError> {
    make_tables(database)?;
    View(database.begin_read().map_err(engine::fault)?).position()
}

/// Makes all tables in a new file, so that none is missing to a reader.
fn make_tables(database: &Database) -> Result<(), StoreError> {
    let transaction = engine::begin_durable(database)?;
    if transaction.list_tables().map_err(engine::fault)?.next().is_some() {
        return transaction.abort().map_err(engine::fault);
    }
    for table in ALL {
        transaction.open_table(table).map_err(engine::fault)?;
    }
    transaction.commit().map_err(engine::fault)
}
