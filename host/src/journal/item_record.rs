//! The stored form of what is said about items and of what somebody did with them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::record::{RecordError, raw};
use crate::domain::{
    Attributes, Change, ItemChange, ItemDeed, ItemFacts, ItemId, ItemWord, Json, MessageId, Said, Teller, Timestamp,
};

/// Attributes; one that is to be no more is null.
type Stored<'a> = BTreeMap<Cow<'a, str>, Option<Box<RawValue>>>;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredWord<'a> {
    #[serde(borrow)]
    item: Cow<'a, str>,
    #[serde(borrow)]
    teller: Cow<'a, str>,
    at_ms: i64,
    #[serde(borrow)]
    said: StoredSaid<'a>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredSaid<'a> {
    Is(#[serde(borrow)] Stored<'a>),
    Becomes(#[serde(borrow)] Stored<'a>),
    Gone,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredItemChange<'a> {
    #[serde(borrow)]
    item: Cow<'a, str>,
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow)]
    changes: Vec<StoredChange<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredChange<'a> {
    #[serde(borrow)]
    attribute: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<Box<RawValue>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    after: Option<Box<RawValue>>,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredFacts<'a> {
    #[serde(borrow)]
    deed: Cow<'a, str>,
    #[serde(borrow)]
    items: Vec<(Cow<'a, str>, Stored<'a>)>,
}

pub(super) fn store_word(word: &ItemWord) -> StoredWord<'_> {
    let said = match &word.said {
        Said::Is(attributes) => StoredSaid::Is(store(attributes)),
        Said::Becomes(amendments) => {
            let stored = amendments.iter().map(|(name, value)| (name.as_str().into(), value.as_ref().map(boxed)));
            StoredSaid::Becomes(stored.collect())
        }
        Said::Gone => StoredSaid::Gone,
    };
    let (item, teller) = (word.item.as_str().into(), word.teller.as_str().into());
    StoredWord { item, teller, at_ms: word.at.as_millis(), said }
}

pub(super) fn restore_word(stored: StoredWord<'_>, id: MessageId) -> Result<ItemWord, RecordError> {
    let said = match stored.said {
        StoredSaid::Is(attributes) => Said::Is(restore(attributes)?),
        StoredSaid::Becomes(amendments) => {
            let json = |value: Option<Box<RawValue>>| value.map(|value| Json::parse(value.get())).transpose();
            let amendment = |(name, value): (Cow<'_, str>, _)| Ok::<_, RecordError>((name.into_owned(), json(value)?));
            Said::Becomes(amendments.into_iter().map(amendment).collect::<Result<_, _>>()?)
        }
        StoredSaid::Gone => Said::Gone,
    };
    let teller = Teller::parse(&stored.teller).ok_or_else(|| RecordError::Word(stored.teller.into_owned()))?;
    Ok(ItemWord { id, item: ItemId::parse(&stored.item)?, teller, at: Timestamp::from_millis(stored.at_ms), said })
}

pub(super) fn store_change(change: &ItemChange) -> StoredItemChange<'_> {
    let value = |value: &Option<Json>| value.as_ref().map(boxed);
    let changes = change.changes.iter().map(|change| StoredChange {
        attribute: change.subject.as_str().into(),
        before: value(&change.before),
        after: value(&change.after),
    });
    StoredItemChange { item: change.item.as_str().into(), id: change.id.as_str().into(), changes: changes.collect() }
}

pub(super) fn restore_change(stored: StoredItemChange<'_>) -> Result<ItemChange, RecordError> {
    let json = |value: Option<Box<RawValue>>| value.map(|value| Json::parse(value.get())).transpose();
    let change = |stored: StoredChange<'_>| {
        let (before, after) = (json(stored.before)?, json(stored.after)?);
        Ok::<_, RecordError>(Change { subject: stored.attribute.into_owned(), before, after })
    };
    Ok(ItemChange {
        item: ItemId::parse(&stored.item)?,
        id: MessageId::parse(&stored.id)?,
        changes: stored.changes.into_iter().map(change).collect::<Result<_, _>>()?,
    })
}

pub(super) fn store_facts(facts: &ItemFacts) -> StoredFacts<'_> {
    let items = facts.items.iter().map(|(item, attributes)| (item.as_str().into(), store(attributes)));
    StoredFacts { deed: facts.deed.as_str().into(), items: items.collect() }
}

pub(super) fn restore_facts(stored: StoredFacts<'_>) -> Result<ItemFacts, RecordError> {
    let item =
        |(item, attributes): (Cow<'_, str>, _)| Ok::<_, RecordError>((ItemId::parse(&item)?, restore(attributes)?));
    Ok(ItemFacts {
        deed: ItemDeed::parse(&stored.deed).ok_or_else(|| RecordError::Word(stored.deed.into_owned()))?,
        items: stored.items.into_iter().map(item).collect::<Result<_, _>>()?,
    })
}

fn store(attributes: &Attributes) -> Stored<'_> {
    attributes.iter().map(|(name, value)| (name.as_str().into(), Some(boxed(value)))).collect()
}

fn restore(stored: Stored<'_>) -> Result<Attributes, RecordError> {
    let given = stored.into_iter().filter_map(|(name, value)| Some((name, value?)));
    given.map(|(name, value)| Ok((name.into_owned(), Json::parse(value.get())?))).collect()
}

fn boxed(json: &Json) -> Box<RawValue> {
    raw(json).to_owned()
}
