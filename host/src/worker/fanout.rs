//! From a change of an item to everybody who is interested in it: in every partition one sweep for each attribute that changed, of the
//! campaigns that want to be asked about it. How many of them are open is counted, and bounded.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::WorkerError;
use super::batch::{Batch, Here};
use super::catalogue::Catalogue;
use super::roster::Enlisted;
use super::sweep::{Question, Sweep, SweepError, Whom};
use super::triggers;
use crate::domain::{Cause, Change, ItemChange, ItemId, Json, News, ProfileId, TenantId, Timestamp, limits};
use crate::profiles::Profile;
use crate::store::{Book, Entry, Page, Reports, Row, RowKey, StoreError};

/// The page of open sweeps with how many of them are about items. No sweep's page: those are all on the empty one.
const COUNT: &str = "count";
/// Why a change is not asked about.
const TOO_MANY: &str = "too many changes are being asked about";

/// How many changes of a tenant's items are being asked about, in the partition where they are most.
pub fn changes_asked(reports: &dyn Reports, tenant: &TenantId) -> Result<u64, StoreError> {
    let page = Page { tenant: tenant.clone(), page: COUNT.to_owned(), after: None };
    let counts = reports.rows(Book::Sweeps, &page, usize::from(limits::EMBEDDED_PARTITIONS))?;
    counts.iter().try_fold(0, |most, row| Ok(count(&row.body)?.max(most)))
}

fn count(record: &[u8]) -> Result<u64, StoreError> {
    serde_json::from_slice(record)
        .map_err(|err| StoreError::Corrupt(format!("a count of sweeps cannot be read: {err}")))
}

pub(super) fn count_key(tenant: &TenantId) -> RowKey {
    RowKey { tenant: tenant.clone(), page: COUNT.to_owned(), at: 0, id: String::new() }
}

impl Batch<'_> {
    /// How many changes of the tenant's items are being asked about here.
    pub(super) fn changes_asked(&self, tenant: &TenantId) -> Result<u64, WorkerError> {
        let record = self.row(Book::Sweeps, &count_key(tenant))?;
        Ok(record.map_or(Ok(0), |record| count(&record))?)
    }

    /// So many are from now on.
    pub(super) fn count_changes_asked(&mut self, tenant: &TenantId, count: u64) {
        let key = count_key(tenant);
        match count {
            0 => self.draft.remove(Book::Sweeps, key),
            _ => self.draft.add(Book::Sweeps, Row { key, body: count.to_string().into_bytes() }),
        }
    }

    /// Takes in what everybody of a tenant is told.
    pub(super) fn hear_of_all(&mut self, tenant: &TenantId, news: &News, entry: &Entry) -> Result<(), WorkerError> {
        match news {
            News::ItemChanged(change) => self.item_changed(tenant, change, entry),
            // These concern somebody.
            News::Same { .. } | News::Joined { .. } | News::Happened { .. } | News::Noted(_) | News::Erased { .. } => {
                Ok(())
            }
        }
    }

    /// Begins to ask who is interested in an item that changed, if anybody here is.
    fn item_changed(&mut self, tenant: &TenantId, change: &ItemChange, entry: &Entry) -> Result<(), WorkerError> {
        if self.interested(tenant, &change.item, (None, 1))?.is_empty() {
            return Ok(());
        }
        let campaigns = self.tools.roster.of(tenant);
        for attribute in &change.changes {
            let subject = format!("{}/{}", change.item, attribute.subject);
            let changed = Change { subject, ..attribute.clone() };
            let wants = |campaign: &&Enlisted| triggers::wants_change(campaign, &changed);
            let names: Vec<_> = campaigns.iter().filter(wants).map(|campaign| campaign.name.clone()).collect();
            if names.is_empty() {
                continue;
            }
            let sweep = Sweep {
                // In the order of the journal, which every partition sees: a later change never comes before an earlier one.
                id: format!("item/{:020}/{}", entry.position.0, attribute.subject),
                moment: entry.arrived,
                question: Question::ItemChanged(changed),
                whom: Whom::Interested(change.item.clone()),
                campaigns: names,
                after: None,
                asked: 0,
            };
            let asked = self.changes_asked(tenant)?;
            if asked < limits::CHANGES_ASKED_MAX {
                self.count_changes_asked(tenant, asked + 1);
                self.open_sweep(tenant, sweep)?;
            } else {
                self.draft.add(Book::Swept, sweep.ended(tenant, (entry.arrived, Some(TOO_MANY.to_owned()))));
                metrics::counter!("rekindle_worker_sweeps_missed_total").increment(1);
            }
        }
        Ok(())
    }

    /// The next of those here who may be interested in an item, by id: as the store has it, and who became so in this batch.
    pub(super) fn interested(
        &self,
        tenant: &TenantId,
        item: &ItemId,
        (after, max): (Option<&ProfileId>, usize),
    ) -> Result<Vec<ProfileId>, WorkerError> {
        let from = after.map(|after| (0, after.to_string()));
        let page = Page { tenant: tenant.clone(), page: item.to_string(), after: from };
        let rows = self.tools.partition.rows(Book::Interests, &page, max)?;
        let kept = rows.iter().map(|row| Ok(ProfileId::parse(&row.key.id).map_err(SweepError::from)?));
        let mut people = kept.collect::<Result<BTreeSet<ProfileId>, WorkerError>>()?;
        let last = people.last().filter(|_| rows.len() == max).cloned();
        let is_next = |profile: &ProfileId| {
            after.is_none_or(|after| profile > after) && last.as_ref().is_none_or(|last| profile < last)
        };
        let is_interested =
            |here: &Here| matches!(here, Here::Person(person) if person.interests.all().any(|known| known == item));
        let new = self
            .people
            .iter()
            .filter(|(key, here)| key.tenant == *tenant && is_next(&key.profile) && is_interested(here));
        people.extend(new.map(|(key, _)| key.profile.clone()));
        Ok(people.into_iter().collect())
    }
}

/// The change as one person is asked about it: with the item as it is known now, and what the person has to do with it.
pub(super) fn cause(
    change: &Change,
    person: &Profile,
    (catalogue, at, now): (&Catalogue, Timestamp, Timestamp),
) -> Cause {
    let (id, attribute) = change.subject.rsplit_once('/').unwrap_or((&change.subject, ""));
    let mut item = catalogue.attributes(id).map_or_else(|| json!({}), |attributes| attributes.value());
    item["id"] = id.into();
    let value = |value: &Option<Json>| value.as_ref().map_or(Value::Null, Json::value);
    let interest = ItemId::parse(id).ok().and_then(|id| person.interests.of(&id, now)).unwrap_or_default();
    let text = |at: Option<Timestamp>| at.map(|at| at.to_string());
    let body = json!({
        "type": "item",
        "item": item,
        "attribute": attribute,
        "before": value(&change.before),
        "after": value(&change.after),
        "interest": {
            "viewed": interest.viewed.is_some(),
            "viewed_at": text(interest.viewed),
            "in_cart": interest.carted.is_some(),
            "in_cart_since": text(interest.carted),
        },
        "timestamp": at.to_string(),
    });
    Cause::ItemChanged { change: change.clone(), body: Json::from(&body) }
}
