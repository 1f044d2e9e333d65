//! The store's seam, in the house's nouns: what is kept, and who owns it. A back end keeps rows and knows none of their
//! bodies. Two implement it: `embedded` (the journal's files and redb) and `memory` (for scenarios and tests); both pass `conformance`.
//!
//! No transaction spans two partitions and none detects conflicts: one owner per partition and `&mut self` make
//! every engine's weakest isolation enough.

#[cfg(test)]
pub(crate) mod conformance;
mod embedded;
pub(crate) mod engine;
mod memory;

use std::io;
use std::ops::Range;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;

use crate::domain::{
    CampaignName, Inbound, InstructionId, Position, ProfileId, ProfileKey, Signal, TenantId, Timestamp, Waiting,
};

pub use embedded::Embedded;
#[cfg(any(test, fuzzing))]
pub(crate) use embedded::fuzzing::keys as fuzz_keys;
pub use memory::Memory;

/// Why the store did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Another owner took the partition: stop, forget, acquire again.
    #[error("another owner took the partition")]
    Fenced,
    /// Not now, and the outcome is unknown: go on at the committed position, which is always safe.
    #[error("the store is unavailable: {0}")]
    Unavailable(String),
    /// What is on disk is not what was written.
    #[error("the store is damaged: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// A call of the machine that failed.
    pub(crate) fn of_file(path: &Path, err: &io::Error) -> Self {
        Self::Unavailable(format!("`{}`: {err}", path.display()))
    }
}

/// What became of one appended element.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Appended {
    /// Kept, durably.
    Fresh,
    /// Kept before, durably; dropped now.
    Duplicate,
}

/// An append under way.
pub type Appending<'a> = Pin<Box<dyn Future<Output = Result<Vec<Appended>, StoreError>> + Send + 'a>>;

/// A store of one house.
pub trait Store: Send + Sync {
    /// Keeps what came in. When it returns, all of it survives a power cut. One answer per element, in order.
    fn append(&self, batch: Vec<Inbound>) -> Appending<'_>;

    /// Takes the partitions, away from whoever had them; each slot is in exactly one of them. From now on these signals
    /// are raised, all of them, whenever there is more to pull.
    fn acquire(&self, signals: &[Arc<Signal>]) -> Result<Vec<Box<dyn Partition>>, StoreError>;

    /// How many partitions `acquire` gives.
    fn partitions(&self) -> usize;

    /// Where the journal ends: everything below it is durable.
    fn end(&self) -> Position;

    /// Whether it keeps what comes in; else why not, until somebody does something about it.
    fn health(&self) -> Result<(), StoreError>;

    /// What may be looked at from anywhere, at any time.
    fn reports(&self) -> Arc<dyn Reports>;
}

/// A range of slots, and everything kept for the people in it. One owner.
pub trait Partition: Send {
    /// The slots that it holds.
    fn slots(&self) -> Range<u16>;

    /// Up to where causes were consumed.
    fn position(&self) -> Position;

    /// The next causes from `from` on, in order, at most `max`; and the position up to which there is no other.
    fn pull(&mut self, from: Position, max: usize) -> Result<Pulled, StoreError>;

