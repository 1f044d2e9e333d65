//! Forgetting a person: profile, timers, pending messages, ledger and sent messages go in the commit that consumes the request. What the
//! journal still holds goes when its segment does.

use super::WorkerError;
use super::batch::ledger_key;
use super::messages::MessageRow;
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
    commit.outbox_put.retain(|row| {
        !Entry::decode(&row.body).is_ok_and(|entry| entry.profile == key.profile && entry.tenant == key.tenant)
    });
    commit.rows_added.retain(|(_, row)| row.key.tenant != key.tenant || row.key.page != key.profile.as_str());
    erase_ledger(commit, reports, key)?;
    erase_outbox(commit, reports, key)?;
    erase_messages(commit, reports, key)
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

fn erase_messages(commit: &mut Commit, reports: &dyn Reports, key: &ProfileKey) -> Result<(), WorkerError> {
    let mut page = Page { tenant: key.tenant.clone(), page: String::new(), after: None };
    loop {
        let rows = reports.rows(Book::Messages, &page, limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        page.after = Some((last.key.at, last.key.id.clone()));
        for row in rows {
            if MessageRow::decode(&row.body)?.profile == key.profile.as_str() {
                commit.rows_removed.push((Book::Messages, row.key));
            }
        }
    }
}
