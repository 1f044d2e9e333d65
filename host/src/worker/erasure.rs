//! Forgetting a person: profile, timers, pending messages, ledger and sent messages go in the commit that consumes the request. What the
//! journal still holds goes when its segment does.

use std::borrow::Cow;

use serde::Deserialize;

use super::WorkerError;
use super::batch::ledger_key;
use crate::domain::{CampaignName, ProfileKey, limits};
use crate::outbox::Entry;
use crate::profiles::{Profile, Run};
use crate::store::{Book, Commit, Page, Reports, TimerKey};

/// The timers of one of the person's runs.
pub(super) fn timers(key: &ProfileKey, campaign: &str, run: &Run) -> Vec<TimerKey> {
    let Ok(campaign) = CampaignName::parse(campaign) else { return Vec::new() };
    let timer = |(name, due): (&String, &crate::domain::Timestamp)| TimerKey {
        due: *due,
        owner: key.clone(),
        campaign: campaign.clone(),
        name: name.clone(),
    };
    run.timers.iter().map(timer).collect()
}

/// Adds to the commit everything that has to go, and takes out of it what it was about to add.
pub(super) fn erase(commit: &mut Commit, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let is_theirs = |entry: &Entry| entry.profile == key.profile && entry.tenant == key.tenant;
    commit.outbox_put.retain(|row| !Entry::decode(&row.body).as_ref().is_ok_and(is_theirs));
    commit.rows_added.retain(|(book, row)| {
        let is_in_ledger = *book == Book::Ledger && row.key.page == key.profile.as_str();
        row.key.tenant != key.tenant || !is_in_ledger && !is_about(&row.body, key).unwrap_or(false)
    });
    erase_ledger(commit, reports, key)?;
    erase_outbox(commit, reports, key)?;
    [Book::Messages, Book::Failures].into_iter().try_for_each(|book| erase_rows(commit, reports, key, book))
}

fn erase_ledger(commit: &mut Commit, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let Some(record) = reports.profile(key)? else { return Ok(()) };
    let end = Profile::decode(&record)?.ledger_next;
    let start = end.saturating_sub(limits::LEDGER_ROWS_MAX);
    commit.rows_removed.extend((start..end).map(|number| (Book::Ledger, ledger_key(key, number))));
    Ok(())
}

fn erase_outbox(commit: &mut Commit, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let mut after = None;
    loop {
        let rows = reports.outbox(&key.tenant, after.as_ref(), limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id.clone());
        for row in &rows {
            if Entry::decode(&row.body)?.profile == key.profile {
                commit.outbox_settled.push((row.tenant.clone(), row.id.clone()));
            }
        }
    }
}

/// Rows of a tenant's page that are about the person.
fn erase_rows(commit: &mut Commit, reports: &dyn Reports, key: &ProfileKey, book: Book) -> Result<(), WorkerError> {
    let mut page = Page { tenant: key.tenant.clone(), page: String::new(), after: None };
    loop {
        let rows = reports.rows(book, &page, limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        page.after = Some((last.key.at, last.key.id.clone()));
        for row in rows {
            if is_about(&row.body, key)? {
                commit.rows_removed.push((book, row.key));
            }
        }
    }
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