    /// A profile's record.
    fn load(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// A tenant's timers due at `now` or before, the earliest first, at most `max`.
    fn due(&self, tenant: &TenantId, now: Timestamp, max: usize) -> Result<Vec<TimerKey>, StoreError>;

    /// Who has timers due at `now` or before: first whose is due first. However many they are, each is named once.
    fn tenants_due(&self, now: Timestamp) -> Result<Vec<TenantId>, StoreError>;

    /// When the next timer is due.
    fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// A line's outbox entries to be dispatched at `now` or before, the earliest first, at most `max`.
    fn outbox_due(&self, line: &Line, now: Timestamp, max: usize) -> Result<Vec<OutboxRow>, StoreError>;

    /// Lines with entries to be dispatched at `now` or before: first whose is due first. However many they are, each is
    /// named once.
    fn lines_due(&self, now: Timestamp) -> Result<Vec<Line>, StoreError>;

    /// When the next outbox entry is due after `now`.
    fn outbox_next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError>;

    /// One outbox entry.
    fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError>;

    /// A tenant's people here after `after`, by id, at most `max`; those who moved and those who were erased among them.
    fn people(&self, tenant: &TenantId, after: Option<&ProfileId>, max: usize) -> Result<Vec<ProfileId>, StoreError>;

    /// Rows of a page that are here, after `after`, in order, at most `max`.
    fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError>;

    /// One row that is here.
    fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// Who has rows of a book here, by id. However many they are, each is named once.
    fn tenants_in(&self, book: Book) -> Result<Vec<TenantId>, StoreError>;

    /// A tenant's parked causes, in order, at most `max`.
    fn parked(&self, tenant: &TenantId, max: usize) -> Result<Vec<Entry>, StoreError>;

    /// Who has parked causes, and how much of them.
    fn waiting(&self) -> Result<Vec<(TenantId, Waiting)>, StoreError>;

    /// Keeps the commit, all of it or nothing. It survives a kill of the process only after `sync`.
    fn commit(&mut self, commit: Commit) -> Result<(), StoreError>;

    /// Makes every commit so far durable, and returns its position: what may leave the house.
    fn sync(&mut self) -> Result<Position, StoreError>;
}

/// What `Partition::pull` found.
#[derive(Debug, Default, PartialEq)]
pub struct Pulled {
    /// The causes, each with where it stands and when it arrived. Arrivals never go back.
    pub entries: Vec<Entry>,
    /// Commit this once the entries are consumed, even when there are none: the journal is kept from the lowest position on.
    pub upto: Position,
    /// Whether the journal waits for that commit to become shorter.
    pub is_awaited: bool,
}

/// One entry of the journal.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// Where it stands.
    pub position: Position,
    /// When it arrived.
    pub arrived: Timestamp,
    /// What came in.
    pub inbound: Inbound,
}

/// A timer: all of it is its key, so that cancelling is an exact delete.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerKey {
    /// When it fires.
    pub due: Timestamp,
    /// For whom.
    pub owner: ProfileKey,
    /// The campaign that waits.
    pub campaign: CampaignName,
    /// The campaign's own name for it.
    pub name: String,
}

/// A tenant's name for a channel.
pub type Line = (TenantId, String);

/// A promised message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboxRow {
    /// Whose it is.
    pub tenant: TenantId,
    /// Over which of the tenant's channels it goes. Without NUL.
    pub channel: String,
    /// Which one.
    pub id: InstructionId,
    /// When to try next; a dead letter has no such moment.
    pub due: Option<Timestamp>,
    /// The entry's record.
    pub body: Vec<u8>,
}

/// The books: rows in pages. Most are written once and read by people; those from `Sweeps` on hold what is, and are changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Book {
    /// Every decision and verdict; a page per profile, numbered.
    Ledger,
    /// What went out; one page per tenant.
    Messages,
    /// What could not be understood; one page per tenant.
    Quarantine,
    /// Calls of campaigns that failed; one page per tenant.
    Failures,
    /// Sweeps that ended, or never began; one page per tenant.
    Swept,
    /// Open sweeps, by when they began; one page per tenant and partition.
    Sweeps,
    /// How far a tenant's schedules are; one page per tenant and partition.
    Schedules,
    /// People who were erased, by the digests of their ids; one page per tenant.
    Erasures,
    /// A tenant's items; one page per tenant.
    Items,
    /// Who has to do with an item; a page per item.
    Interests,
    /// What a campaign's rows of the ledger add up to, by the hour; a page per campaign and partition.
    Counters,
    /// The last recount of a tenant's counters, and which campaigns have any; two pages per tenant and partition.
    Recounts,
}

impl Book {
    /// Every book.
    pub const ALL: [Self; 12] = [
        Self::Ledger,
        Self::Messages,
        Self::Quarantine,
        Self::Failures,
        Self::Swept,
        Self::Sweeps,
        Self::Schedules,
        Self::Erasures,
        Self::Items,
        Self::Interests,
        Self::Counters,
        Self::Recounts,
    ];

