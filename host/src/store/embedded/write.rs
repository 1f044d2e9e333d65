//! What a commit does to the tables, field by field, in the order that the seam promises.

use redb::WriteTransaction;

use super::keys;
use super::tables::{META, OUTBOX, OUTBOX_DUE, POSITION, PROFILES, ROWS, TIMERS, outbox_value, parse_outbox_value};
use crate::domain::{InstructionId, Position, ProfileKey, TenantId, limits};
use crate::store::{Book, Commit, OutboxRow, Row, RowKey, StoreError, TimerKey, Trim, engine};

type Table<'a> = redb::Table<'a, &'static [u8], &'static [u8]>;

/// Does what `commit` says, with `upto` as the position.
pub(super) fn apply(transaction: &WriteTransaction, commit: &Commit, upto: Position) -> Result<(), StoreError> {
    let mut meta = transaction.open_table(META).map_err(engine::fault)?;
    meta.insert(POSITION, engine::seal_position(POSITION, upto).as_slice()).map_err(engine::fault)?;
    write_profiles(transaction, &commit.profiles)?;
    write_timers(transaction, &commit.timers_unset, &commit.timers_set)?;
    write_outbox(transaction, &commit.outbox_settled, &commit.outbox_put)?;
    write_rows(transaction, &commit.rows_removed, &commit.rows_added)?;
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
    let mut table = transaction.open_table(TIMERS).map_err(engine::fault)?;
    for timer in unset {
        remove(&mut table, &keys::timer(timer))?;
    }
    for timer in set {
        put(&mut table, &keys::timer(timer), Vec::new())?;
    }
    Ok(())
}

fn write_outbox(
    transaction: &WriteTransaction,
    settled: &[(TenantId, InstructionId)],
    put: &[OutboxRow],
) -> Result<(), StoreError> {
    let mut outbox = Outbox {
        entries: transaction.open_table(OUTBOX).map_err(engine::fault)?,
        due: transaction.open_table(OUTBOX_DUE).map_err(engine::fault)?,
    };
    for (tenant, id) in settled {
        outbox.take_out(&keys::entry(tenant, id))?;
    }
    for row in put {
        outbox.take_out(&keys::entry(&row.tenant, &row.id))?;
        outbox.put_in(row)?;
    }
    Ok(())
}

/// The entries and their index by moment, always of one mind.
struct Outbox<'a> {
    entries: Table<'a>,
    due: Table<'a>,
}

impl Outbox<'_> {
    fn take_out(&mut self, key: &[u8]) -> Result<(), StoreError> {
        let Some(sealed) = self.entries.remove(key).map_err(engine::fault)? else { return Ok(()) };
        let (due, _) = parse_outbox_value(engine::unseal(key, sealed.value())?)?;
        due.map_or(Ok(()), |due| remove(&mut self.due, &keys::due_entry(due, key)))
    }

    fn put_in(&mut self, row: &OutboxRow) -> Result<(), StoreError> {
        let key = keys::entry(&row.tenant, &row.id);
        if let Some(due) = row.due {
            put(&mut self.due, &keys::due_entry(due, &key), Vec::new())?;
        }
        put(&mut self.entries, &key, outbox_value(row.due, &row.body))
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
