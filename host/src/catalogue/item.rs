//! One item: its attributes, each with who said it and when.

use std::collections::BTreeMap;

use crate::domain::{Attributes, Change, ItemWord, Json, Said, Teller, Timestamp, limits};

/// What is known of an item.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Item {
    pub(super) attributes: BTreeMap<String, Attribute>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) struct Attribute {
    pub(super) value: Json,
    pub(super) teller: Teller,
    pub(super) at: Timestamp,
}

impl Item {
    /// What becomes of an item, or of nothing, when a word is said about it; none when there is no such item any more.
    pub fn after(before: Option<&Self>, word: &ItemWord) -> Option<Self> {
        Self::becomes(before, (word.teller, word.at), &word.said)
    }

    /// The same of what somebody said at a moment, which may not be worth a word.
    pub fn becomes(before: Option<&Self>, (teller, at): (Teller, Timestamp), said: &Said) -> Option<Self> {
        let mut item = before.cloned().unwrap_or_default();
        match said {
            Said::Gone => return None,
            Said::Is(attributes) => {
                item.attributes.retain(|name, known| known.teller != teller || attributes.contains_key(name));
                attributes.iter().for_each(|(name, value)| item.set(name, value, (teller, at)));
            }
            Said::Becomes(amendments) => {
                for (name, value) in amendments {
                    match value {
                        Some(value) => item.set(name, value, (teller, at)),
                        None => drop(item.attributes.remove(name)),
                    }
                }
            }
        }
        // An event that says nothing of an item does not make one.
        let is_known = before.is_some() || teller == Teller::Owner || !item.attributes.is_empty();
        is_known.then_some(item)
    }

    /// What differs between two states of an item, by the attributes' names. A number is the same as a text that spells it.
    pub fn changes(before: Option<&Self>, after: Option<&Self>) -> Vec<Change> {
        let value = |item: Option<&Self>, name: &str| {
            item.and_then(|item| item.attributes.get(name)).map(|attribute| attribute.value.clone())
        };
        let names = before.into_iter().chain(after).flat_map(|item| item.attributes.keys());
        let names: std::collections::BTreeSet<&String> = names.collect();
        let change = |name: &&String| {
            let (before, after) = (value(before, name), value(after, name));
            let is_same = match (&before, &after) {
                (Some(before), Some(after)) => before.is_same(after),
                (before, after) => before == after,
            };
            (!is_same).then(|| Change { subject: (*name).clone(), before, after })
        };
        names.iter().filter_map(change).collect()
    }

    /// The attributes, whoever said them.
    pub fn attributes(&self) -> Attributes {
        self.attributes.iter().map(|(name, attribute)| (name.clone(), attribute.value.clone())).collect()
    }

    /// Whether the tenant gave any of it.
    pub fn is_owned(&self) -> bool {
        self.attributes.values().any(|attribute| attribute.teller == Teller::Owner)
    }

    /// The names of what events told.
    pub fn of_events(&self) -> Vec<&str> {
        let of_events = self.attributes.iter().filter(|(_, attribute)| attribute.teller == Teller::Event);
        of_events.map(|(name, _)| name.as_str()).collect()
    }

    /// Whether both hold the same attributes, said by the same, however they are spelled and whenever they were said.
    pub fn is_said_alike(&self, other: &Self) -> bool {
        let is_alike = |(one, other): ((&String, &Attribute), (&String, &Attribute))| {
            one.0 == other.0 && one.1.teller == other.1.teller && one.1.value.is_same(&other.1.value)
        };
        self.attributes.len() == other.attributes.len() && self.attributes.iter().zip(&other.attributes).all(is_alike)
    }

