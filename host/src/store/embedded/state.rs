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
    database: Database,
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
        let database = engine::open(path)?;
        make_tables(&database)?;
        let position = View(database.begin_read().map_err(engine::fault)?).position()?;
        let tenure = Mutex::new(Tenure { owner: Owner(0), position, is_synced: true });
        Ok(Self { database, slots, tenure })
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

    /// This moment of the file.
    pub(super) fn view(&self) -> Result<View, StoreError> {
        Ok(View(self.database.begin_read().map_err(engine::fault)?))
    }

    /// Keeps a commit, all or nothing. Returns the position.
    pub(super) fn commit(&self, owner: Owner, commit: &Commit) -> Result<Position, StoreError> {
        let mut tenure = self.tenure_of(owner)?;
        let upto = tenure.position.max(commit.upto);
        let transaction = engine::begin_lazy(&self.database)?;
        write::apply(&transaction, commit, upto)?;
        faults::pass(Point::BatchCommitting);
        transaction.commit().map_err(engine::fault)?;
        faults::pass(Point::BatchCommitted);
        tenure.position = upto;
        tenure.is_synced = false;
        Ok(upto)
    }

    /// Makes every commit durable. Returns the position.
    pub(super) fn sync(&self, owner: Owner) -> Result<Position, StoreError> {
        let mut tenure = self.tenure_of(owner)?;
        if !tenure.is_synced {
            let transaction = engine::begin_durable(&self.database)?;
            faults::pass(Point::BatchSyncing);
            transaction.commit().map_err(engine::fault)?;
            faults::pass(Point::BatchSynced);
            tenure.is_synced = true;
        }
        Ok(tenure.position)
    }

    fn tenure_of(&self, owner: Owner) -> Result<MutexGuard<'_, Tenure>, StoreError> {
        let tenure = self.tenure();
        if tenure.owner == owner { Ok(tenure) } else { Err(StoreError::Fenced) }
    }

    fn tenure(&self) -> MutexGuard<'_, Tenure> {
        self.tenure.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
