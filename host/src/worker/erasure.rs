//! Forgetting a person: profile, timers, pending messages, ledger and sent messages go in the commit that consumes the request; other ids
//! are told; the journal goes on in a new segment, so that the one before it can go. What stays is the digest of each id,
//! so that nothing from before comes back, and a row that proves it.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::WorkerError;
use super::batch::{Batch, Here};
use super::draft::Draft;
use crate::domain::{CampaignName, Event, News, ProfileKey, Timestamp, limits};
use crate::faults::{self, Point};
use crate::outbox::Entry;
use crate::profiles::Run;
use crate::store::{Book, OutboxRow, Page, Reports, Row, RowKey, TimerKey};

/// The proof that somebody was erased. It says nothing of who that was: whoever knows the id can work the digest out again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasureRow {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// The digest of the id: what is from before is not taken in under it any more.
    pub digest: String,
    /// Which event asked for it.
    pub because: String,
    /// Other ids of the person, which went too.
    pub other_ids: usize,
    /// Events that the profile knew of.
    pub events: u64,
    /// Timers that were set.
    pub timers: usize,
    /// Rows and messages that were kept.
    #[serde(flatten)]
    pub removed: Removed,
}

/// What was kept of a person besides the profile, in numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Removed {
    /// Rows of the ledger.
    pub ledger: usize,
    /// Messages that were promised.
    pub outbox: usize,
    /// Messages that went out.
    pub messages: usize,
    /// Calls of campaigns that failed.
    pub failures: usize,
}

impl ErasureRow {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

impl Batch<'_> {
    /// Forgets a person under every id, and keeps the proof.
    pub(super) fn erase(&mut self, key: &ProfileKey, event: &Event, now: Timestamp) -> Result<(), WorkerError> {
        let person = Arc::clone(self.shared(key)?);
        let timers: Vec<TimerKey> = person.runs.iter().flat_map(|(campaign, run)| timers(key, campaign, run)).collect();
        timers.iter().for_each(|timer| self.unset(timer.clone()));
        for other in &person.linked {
            let news = News::Erased { of: key.profile.clone(), at: now };
            self.tell(key, &["erased", event.id.as_str()], (other.clone(), news));
        }
        let row = ErasureRow {
            at: now.as_millis(),
            digest: key.profile.erased().to_string(),
            because: event.id.to_string(),
            other_ids: person.linked.len(),
            events: person.events,
            timers: timers.len(),
            removed: self.forget(key, now)?,
        };
        self.draft_mut().add(Book::Erasures, row.stored(key));
        faults::pass(Point::PersonErased);
        Ok(())
    }

    /// Removes everything that is kept under an id. Its digest says until when.
    pub(super) fn forget(&mut self, key: &ProfileKey, at: Timestamp) -> Result<Removed, WorkerError> {
        *self.here(key)? = Here::Nobody;
        *self.here(&digest(key))? = Here::Erased(at);
        self.leave_no_trace();
        let rows = self.seal_ledger(key)?;
        let (draft, reports) = self.draft_and_reports();
        erase(draft, reports, key, rows)
    }

    /// Whether an event tells of somebody who was erased since.
    pub(super) fn is_from_before_erasure(&mut self, key: &ProfileKey, event: &Event) -> Result<bool, WorkerError> {
        let may_be = match self.here(key)? {
            Here::Nobody => true,
            Here::Person(person) => person.first_seen.is_some_and(|seen| event.at < seen),
            Here::Moved(_) | Here::Erased(_) => false,
        };
        Ok(may_be && self.is_forgotten(key, event.at)?)
    }

    /// Whether somebody was erased after `moment`.
    pub(super) fn is_forgotten(&mut self, key: &ProfileKey, moment: Timestamp) -> Result<bool, WorkerError> {
        Ok(matches!(self.here(&digest(key))?, Here::Erased(at) if *at > moment))
    }
}

impl ErasureRow {
    fn stored(&self, key: &ProfileKey) -> Row {
        let id = format!("{}/{}", self.digest, self.because);
        let key = RowKey { tenant: key.tenant.clone(), page: String::new(), at: self.at, id };
        Row { key, body: serde_json::to_vec(self).expect("an erasure should be storable") }
    }
}

/// Under which id it is kept that somebody was erased.
fn digest(key: &ProfileKey) -> ProfileKey {
    ProfileKey { tenant: key.tenant.clone(), profile: key.profile.erased() }
}

/// The timers of one of the person's runs.
pub(super) fn timers(key: &ProfileKey, campaign: &CampaignName, run: &Run) -> Vec<TimerKey> {
    let timer = |(name, due): (&String, &Timestamp)| TimerKey {
        due: *due,
        owner: key.clone(),
        campaign: campaign.clone(),
        name: name.clone(),
    };
    run.timers.iter().map(timer).collect()
}

/// Adds to the commit everything that has to go but the ledger, and takes out of it what it was about to add.
fn erase(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey, ledger: usize) -> Result<Removed, WorkerError> {
    let is_entry = |row: &OutboxRow| row.tenant == key.tenant && is_for(row, key).unwrap_or(false);
    let is_row = |book, row: &RowKey, body: &[u8]| {
        book != Book::Ledger && row.tenant == key.tenant && is_about(body, key).unwrap_or(false)
    };
    draft.withdraw(is_entry, is_row);
    Ok(Removed {
        ledger,
        outbox: erase_outbox(draft, reports, key)?,
        messages: erase_rows(draft, reports, key, Book::Messages)?,
        failures: erase_rows(draft, reports, key, Book::Failures)?,
    })
}

fn erase_outbox(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey) -> Result<usize, WorkerError> {
    let (mut after, mut count) = (None, 0);
    loop {
        let rows = reports.outbox(&key.tenant, after.as_ref(), limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(count) };
        after = Some(last.id.clone());
        for row in &rows {
            if is_for(row, key)? {
                count += 1;
                draft.settle(&row.tenant, &row.id);
            }
        }
    }
}

/// Rows of a tenant's page that are about the person.
fn erase_rows(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey, book: Book) -> Result<usize, WorkerError> {
    let mut count = 0;
    let mut page = Page { tenant: key.tenant.clone(), page: String::new(), after: None };
    loop {
        let rows = reports.rows(book, &page, limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(count) };
        page.after = Some((last.key.at, last.key.id.clone()));
        for row in rows {
            if is_about(&row.body, key)? {
                count += 1;
                draft.remove(book, row.key);
            }
        }
    }
}

/// Whether a message of the tenant's is for the person.
fn is_for(row: &OutboxRow, key: &ProfileKey) -> Result<bool, WorkerError> {
    Ok(Entry::decode(&row.body)?.profile == key.profile)
}

/// Whether a row of a book that is not the ledger is about the person.
fn is_about(body: &[u8], key: &ProfileKey) -> Result<bool, WorkerError> {
    #[derive(Deserialize)]
    struct About<'a> {
        #[serde(borrow)]
        profile: Option<Cow<'a, str>>,
    }
    let About { profile } = serde_json::from_slice(body)?;
    Ok(profile.is_some_and(|profile| profile == key.profile.as_str()))
}
