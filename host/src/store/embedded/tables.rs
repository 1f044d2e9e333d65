//! The tables of one partition's file. All keys and values are bytes: `keys` says how they are ordered, `engine` how a
//! value proves that it is whole.

use redb::TableDefinition;

use crate::domain::{Inbound, Timestamp, Waiting};
use crate::journal;
use crate::store::{Entry, OutboxRow, StoreError};

pub(super) type Table = TableDefinition<'static, &'static [u8], &'static [u8]>;

/// Profiles' records.
pub(super) const PROFILES: Table = Table::new("profiles");
/// Timers, by whose they are and when they are due. Nothing but the key.
pub(super) const TIMERS: Table = Table::new("timers");
/// Tenants, by when their first timer is due. Nothing but the key.
pub(super) const TIMER_HEADS: Table = Table::new("timer_heads");
/// Outbox entries, each with when it is due and over which channel it goes.
pub(super) const OUTBOX: Table = Table::new("outbox");
/// Outbox entries, by their line and when they are due. Nothing but the key.
pub(super) const OUTBOX_DUE: Table = Table::new("outbox_due");
/// Lines, by when their first entry is due. Nothing but the key.
pub(super) const OUTBOX_HEADS: Table = Table::new("outbox_heads");
/// The rows of all books.
pub(super) const ROWS: Table = Table::new("rows");
/// Causes that wait for their turn, by whose they are and where they stand.
pub(super) const PARKED: Table = Table::new("parked");
/// How much of them each tenant has.
pub(super) const PARKED_SUMS: Table = Table::new("parked_sums");
/// What is kept of the partition itself.
pub(super) const META: Table = Table::new("meta");
/// Up to where causes were consumed.
pub(super) const POSITION: &[u8] = b"position";

pub(super) const ALL: [Table; 10] =
    [PROFILES, TIMERS, TIMER_HEADS, OUTBOX, OUTBOX_DUE, OUTBOX_HEADS, ROWS, PARKED, PARKED_SUMS, META];

/// What stands in for a moment that will not come.
const NEVER: i64 = -1;

/// An outbox entry's value: when it is due, the length of its channel's name and the name, then its body.
pub(super) fn outbox_value(row: &OutboxRow) -> Vec<u8> {
    let due_ms = row.due.map_or(NEVER, Timestamp::as_millis);
    let channel_bytes = u16::try_from(row.channel.len()).expect("the sandbox should bound a channel's name");
    [&due_ms.to_le_bytes()[..], &channel_bytes.to_le_bytes(), row.channel.as_bytes(), &row.body].concat()
}

/// What an outbox entry's value holds.
pub(super) struct OutboxValue<'a> {
    pub(super) due: Option<Timestamp>,
    pub(super) channel: &'a str,
    pub(super) body: &'a [u8],
}

/// Reads an outbox entry's value.
pub(super) fn parse_outbox_value(value: &[u8]) -> Result<OutboxValue<'_>, StoreError> {
    parse_outbox(value).ok_or_else(|| StoreError::Corrupt("an outbox entry is cut short".to_owned()))
}

fn parse_outbox(value: &[u8]) -> Option<OutboxValue<'_>> {
    let (due_ms, rest) = value.split_first_chunk()?;
    let (channel_bytes, rest) = rest.split_first_chunk()?;
    let (channel, body) = rest.split_at_checked(u16::from_le_bytes(*channel_bytes).into())?;
    let due_ms = i64::from_le_bytes(*due_ms);
    let due = (due_ms != NEVER).then(|| Timestamp::from_millis(due_ms));
    Some(OutboxValue { due, channel: std::str::from_utf8(channel).ok()?, body })
}

/// A parked cause's value: when it arrived, then the journal's record of it.
pub(super) fn parked_value(entry: &Entry) -> Vec<u8> {
    [&entry.arrived.as_millis().to_le_bytes()[..], &journal::encode(&entry.inbound)].concat()
}

/// Bytes of the record in a parked cause's value.
pub(super) fn parked_bytes(value: &[u8]) -> u64 {
    value.len().saturating_sub(size_of::<i64>()) as u64
}

/// Reads a parked cause, all but where it stands.
pub(super) fn parse_parked_value(value: &[u8]) -> Result<(Timestamp, Inbound), StoreError> {
    let damage = |why: String| StoreError::Corrupt(format!("a parked cause cannot be read: {why}"));
    let (arrived_ms, record) = value.split_first_chunk().ok_or_else(|| damage("it is cut short".to_owned()))?;
    let inbound = journal::decode(record).map_err(|err| damage(err.to_string()))?;
    Ok((Timestamp::from_millis(i64::from_le_bytes(*arrived_ms)), inbound))
}

/// How much waits, as a value.
pub(super) fn sum_value(waiting: Waiting) -> Vec<u8> {
    [waiting.causes.to_le_bytes(), waiting.bytes.to_le_bytes()].concat()
}

/// Reads how much waits.
pub(super) fn parse_sum_value(value: &[u8]) -> Result<Waiting, StoreError> {
    let ([causes, bytes], []) = value.as_chunks() else {
        return Err(StoreError::Corrupt("a sum of parked causes is not what was written".to_owned()));
    };
    Ok(Waiting { causes: u64::from_le_bytes(*causes), bytes: u64::from_le_bytes(*bytes) })
}
