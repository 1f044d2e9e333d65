//! From a change of an item to everybody who is interested in it: in every partition one sweep for each attribute that changed, of the
//! campaigns that want to be asked about it.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::WorkerError;
use super::batch::{Batch, Here};
use super::catalogue::Catalogue;
use super::roster::Enlisted;
use super::sweep::{Question, Sweep, SweepError, Whom};
use super::triggers;
use crate::domain::{Cause, Change, ItemChange, ItemId, Json, News, ProfileId, TenantId, Timestamp};
use crate::profiles::Profile;
use crate::store::{Book, Entry, Page};

impl Batch<'_> {
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
            self.open_sweep(tenant, sweep)?;
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
