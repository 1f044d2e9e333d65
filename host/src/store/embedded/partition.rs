//! A partition in its owner's hands: the journal's entries for it on one side, its file on the other.

use std::ops::Range;
use std::sync::Arc;

use super::house::House;
use super::state::{Owner, State};
use crate::domain::{InstructionId, Position, ProfileId, ProfileKey, TenantId, Timestamp, Waiting};
use crate::journal::Reader;
use crate::store::{Book, Commit, Entry, Line, OutboxRow, Page, Partition, Pulled, Row, RowKey, StoreError, TimerKey};

/// One of the embedded store's partitions.
pub(super) struct Owned {
    house: Arc<House>,
    number: usize,
    owner: Owner,
    position: Position,
    reader: Reader,
}

impl Owned {
    /// Takes the partition with that number, away from whoever had it.
    pub(super) fn take(house: &Arc<House>, number: usize) -> Self {
        let state = &house.states[number];
        let owner = state.take();
        Self {
            owner,
            position: state.position(),
            reader: house.journal.reader(state.slots()),
            number,
            house: Arc::clone(house),
        }
    }

    fn state(&self) -> &State {
        &self.house.states[self.number]
    }
}

impl Partition for Owned {
    fn slots(&self) -> Range<u16> {
        self.state().slots()
    }

    fn position(&self) -> Position {
        self.position
    }

    fn pull(&mut self, from: Position, max: usize) -> Result<Pulled, StoreError> {
        if let Some(position) = self.state().reopen(self.owner)? {
            self.position = position;
            let slots = self.slots();
            return Err(StoreError::Unavailable(format!("slots {slots:?} were opened again, at {position}")));
        }
        let pulled = self.reader.read(from, max)?;
        Ok(Pulled { is_awaited: self.house.journal.begins_within(self.position, pulled.upto), ..pulled })
    }

    fn load(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.state().ask(|view| view.profile(key))
    }

    fn due(&self, tenant: &TenantId, now: Timestamp, max: usize) -> Result<Vec<TimerKey>, StoreError> {
        self.state().ask(|view| view.timers(tenant, now, max))
    }

    fn tenants_due(&self, now: Timestamp) -> Result<Vec<TenantId>, StoreError> {
        self.state().ask(|view| view.tenants_due(now))
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.state().ask(|view| view.next_timer())
    }

    fn outbox_due(&self, line: &Line, now: Timestamp, max: usize) -> Result<Vec<OutboxRow>, StoreError> {
        self.state().ask(|view| view.outbox_due(line, now, max))
    }

    fn lines_due(&self, now: Timestamp) -> Result<Vec<Line>, StoreError> {
        self.state().ask(|view| view.lines_due(now))
    }

    fn outbox_next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.state().ask(|view| view.next_outbox_due(now))
    }

    fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        self.state().ask(|view| view.outbox_entry(tenant, id))
    }

    fn people(&self, tenant: &TenantId, after: Option<&ProfileId>, max: usize) -> Result<Vec<ProfileId>, StoreError> {
        self.state().ask(|view| view.people(tenant, after, max))
    }

    fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError> {
        self.state().ask(|view| view.rows(book, page, max))
    }

    fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.state().ask(|view| view.row(book, key))
    }

    fn tenants_in(&self, book: Book) -> Result<Vec<TenantId>, StoreError> {
        self.state().ask(|view| view.tenants_in(book))
    }

    fn parked(&self, tenant: &TenantId, max: usize) -> Result<Vec<Entry>, StoreError> {
        self.state().ask(|view| view.parked(tenant, max))
    }

    fn waiting(&self) -> Result<Vec<(TenantId, Waiting)>, StoreError> {
        self.state().ask(|view| view.waiting())
    }

    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.house.journal.tell(&commit.told)?;
        self.position = self.state().commit(self.owner, &commit)?;
        if commit.erases {
            self.house.journal.retire(self.position);
        }
        Ok(())
    }

    fn sync(&mut self) -> Result<Position, StoreError> {
        let position = self.state().sync(self.owner)?;
        self.house.synced(self.number, position);
        Ok(position)
    }
}
