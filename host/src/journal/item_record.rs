//! The stored form of what is said about items and of what somebody did with them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::record::RecordError;
use crate::domain::{
    Attributes, Change, ItemChange, ItemDeed, ItemFacts, ItemId, ItemWord, Json, MessageId, Said, Teller, Timestamp,
};

/// Attributes; one that is to be no more is null.
type Stored<'a> = BTreeMap<&'a str, Option<&'a str>>;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredWord<'a> {
    #[serde(borrow)]
    item: &'a str,
    #[serde(borrow)]
    teller: &'a str,
    at_ms: i64,
    #[serde(borrow)]
    said: StoredSaid<'a>,
}

#[derive(Serialize, Deserialize)]
enum StoredSaid<'a> {
    Is(#[serde(borrow)] Stored<'a>),
    Becomes(#[serde(borrow)] Stored<'a>),
    Gone,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredItemChange<'a> {
    #[serde(borrow)]
    item: &'a str,
    #[serde(borrow)]
    id: &'a str,
    #[serde(borrow)]
    changes: Vec<StoredChange<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredChange<'a> {
    #[serde(borrow)]
    attribute: &'a str,
    #[serde(borrow)]
    before: Option<&'a str>,
    #[serde(borrow)]
    after: Option<&'a str>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredFacts<'a> {
    #[serde(borrow)]
    deed: &'a str,
    #[serde(borrow)]
    items: Vec<(&'a str, Stored<'a>)>,
}

pub(super) fn store_word(word: &ItemWord) -> StoredWord<'_> {
    let said = match &word.said {
        Said::Is(attributes) => StoredSaid::Is(store(attributes)),
        Said::Becomes(amendments) => {
            let stored = amendments.iter().map(|(name, value)| (name.as_str(), value.as_ref().map(Json::as_str)));
            StoredSaid::Becomes(stored.collect())
        }
        Said::Gone => StoredSaid::Gone,
    };
    let (item, teller) = (word.item.as_str(), word.teller.as_str());
    StoredWord { item, teller, at_ms: word.at.as_millis(), said }
}

pub(super) fn restore_word(stored: StoredWord<'_>, id: MessageId) -> Result<ItemWord, RecordError> {
    let said = match stored.said {
        StoredSaid::Is(attributes) => Said::Is(restore(attributes)),
        StoredSaid::Becomes(amendments) => {
            let amendment = |(name, value): (&str, Option<&str>)| (name.to_owned(), value.map(Json::restored));
            Said::Becomes(amendments.into_iter().map(amendment).collect())
        }
        StoredSaid::Gone => Said::Gone,
    };
    let teller = Teller::parse(stored.teller).ok_or_else(|| RecordError::Word(stored.teller.to_owned()))?;
    Ok(ItemWord { id, item: ItemId::parse(stored.item)?, teller, at: Timestamp::from_millis(stored.at_ms), said })
}

pub(super) fn store_change(change: &ItemChange) -> StoredItemChange<'_> {
    let changes = change.changes.iter().map(|change| StoredChange {
        attribute: &change.subject,
        before: change.before.as_ref().map(Json::as_str),
        after: change.after.as_ref().map(Json::as_str),
    });
    StoredItemChange { item: change.item.as_str(), id: change.id.as_str(), changes: changes.collect() }
}

pub(super) fn restore_change(stored: StoredItemChange<'_>) -> Result<ItemChange, RecordError> {
    let change = |stored: StoredChange<'_>| Change {
        subject: stored.attribute.to_owned(),
        before: stored.before.map(Json::restored),
        after: stored.after.map(Json::restored),
    };
    Ok(ItemChange {
        item: ItemId::parse(stored.item)?,
        id: MessageId::parse(stored.id)?,
        changes: stored.changes.into_iter().map(change).collect(),
    })
}

pub(super) fn store_facts(facts: &ItemFacts) -> StoredFacts<'_> {
    let items = facts.items.iter().map(|(item, attributes)| (item.as_str(), store(attributes)));
    StoredFacts { deed: facts.deed.as_str(), items: items.collect() }
}

pub(super) fn restore_facts(stored: StoredFacts<'_>) -> Result<ItemFacts, RecordError> {
    let item = |(item, attributes): (&str, _)| Ok::<_, RecordError>((ItemId::parse(item)?, restore(attributes)));
    Ok(ItemFacts {
        deed: ItemDeed::parse(stored.deed).ok_or_else(|| RecordError::Word(stored.deed.to_owned()))?,
        items: stored.items.into_iter().map(item).collect::<Result<_, _>>()?,
    })
}

fn store(attributes: &Attributes) -> Stored<'_> {
    attributes.iter().map(|(name, value)| (name.as_str(), Some(value.as_str()))).collect()
}

fn restore(stored: Stored<'_>) -> Attributes {
    let given = stored.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.map(|(name, value)| (name.to_owned(), Json::restored(value))).collect()
}
