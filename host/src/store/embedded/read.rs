//! Questions to one partition's file, answered from one moment of it.

use redb::{ReadOnlyTable, ReadTransaction};

use super::keys::{self, Span};
use super::tables::{
    META, OUTBOX, OUTBOX_DUE, OUTBOX_HEADS, OutboxValue, PARKED, PARKED_SUMS, POSITION, PROFILES, ROWS, TIMER_HEADS,
    TIMERS, Table, parse_outbox_value, parse_parked_value, parse_sum_value,
};
use crate::domain::{InstructionId, Position, ProfileId, ProfileKey, TenantId, Timestamp, Waiting};
use crate::store::{Book, Entry, Line, OutboxRow, Page, Row, RowKey, StoreError, TimerKey, engine};

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

    pub(super) fn people(
        &self,
        tenant: &TenantId,
        after: Option<&ProfileId>,
        max: usize,
    ) -> Result<Vec<ProfileId>, StoreError> {
        self.list(PROFILES, &keys::profiles(tenant, after), max, |key, _| keys::parse_profile(key))
    }

    pub(super) fn timers(&self, tenant: &TenantId, until: Timestamp, max: usize) -> Result<Vec<TimerKey>, StoreError> {
        self.list(TIMERS, &keys::queue_until(&keys::timers(tenant), until), max, |key, _| keys::parse_timer(key))
    }

    pub(super) fn tenants_due(&self, until: Timestamp) -> Result<Vec<TenantId>, StoreError> {
        self.list(TIMER_HEADS, &keys::until(until), usize::MAX, |key, _| keys::parse_timers(keys::parse_head(key)?.1))
    }

    pub(super) fn next_timer(&self) -> Result<Option<Timestamp>, StoreError> {
        self.first(TIMER_HEADS, &[], |key| Ok(keys::parse_head(key)?.0))
    }

    pub(super) fn outbox_due(&self, line: &Line, until: Timestamp, max: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let queue = keys::line(line);
        let id = |key: &[u8], _: &[u8]| Ok(keys::parse_due_entry(&queue, key)?.1);
        let ids = self.list(OUTBOX_DUE, &keys::queue_until(&queue, until), max, id)?;
        let entry = |id| self.outbox_entry(&line.0, id)?.ok_or_else(|| unknown_entry(id));
        ids.iter().map(entry).collect()
    }

    pub(super) fn lines_due(&self, until: Timestamp) -> Result<Vec<Line>, StoreError> {
        self.list(OUTBOX_HEADS, &keys::until(until), usize::MAX, |key, _| keys::parse_line(keys::parse_head(key)?.1))
    }

    /// In lines that have something due already, the next stands behind that.
    pub(super) fn next_outbox_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let mut next = self.first(OUTBOX_HEADS, &keys::until(now).end, |key| Ok(keys::parse_head(key)?.0))?;
        for line in self.lines_due(now)? {
            let queue = keys::line(&line);
            let behind = keys::queue_until(&queue, now).end;
            let due = |key: &[u8]| key.starts_with(&queue).then(|| keys::due_in(&queue, key)).transpose();
            let due = self.first(OUTBOX_DUE, &behind, due)?.flatten();
            next = next.into_iter().chain(due).min();
        }
        Ok(next)
    }

    pub(super) fn parked(&self, tenant: &TenantId, max: usize) -> Result<Vec<Entry>, StoreError> {
        let read = |key: &[u8], value: &[u8]| {
            let (arrived, inbound) = parse_parked_value(value)?;
            Ok(Entry { position: keys::parse_parked(key)?, arrived, inbound })
        };
        self.list(PARKED, &keys::parked_by(tenant), max, read)
    }

    pub(super) fn waiting(&self) -> Result<Vec<(TenantId, Waiting)>, StoreError> {
        let read = |key: &[u8], value: &[u8]| Ok((keys::parse_timers(key)?, parse_sum_value(value)?));
        self.list(PARKED_SUMS, &(Vec::new()..vec![u8::MAX]), usize::MAX, read)
    }

    pub(super) fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        self.get(OUTBOX, &keys::entry(tenant, id), read_entry)
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

    pub(super) fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.get(ROWS, &keys::row(book, key), |_, body| Ok(body.to_vec()))
    }

    /// One look for each tenant: behind the first row of one stands the first of the next.
    pub(super) fn tenants_in(&self, book: Book) -> Result<Vec<TenantId>, StoreError> {
        let (mut tenants, mut from) = (Vec::new(), keys::book(book));
        let tenant_of = |key: &[u8]| key.starts_with(&keys::book(book)).then(|| keys::parse_row(key)).transpose();
        while let Some(first) = self.first(ROWS, &from, tenant_of)?.flatten() {
            from = keys::rows_of(book, &first.tenant).end;
            tenants.push(first.tenant);
        }
        Ok(tenants)
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
    let OutboxValue { due, channel, body } = parse_outbox_value(value)?;
    Ok(OutboxRow { tenant, channel: channel.to_owned(), id, due, body: body.to_vec() })
}

fn unknown_entry(id: &InstructionId) -> StoreError {
    StoreError::Corrupt(format!("the outbox entry `{id}` is due and not there"))
}
