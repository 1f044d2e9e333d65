//! The tables of one partition's file. All keys and values are bytes: `keys` says how they are ordered, `engine` how a
//! value proves that it is whole.

use redb::TableDefinition;

use crate::domain::Timestamp;
use crate::store::StoreError;

pub(super) type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Profiles' records.
pub(super) const PROFILES: Table = Table::new("profiles");
/// Timers, by when they are due. Nothing but the key.
pub(super) const TIMERS: Table = Table::new("timers");
/// Outbox entries, each with when it is due.
pub(super) const OUTBOX: Table = Table::new("outbox");
/// The keys of outbox entries, by when they are due. Nothing but the key.
pub(super) const OUTBOX_DUE: Table = Table::new("outbox_due");
/// The rows of all books.
pub(super) const ROWS: Table = Table::new("rows");
/// What is kept of the partition itself.
pub(super) const META: Table = Table::new("meta");
/// Up to where causes were consumed.
pub(super) const POSITION: &[u8] = b"position";

pub(super) const ALL: [Table; 6] = [PROFILES, TIMERS, OUTBOX, OUTBOX_DUE, ROWS, META];

/// What stands in for a moment that will not come.
const NEVER: i64 = -1;

/// An outbox entry's value: when it is due, then its body.
pub(super) fn outbox_value(due: Option<Timestamp>, body: &[u8]) -> Vec<u8> {
    let due_ms = due.map_or(NEVER, Timestamp::as_millis);
    [&due_ms.to_le_bytes(), body].concat()
}

/// When an outbox entry is due, and its body.
pub(super) fn parse_outbox_value(value: &[u8]) -> Result<(Option<Timestamp>, &[u8]), StoreError> {
    let short = || StoreError::Corrupt("an outbox entry is too short".to_owned());
    let (due_ms, body) = value.split_first_chunk().ok_or_else(short)?;
    let due_ms = i64::from_le_bytes(*due_ms);
    Ok(((due_ms != NEVER).then(|| Timestamp::from_millis(due_ms)), body))
}
