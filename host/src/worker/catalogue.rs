//! The tenants' items, by the partition that owns each: it takes in what is said about one, works out what changed, and tells
//! everybody. What somebody's event says of an item is passed on to its owner, when it would be news there.
//!
//! Who decides about a person sees items as they were committed last, in whichever partition that is: maybe a moment ago. That is
//! safe because ids follow from causes, not from what was seen, and nothing leaves before it is synced.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use super::batch::{Batch, Here};
use super::{WorkerError, sweep};
use crate::catalogue::Item;
use crate::domain::{
    Event, Hearer, Inbound, ItemChange, ItemId, ItemWord, Json, MessageId, News, ProfileKey, Said, SourceId, Substance,
    Teller, TenantId, Timestamp, Told, attributes_json, limits,
};
use crate::profiles::Interests;
use crate::store::{Book, Reports, Row, RowKey};

/// The page with how many items of the tenant a partition has. No item's page: those are all on the empty one.
const COUNT: &str = "count";

/// A tenant's items, as they were committed last.
#[derive(Clone)]
pub(super) struct Catalogue {
    reports: Arc<dyn Reports>,
    tenant: TenantId,
}

/// What a batch knows of items and of people's interest in them.
#[derive(Default)]
pub(super) struct Wares {
    /// What people were interested in when the batch took them in hand.
    pub(super) interests: BTreeMap<ProfileKey, Interests>,
    /// Items as they were when an event first spoke of them, or as they will be by what was passed on since: so that of many events that say
    /// the same, one is passed on.
    known: HashMap<(TenantId, ItemId), Option<Item>>,
}

impl Catalogue {
    pub(super) fn new(reports: &Arc<dyn Reports>, tenant: &TenantId) -> Self {
        Self { reports: Arc::clone(reports), tenant: tenant.clone() }
    }

    /// An item's attributes. One that cannot be read is not there: who asks has no way to hear why, so the log does.
    pub(super) fn attributes(&self, id: &str) -> Option<Json> {
        let id = ItemId::parse(id).ok()?;
        match self.find(&id) {
            Ok(item) => item.map(|item| attributes_json(&item.attributes())),
            Err(err) => {
                tracing::error!(tenant = %self.tenant, item = %id, %err, "an item cannot be read");
                None
            }
        }
    }

    fn find(&self, id: &ItemId) -> Result<Option<Item>, WorkerError> {
        let record = self.reports.row(Book::Items, &item_key(&self.tenant, id))?;
        Ok(record.map(|record| Item::decode(&record)).transpose()?)
    }
}

