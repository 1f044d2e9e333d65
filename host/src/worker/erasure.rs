//! Forgetting a person: profile, timers, pending messages, ledger and sent messages go in the commit that consumes the request. What the
//! journal still holds goes when its segment does.

use std::borrow::Cow;

use serde::Deserialize;

use super::WorkerError;
use super::draft::Draft;
use crate::domain::{CampaignName, ProfileKey, Timestamp, limits};
use crate::outbox::Entry;
use crate::profiles::Run;
use crate::store::{Book, OutboxRow, Page, Reports, RowKey, TimerKey};

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

/// Adds to the commit everything that has to go, and takes out of it what it was about to add.
pub(super) fn erase(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let is_entry = |row: &OutboxRow| row.tenant == key.tenant && is_for(row, key).unwrap_or(false);
    let is_row = |book, row: &RowKey, body: &[u8]| {
        row.tenant == key.tenant
            && match book {
                Book::Ledger => row.page == key.profile.as_str(),
                _ => is_about(body, key).unwrap_or(false),
            }
    };
    draft.withdraw(is_entry, is_row);
    erase_ledger(draft, reports, key)?;
    erase_outbox(draft, reports, key)?;
    [Book::Messages, Book::Failures].into_iter().try_for_each(|book| erase_rows(draft, reports, key, book))
}

fn erase_ledger(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let mut page = Page { tenant: key.tenant.clone(), page: key.profile.to_string(), after: None };
    loop {
        let rows = reports.rows(Book::Ledger, &page, limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        page.after = Some((last.key.at, last.key.id.clone()));
        rows.into_iter().for_each(|row| draft.remove(Book::Ledger, row.key));
    }
}

fn erase_outbox(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let mut after = None;
    loop {
        let rows = reports.outbox(&key.tenant, after.as_ref(), limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id.clone());
        for row in &rows {
            if is_for(row, key)? {
                draft.settle(&row.tenant, &row.id);
            }
        }
    }
}

/// Rows of a tenant's page that are about the person.
fn erase_rows(draft: &mut Draft, reports: &dyn Reports, key: &ProfileKey, book: Book) -> Result<(), WorkerError> {
    let mut page = Page { tenant: key.tenant.clone(), page: String::new(), after: None };
    loop {
        let rows = reports.rows(book, &page, limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        page.after = Some((last.key.at, last.key.id.clone()));
        for row in rows {
            if is_about(&row.body, key)? {
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
