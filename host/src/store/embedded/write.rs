//! What a commit does to the tables, field by field, in the order that the seam promises.

use redb::{ReadableTable, WriteTransaction};

use super::keys;
use super::queues::Queues;
use super::tables::{
    META, OUTBOX, OUTBOX_DUE, OUTBOX_HEADS, OutboxValue, PARKED, PARKED_SUMS, POSITION, PROFILES, ROWS, TIMER_HEADS,
    TIMERS, outbox_value, parked_bytes, parked_value, parse_outbox_value, parse_sum_value, sum_value,
};
use crate::domain::{InstructionId, Position, ProfileKey, TenantId, Waiting, limits};
use crate::store::{Book, Commit, Entry, OutboxRow, Row, RowKey, StoreError, TimerKey, Trim, engine};

type Table<'a> = redb::Table<'a, &'static [u8], &'static [u8]>;

/// Does what `commit` says, with `upto` as the position.
pub(super) fn apply(transaction: &WriteTransaction, commit: &Commit, upto: Position) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(META).map_err(engine::fault)?;
    meta.insert(POSITION, engine::seal_position(POSITION, upto).as_slice()).map_err(engine::fault)?;
    write_profiles(transaction, &commit.profiles)?;
    write_timers(transaction, &commit.timers_unset, &commit.timers_set)?;
    write_outbox(transaction, &commit.outbox_settled, &commit.outbox_put)?;
    write_rows(transaction, &commit.rows_removed, &commit.rows_added)?;
    write_parked(transaction, &commit.unparked, &commit.parked)?;
    trim_rows(transaction, &commit.trims)
}

fn write_profiles(
    transaction: &WriteTransaction,
    profiles: &[(ProfileKey, Option<Vec<u8>>)],
) -> Result<(), StoreError> {
    let mut table = transaction.open_table(PROFILES).map_err(engine::fault)?;
    for (key, body) in profiles {
        let key = keys::profile(key);
        match body {
            Some(body) => put(&mut table, &key, body.clone())?,
            None => remove(&mut table, &key)?,
        }
    }
    Ok(())
}

fn write_timers(transaction: &WriteTransaction, unset: &[TimerKey], set: &[TimerKey]) -> Result<(), StoreError> {
    let mut queues = Queues::open(transaction, TIMERS, TIMER_HEADS)?;
    for timer in unset {
        queues.remove(&keys::timers(&timer.owner.tenant), &keys::timer(timer))?;
    }
    for timer in set {
        queues.put(&keys::timers(&timer.owner.tenant), &keys::timer(timer))?;
    }
    queues.close()
}

fn write_outbox(
    transaction: &WriteTransaction,
    settled: &[(TenantId, InstructionId)],
    put: &[OutboxRow],
) -> Result<(), StoreError> {
    let mut outbox = Outbox {
        entries: transaction.open_table(OUTBOX).map_err(engine::fault)?,
        lines: Queues::open(transaction, OUTBOX_DUE, OUTBOX_HEADS)?,
    };
    for (tenant, id) in settled {
        outbox.take_out(tenant, id)?;
    }
    for row in put {
        outbox.take_out(&row.tenant, &row.id)?;
        outbox.put_in(row)?;
    }
    outbox.lines.close()
}

/// The entries and their lines, always of one mind.
struct Outbox<'a> {
    entries: Table<'a>,
    lines: Queues<'a>,
}

impl Outbox<'_> {
    fn take_out(&mut self, tenant: &TenantId, id: &InstructionId) -> Result<(), StoreError> {
        let key = keys::entry(tenant, id);
        let Some(sealed) = self.entries.remove(key.as_slice()).map_err(engine::fault)? else { return Ok(()) };
        let OutboxValue { due: Some(due), channel, .. } = parse_outbox_value(engine::unseal(&key, sealed.value())?)?
        else {
            return Ok(());
        };
        let line = keys::line(&(tenant.clone(), channel.to_owned()));
        self.lines.remove(&line, &keys::due_entry(&line, due, id))
    }

    fn put_in(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        if let Some(due) = row.due {
            let line = keys::line(&(row.tenant.clone(), row.channel.clone()));
            self.lines.put(&line, &keys::due_entry(&line, due, &row.id))?;
        }
        put(&mut self.entries, &keys::entry(&row.tenant, &row.id), outbox_value(row))
    }
}

fn write_parked(
    transaction: &WriteTransaction,
    unparked: &[(TenantId, Position)],
    parked: &[Entry],
) -> Result<(), StoreError> {
    if unparked.is_empty() && parked.is_empty() {
        return Ok(());
    }
    let mut table = transaction.open_table(PARKED).map_err(engine::fault)?;
    let mut sums = Sums(transaction.open_table(PARKED_SUMS).map_err(engine::fault)?);
    for (tenant, position) in unparked {
        let key = keys::parked(tenant, *position);
        let Some(sealed) = table.remove(key.as_slice()).map_err(engine::fault)? else { continue };
        let bytes = parked_bytes(engine::unseal(&key, sealed.value())?);
        sums.change(tenant, |sum| Waiting {
            causes: sum.causes.saturating_sub(1),
            bytes: sum.bytes.saturating_sub(bytes),
        })?;
    }
    for entry in parked {
        let tenant = &entry.inbound.tenant;
        let value = parked_value(entry);
        let one = Waiting { causes: 1, bytes: parked_bytes(&value) };
        put(&mut table, &keys::parked(tenant, entry.position), value)?;
        sums.change(tenant, |sum| sum + one)?;
    }
    Ok(())
}

/// How much each tenant has parked.
struct Sums<'a>(Table<'a>);

impl Sums<'_> {
    fn change(&mut self, tenant: &TenantId, by: impl FnOnce(Waiting) -> Waiting) -> Result<(), StoreError> {
        let key = keys::timers(tenant);
        let before = match self.0.get(key.as_slice()).map_err(engine::fault)? {
            Some(sealed) => parse_sum_value(engine::unseal(&key, sealed.value())?)?,
            None => Waiting::default(),
        };
        let after = by(before);
        if after.causes == 0 { remove(&mut self.0, &key) } else { put(&mut self.0, &key, sum_value(after)) }
    }
}

fn write_rows(
    transaction: &WriteTransaction,
    removed: &[(Book, RowKey)],
    added: &[(Book, Row)],
) -> Result<(), StoreError> {
    let mut table = transaction.open_table(ROWS).map_err(engine::fault)?;
    for (book, key) in removed {
        remove(&mut table, &keys::row(*book, key))?;
    }
    for (book, row) in added {
        put(&mut table, &keys::row(*book, &row.key), row.body.clone())?;
    }
    Ok(())
}

fn trim_rows(transaction: &WriteTransaction, trims: &[Trim]) -> Result<(), StoreError> {
    let mut table = transaction.open_table(ROWS).map_err(engine::fault)?;
    let mut left = limits::TRIM_ROWS_MAX;
    for trim in trims {
        let span = keys::rows_before(trim);
        let old = table.extract_from_if(span.start.as_slice()..span.end.as_slice(), |_, _| true);
        for row in old.map_err(engine::fault)?.take(left) {
            row.map_err(engine::fault)?;
            left -= 1;
        }
    }
    Ok(())
}

fn put(table: &mut Table<'_>, key: &[u8], value: Vec<u8>) -> Result<(), StoreError> {
    table.insert(key, engine::seal(key, value).as_slice()).map_err(engine::fault)?;
    Ok(())
}

fn remove(table: &mut Table<'_>, key: &[u8]) -> Result<(), StoreError> {
    table.remove(key).map_err(engine::fault)?;
    Ok(())
}
