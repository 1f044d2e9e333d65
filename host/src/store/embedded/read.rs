//! Questions to one partition's file, answered from one moment of it.

use redb::{ReadOnlyTable, ReadTransaction};

use super::keys::{self, Span};
use super::tables::{META, OUTBOX, OUTBOX_DUE, POSITION, PROFILES, ROWS, TIMERS, Table, parse_outbox_value};
use crate::domain::{InstructionId, Position, ProfileId, ProfileKey, TenantId, Timestamp};
use crate::store::{Book, OutboxRow, Page, Row, StoreError, TimerKey, engine};

/// One moment of a file.
pub(super) struct View(pub(super) ReadTransaction);

impl View {
    pub(super) fn position(&self) -> Result<Position, StoreError> {
        let sealed = self.table(META)?.get(POSITION).map_err(engine::fault)?;
        sealed.map_or(Ok(Position::default()), |sealed| engine::unseal_position(POSITION, sealed.value()))
    }

    pub(super) fn profile(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(PROFILES, &keys::profile(key), |_, body| Ok(body.to_vec()))
    }

    pub(super) fn profiles(
        &self,
        tenant: &TenantId,
        after: Option<&ProfileId>,
        max: usize,
    ) -> Result<Vec<(ProfileId, Vec<u8>)>, StoreError> {
        let read = |key: &[u8], body: &[u8]| Ok((keys::parse_profile(key)?, body.to_vec()));
        self.list(PROFILES, &keys::profiles(tenant, after), max, read)
    }

    pub(super) fn timers(&self, until: Timestamp, max: usize) -> Result<Vec<TimerKey>, StoreError> {
        self.list(TIMERS, &keys::until(until), max, |key, _| keys::parse_timer(key))
    }

    pub(super) fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        self.first(TIMERS, &[], |key| Ok(keys::parse_timer(key)?.due))
    }

    pub(super) fn outbox_due(
        &self,
        until: Timestamp,
        after: Option<&OutboxRow>,
        max: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let entry_key = |key: &[u8], _: &[u8]| keys::parse_due_entry(key).map(|(_, entry)| entry.to_vec());
        let last = after.and_then(|row| Some(keys::due_entry(row.due?, &keys::entry(&row.tenant, &row.id))));
        let due = self.list(OUTBOX_DUE, &keys::due_entries(until, last), max, entry_key)?;
        due.iter().map(|key| self.entry(key)?.ok_or_else(|| unknown_entry(key))).collect()
    }

    pub(super) fn next_outbox_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        self.first(OUTBOX_DUE, &keys::until(now).end, |key| Ok(keys::parse_due_entry(key)?.0))
    }

    pub(super) fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        self.entry(&keys::entry(tenant, id))
    }

    pub(super) fn outbox(
        &self,
        tenant: &TenantId,
        after: Option<&InstructionId>,
        max: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.list(OUTBOX, &keys::entries(tenant, after), max, read_entry)
    }

    pub(super) fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError> {
        let read = |key: &[u8], body: &[u8]| Ok(Row { key: keys::parse_row(key)?, body: body.to_vec() });
        self.list(ROWS, &keys::rows(book, page), max, read)
    }

    fn entry(&self, key: &[u8]) -> Result<Option<OutboxRow>, StoreError> {
        self.get(OUTBOX, key, read_entry)
    }

    fn get<T>(
        &self,
        table: Table,
        key: &[u8],
        read: impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let sealed = self.table(table)?.get(key).map_err(engine::fault)?;
        sealed.map(|sealed| read(key, engine::unseal(key, sealed.value())?)).transpose()
    }

    fn list<T>(
        &self,
        table: Table,
        span: &Span,
        max: usize,
        read: impl Fn(&[u8], &[u8]) -> Result<T, StoreError>,
    ) -> Result<Vec<T>, StoreError> {
        let table = self.table(table)?;
        let range = table.range(span.start.as_slice()..span.end.as_slice()).map_err(engine::fault)?;
        range
            .take(max)
            .map(|row| {
                let (key, sealed) = row.map_err(engine::fault)?;
                read(key.value(), engine::unseal(key.value(), sealed.value())?)
            })
            .collect()
    }

    fn first<T>(
        &self,
        table: Table,
        from: &[u8],
        read: impl Fn(&[u8]) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let table = self.table(table)?;
        let mut range = table.range(from..).map_err(engine::fault)?;
        range.next().map(|row| read(row.map_err(engine::fault)?.0.value())).transpose()
    }

    fn table(&self, table: Table) -> Result<ReadOnlyTable<&'static [u8], &'static [u8]>, StoreError> {
        self.0.open_table(table).map_err(engine::fault)
    }
}

fn read_entry(key: &[u8], value: &[u8]) -> Result<OutboxRow, StoreError> {
    let (tenant, id) = keys::parse_entry(key)?;
    let (due, body) = parse_outbox_value(value)?;
    Ok(OutboxRow { tenant, id, due, body: body.to_vec() })
}

fn unknown_entry(key: &[u8]) -> StoreError {
    StoreError::Corrupt(format!("the outbox entry `{}` is due and not there", key.escape_ascii()))
}