impl Batch<'_> {
    /// Takes in what was said about an item that is kept here.
    pub(super) fn hear_of_item(&mut self, tenant: &TenantId, word: &ItemWord) -> Result<(), WorkerError> {
        let key = item_key(tenant, &word.item);
        let before = self.row(Book::Items, &key)?.map(|record| Item::decode(&record)).transpose()?;
        let after = Item::after(before.as_ref(), word);
        if before == after {
            return Ok(());
        }
        if before.is_some() != after.is_some() && !self.count_item(tenant, word, after.is_some())? {
            tracing::warn!(%tenant, item = %word.item, "the catalogue is full: an item is left out");
            metrics::counter!("rekindle_worker_items_left_out_total").increment(1);
            return Ok(());
        }
        match &after {
            Some(item) => self.draft_mut().add(Book::Items, Row { key, body: item.encode() }),
            None => self.draft_mut().remove(Book::Items, key),
        }
        // What was not known before did not change.
        let changes = before.as_ref().map_or_else(Vec::new, |before| Item::changes(Some(before), after.as_ref()));
        if !changes.is_empty() {
            let change = ItemChange { item: word.item.clone(), id: word.id.clone(), changes };
            self.tell_everybody(tenant, change);
        }
        Ok(())
    }

    /// Counts an item that comes or goes. False when there is no room for it: half of the room is for items that the tenant gave.
    fn count_item(&mut self, tenant: &TenantId, word: &ItemWord, comes: bool) -> Result<bool, WorkerError> {
        let key = count_key(tenant);
        let record = self.row(Book::Items, &key)?;
        let count: u64 = record.map_or(Ok(0), |record| serde_json::from_slice(&record))?;
        let max = match word.teller {
            Teller::Owner => limits::ITEMS_OF_PARTITION_MAX,
            Teller::Event => limits::ITEMS_BY_EVENTS_MAX,
        };
        if comes && count >= max {
            return Ok(false);
        }
        let count = if comes { count + 1 } else { count.saturating_sub(1) };
        self.draft_mut().add(Book::Items, Row { key, body: count.to_string().into_bytes() });
        Ok(true)
    }

    fn tell_everybody(&mut self, tenant: &TenantId, change: ItemChange) {
        let id = told_id(&["item-changed", change.id.as_str(), change.item.as_str()]);
        let told = Told { id, to: Hearer::Everybody, news: News::ItemChanged(change) };
        self.told(Inbound { tenant: tenant.clone(), source: SourceId::house(), substance: Substance::Told(told) });
    }

    /// Passes on what an event says of items, where it would be news. Tests and what is too old are no news.
    pub(super) fn tell_of_items(&mut self, key: &ProfileKey, event: &Event, now: Timestamp) -> Result<(), WorkerError> {
        let Some(facts) = &event.facts.items else { return Ok(()) };
        if event.test || now.since(event.at) > limits::FRESHNESS {
            return Ok(());
        }
        for (item, attributes) in facts.items.iter().filter(|(_, attributes)| !attributes.is_empty()) {
            let amendments = attributes.iter().map(|(name, value)| (name.clone(), Some(value.clone()))).collect();
            self.tell_of_item(&key.tenant, event, (item, Said::Becomes(amendments)))?;
        }
        Ok(())
    }

    fn tell_of_item(
        &mut self,
        tenant: &TenantId,
        event: &Event,
        (item, said): (&ItemId, Said),
    ) -> Result<(), WorkerError> {
        let key = (tenant.clone(), item.clone());
        if !self.wares.known.contains_key(&key) {
            let known = self.catalogue(tenant).find(item)?;
            self.wares.known.insert(key.clone(), known);
        }
        let known = self.wares.known.get_mut(&key).expect("the item should be there: it was just put there");
        let (teller, at) = (Teller::Event, event.at);
        let after = Item::becomes(known.as_ref(), (teller, at), &said);
        if after != *known {
            *known = after;
            let id = told_id(&["item", event.id.as_str(), item.as_str()]);
            let substance = Substance::Item(ItemWord { id, item: item.clone(), teller, at, said });
            self.told(Inbound { tenant: tenant.clone(), source: SourceId::house(), substance });
        }
        Ok(())
    }

    /// Brings the index of who is interested in what up to what the person's profile says now.
    pub(super) fn index(&mut self, key: &ProfileKey, before: &Interests, here: &Here) {
        let after = interests(here);
        if after.is_untouched(before) {
            return;
        }
        let (before, after): (BTreeSet<_>, BTreeSet<_>) = (before.all().collect(), after.all().collect());
        for gone in before.difference(&after) {
            self.draft_mut().remove(Book::Interests, sweep::interest(&key.tenant, gone, &key.profile));
        }
        for new in after.difference(&before) {
            self.draft_mut().add(
                Book::Interests,
                Row { key: sweep::interest(&key.tenant, new, &key.profile), body: b"{}".to_vec() },
            );
        }
    }
}

/// What somebody who is kept here is interested in.
pub(super) fn interests(here: &Here) -> Interests {
    match here {
        Here::Person(person) => person.interests.clone(),
        Here::Nobody | Here::Moved(_) | Here::Erased(_) => Interests::default(),
    }
}

fn item_key(tenant: &TenantId, item: &ItemId) -> RowKey {
    RowKey { tenant: tenant.clone(), page: String::new(), at: 0, id: item.to_string() }
}

fn count_key(tenant: &TenantId) -> RowKey {
    RowKey { tenant: tenant.clone(), page: COUNT.to_owned(), at: 0, id: String::new() }
}

/// Follows from the cause.
fn told_id(cause: &[&str]) -> MessageId {
    let mut digest = Sha256::new();
    for part in cause {
        digest.update((part.len() as u64).to_le_bytes());
        digest.update(part);
    }
    let hex: String = digest.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    MessageId::parse(&format!("told:{hex}")).expect("a digest should be a message id")
}