    /// Whether its rows stand by when they happened, and go by age.
    pub fn is_chronicle(self) -> bool {
        matches!(
            self,
            Self::Messages | Self::Quarantine | Self::Failures | Self::Swept | Self::Erasures | Self::Counters
        )
    }
}

/// Where a row of a book stands. Rows of a page are ordered by `at`, then `id`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RowKey {
    /// Whose book.
    pub tenant: TenantId,
    /// The page: a profile's or an item's id, or empty. Without NUL.
    pub page: String,
    /// When it happened, or a row's number where the page is numbered.
    pub at: i64,
    /// Tells rows of one moment apart. Without NUL.
    pub id: String,
}

/// A row of a book.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Where it stands.
    pub key: RowKey,
    /// Its record.
    pub body: Vec<u8>,
}

/// All effects of a batch of causes. They happen in the order of the fields; within one, in order.
#[derive(Debug, Default)]
pub struct Commit {
    /// Told to whom it concerns by way of the journal. It is there before the rest is kept: a crash between the two has it
    /// told again, and what was told before is dropped as any repetition is.
    pub told: Vec<Inbound>,
    /// Causes up to here are consumed. Never goes back: one below the position leaves it as it is.
    pub upto: Position,
    /// Profiles as they are now; none means gone.
    pub profiles: Vec<(ProfileKey, Option<Vec<u8>>)>,
    /// Timers that are no more; an unknown one is no error.
    pub timers_unset: Vec<TimerKey>,
    /// Timers from now on.
    pub timers_set: Vec<TimerKey>,
    /// Outbox entries that are no more; an unknown one is no error.
    pub outbox_settled: Vec<(TenantId, InstructionId)>,
    /// Outbox entries from now on, new, moved or dead. An entry of the same tenant and id is replaced.
    pub outbox_put: Vec<OutboxRow>,
    /// Rows that are no more; an unknown one is no error.
    pub rows_removed: Vec<(Book, RowKey)>,
    /// Rows from now on.
    pub rows_added: Vec<(Book, Row)>,
    /// Parked causes that were decided upon, each by whose it is and where it stands; an unknown one is no error.
    pub unparked: Vec<(TenantId, Position)>,
    /// Causes that are passed over, to be decided upon later.
    pub parked: Vec<Entry>,
    /// Somebody was erased: what the journal holds below `upto` is to go as soon as nobody needs it.
    pub erases: bool,
    /// Rows of a tenant's pages that are older go, at most `limits::TRIM_ROWS_MAX` a commit.
    pub trims: Vec<Trim>,
}

/// The end of a book's old rows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trim {
    /// Which book.
    pub book: Book,
    /// Whose.
    pub tenant: TenantId,
    /// Which page.
    pub page: String,
    /// Rows before this go.
    pub before: i64,
}

/// Looks from outside: what was committed, durable or not.
pub trait Reports: Send + Sync {
    /// A profile's record.
    fn profile(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// A tenant's profiles after `after`, by id, at most `max`.
    fn profiles(
        &self,
        tenant: &TenantId,
        after: Option<&ProfileId>,
        max: usize,
    ) -> Result<Vec<(ProfileId, Vec<u8>)>, StoreError>;

    /// Rows of a page after `after`, over all partitions, in order, at most `max`. Rows of one key may be in several.
    fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError>;

    /// One row, of the first partition that has it.
    fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError>;

    /// A tenant's outbox after `after`, by id, at most `max`.
    fn outbox(
        &self,
        tenant: &TenantId,
        after: Option<&InstructionId>,
        max: usize,
    ) -> Result<Vec<OutboxRow>, StoreError>;

    /// One entry of the outbox.
    fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError>;
}

/// Which rows of a book to look at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Page {
    /// Whose.
    pub tenant: TenantId,
    /// Which page.
    pub page: String,
    /// Rows after this one; from the first where there is none.
    pub after: Option<(i64, String)>,
}
