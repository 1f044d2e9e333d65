//! An item as it is stored: JSON, by attribute the value, who said it, and when.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Item;
use super::item::Attribute;
use crate::domain::{Json, Teller, Timestamp};

/// Why bytes are no item.
#[derive(Debug, thiserror::Error)]
#[error("an item's record cannot be read: {0}")]
pub struct RecordError(String);

#[derive(Serialize, Deserialize)]
struct Stored {
    attributes: BTreeMap<String, (Box<RawValue>, String, i64)>,
}

impl Item {
    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        let store = |(name, attribute): (&String, &Attribute)| {
            let raw = RawValue::from_string(attribute.value.as_str().to_owned()).expect("a `Json` should be JSON");
            (name.clone(), (raw, attribute.teller.as_str().to_owned(), attribute.at.as_millis()))
        };
        let stored = Stored { attributes: self.attributes.iter().map(store).collect() };
        serde_json::to_vec(&stored).expect("an item should be storable")
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let malformed = |err: serde_json::Error| RecordError(err.to_string());
        let stored: Stored = serde_json::from_slice(bytes).map_err(malformed)?;
        let restore = |(name, (raw, teller, at)): (String, (Box<RawValue>, String, i64))| {
            let teller = Teller::parse(&teller).ok_or_else(|| RecordError(format!("unknown teller `{teller}`")))?;
            let value = Json::parse(raw.get()).map_err(malformed)?;
            Ok((name, Attribute { value, teller, at: Timestamp::from_millis(at) }))
        };
        Ok(Self { attributes: stored.attributes.into_iter().map(restore).collect::<Result<_, _>>()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{ItemId, ItemWord, MessageId, Said, attributes};

    #[test]
    fn an_item_reads_back_as_it_was_written() {
        let said =
            Said::Is(attributes(&serde_json::json!({"name": "Mug", "price": 12.50, "sold_out": false})).unwrap());
        let (id, item) = (MessageId::parse("w").unwrap(), ItemId::parse("mug").unwrap());
        let word = ItemWord { id, item, teller: Teller::Owner, at: Timestamp::from_millis(7), said };
        let item = Item::after(None, &word).unwrap();
        assert_eq!(Item::decode(&item.encode()).unwrap(), item);
        assert!(Item::decode(b"{").is_err());
    }
}