    /// What the tenant gave goes over what events say. Of events, what was so later counts.
    fn set(&mut self, name: &str, value: &Json, (teller, at): (Teller, Timestamp)) {
        let known = self.attributes.get(name);
        if known.is_none() && self.attributes.len() >= limits::ATTRIBUTES_MAX {
            return;
        }
        let is_outdone = |known: &Attribute| match (teller, known.teller) {
            (Teller::Owner, _) => false,
            (Teller::Event, Teller::Owner) => true,
            // The same once more is no news, however late.
            (Teller::Event, Teller::Event) => known.at > at || known.value.is_same(value),
        };
        if !known.is_some_and(is_outdone) {
            let attribute = Attribute { value: value.clone(), teller, at };
            self.attributes.insert(name.to_owned(), attribute);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::{ItemId, MessageId, amendments, attributes, attributes_json};

    fn word(teller: Teller, at: i64, said: Said) -> ItemWord {
        let (id, item) = (MessageId::parse("w").unwrap(), ItemId::parse("mug").unwrap());
        ItemWord { id, item, teller, at: Timestamp::from_millis(at), said }
    }

    fn is(at: i64, value: Value) -> ItemWord {
        word(Teller::Owner, at, Said::Is(attributes(&value).unwrap()))
    }

    fn becomes(teller: Teller, at: i64, value: Value) -> ItemWord {
        word(teller, at, Said::Becomes(amendments(&value).unwrap()))
    }

    /// The item after these words, and what the last of them changed.
    fn told(words: &[ItemWord]) -> (Value, Vec<(String, Value, Value)>) {
        let mut item: Option<Item> = None;
        let mut changes = Vec::new();
        for word in words {
            let after = Item::after(item.as_ref(), word);
            changes = Item::changes(item.as_ref(), after.as_ref());
            item = after;
        }
        let value = |value: Option<Json>| value.map_or(Value::Null, |value| value.value());
        let changes = changes.into_iter().map(|one| (one.subject, value(one.before), value(one.after)));
        (item.map_or(Value::Null, |item| attributes_json(&item.attributes()).value()), changes.collect())
    }

    #[test]
    fn what_the_tenant_gave_is_only_changed_by_the_tenant() {
        let given = is(1, json!({"price": 10}));
        let lie = becomes(Teller::Event, 9, json!({"price": 1, "brand": "Acme"}));
        let brand = ("brand".to_owned(), Value::Null, json!("Acme"));
        assert_eq!(told(&[given.clone(), lie.clone()]), (json!({"price": 10, "brand": "Acme"}), vec![brand]));
        let (item, changes) = told(&[lie, given]);
        assert_eq!(item, json!({"price": 10, "brand": "Acme"}), "what no feed says stays as events say it");
        assert_eq!(changes, [("price".to_owned(), json!(1), json!(10))]);
    }

    #[test]
    fn of_events_the_later_counts_whatever_arrives_first() {
        let at = |at, price: Value| becomes(Teller::Event, at, json!({"price": price}));
        assert_eq!(told(&[at(5, json!(8)), at(3, json!(10))]), (json!({"price": 8}), vec![]));
        let drop = vec![("price".to_owned(), json!(10), json!("8"))];
        assert_eq!(told(&[at(3, json!(10)), at(5, json!("8"))]), (json!({"price": "8"}), drop));
    }

    #[test]
    fn the_same_again_changes_nothing_however_it_is_spelled() {
        let (item, changes) = told(&[is(1, json!({"price": 39.95})), is(2, json!({"price": "39.950"}))]);
        assert_eq!((item, changes), (json!({"price": "39.950"}), vec![]));
        let event = |at| becomes(Teller::Event, at, json!({"price": 1}));
        let item = Item::after(None, &event(1));
        assert_eq!(Item::after(item.as_ref(), &event(2)), item, "an event that says nothing new is no reason to write");
        assert_eq!(Item::after(None, &becomes(Teller::Event, 1, json!({}))), None);
    }

    #[test]
    fn an_attribute_that_is_no_more_changes_to_nothing_and_so_do_all_of_an_item_that_goes() {
        let gone = |name: &str, before: Value| (name.to_owned(), before, Value::Null);
        let both = is(1, json!({"price": 10, "name": "Mug"}));
        let changes = told(&[both.clone(), is(2, json!({"name": "Mug"}))]).1;
        assert_eq!(changes, [gone("price", json!(10))]);
        assert_eq!(told(&[both.clone(), becomes(Teller::Owner, 2, json!({"price": null}))]).1, changes);
        let all = told(&[both, word(Teller::Owner, 2, Said::Gone)]);
        assert_eq!(all, (Value::Null, vec![gone("name", json!("Mug")), gone("price", json!(10))]));
    }
}
