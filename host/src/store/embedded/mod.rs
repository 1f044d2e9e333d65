//! The store of a house on one machine: nothing else to start. The journal acknowledges; a file of the state engine per
//! partition keeps what the workers make of it. A commit is not flushed by itself: what a crash takes back is made again
//! from the journal, the same, because decisions are pure.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod house;
mod keys;
mod partition;
mod queues;
mod read;
mod reports;
mod state;
mod tables;
mod write;

use std::path::Path;
use std::sync::Arc;

use super::{Appending, Partition, Reports, Store, StoreError};
use crate::domain::{Clock, Inbound, Position, Signal};
use house::House;
use partition::Owned;
use reports::EmbeddedReports;

/// A store in a directory of its own. It closes when it and all its partitions and reports are dropped.
pub struct Embedded {
    house: Arc<House>,
}

impl Embedded {
    /// Opens the store in `dir`, or begins one. Nobody else may have it open.
    pub fn open(dir: &Path, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        Ok(Self { house: Arc::new(House::open(dir, clock)?) })
    }
}

impl Store for Embedded {
    fn append(&self, batch: Vec<Inbound>) -> Appending<'_> {
        Box::pin(self.house.journal.append(batch))
    }

    fn acquire(&self, signals: &[Arc<Signal>]) -> Result<Vec<Box<dyn Partition>>, StoreError> {
        self.house.journal.listen(signals);
        let numbers = 0..self.house.states.len();
        Ok(numbers.map(|number| Box::new(Owned::take(&self.house, number)) as Box<dyn Partition>).collect())
    }

    fn partitions(&self) -> usize {
        self.house.states.len()
    }

    fn end(&self) -> Position {
        self.house.journal.end()
    }

    fn health(&self) -> Result<(), StoreError> {
        self.house.journal.health()
    }

    fn reports(&self) -> Arc<dyn Reports> {
        Arc::new(EmbeddedReports(Arc::clone(&self.house)))
    }
}

#[cfg(test)]
mod tests;
