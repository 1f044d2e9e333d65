//! Named values as senders really write them.

use std::fmt;

use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

/// An object of an event's body. Names are found in any casing: `product_id` also finds `productId`,
/// `Product ID` and `PRODUCT-ID`.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Fields {
    /// As they came: looking through a few is cheaper than sorting them first.
    members: Vec<(String, Value)>,
}

impl Fields {
    /// The value as it is; a null is as good as missing.
    pub fn get(&self, name: &str) -> Option<&Value> {
        // Of a name that is there twice, the last counts.
        let exact = self.members.iter().rev().find(|(key, _)| key == name);
        let found = exact.or_else(|| self.members.iter().find(|(key, _)| same_name(key, name)));
        found.map(|(_, value)| value).filter(|value| !value.is_null())
    }

    /// A text without surrounding space, or a number as text; never empty.
    pub fn text(&self, name: &str) -> Option<String> {
        let text = match self.get(name)? {
            Value::String(text) => text.trim().to_owned(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        (!text.is_empty()).then_some(text)
    }

    /// A number, or a text that is one.
    pub fn number(&self, name: &str) -> Option<f64> {
        let number = match self.get(name)? {
            Value::Number(number) => number.as_f64()?,
            Value::String(text) => text.trim().parse().ok()?,
            _ => return None,
        };
        number.is_finite().then_some(number)
    }

    /// A count: a number that is not negative, rounded.
    pub fn count(&self, name: &str) -> Option<u32> {
        let number = self.number(name)?.round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "within the bounds of a u32, checked on the same line"
        )]
        (0.0..=f64::from(u32::MAX)).contains(&number).then_some(number as u32)
    }

    /// The objects of a list; a single object is a list of one.
    pub fn list(&self, name: &str) -> Vec<Self> {
        match self.get(name) {
            Some(Value::Array(values)) => {
                values.iter().filter(|value| value.is_object()).map(|value| Self::from(value.clone())).collect()
            }
            Some(value @ Value::Object(_)) => vec![Self::from(value.clone())],
            _ => Vec::new(),
        }
    }
}

impl From<Value> for Fields {
    fn from(value: Value) -> Self {
        match value {
            Value::Object(members) => Self { members: members.into_iter().collect() },
            _ => Self::default(),
        }
    }
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Members)
    }
}

struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Fields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
        let mut members = Vec::with_capacity(16);
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Fields { members })
    }
}

fn same_name(left: &str, right: &str) -> bool {
    letters(left).eq(letters(right))
}

fn letters(name: &str) -> impl Iterator<Item = char> {
    name.chars().filter(|letter| !matches!(letter, '_' | '-' | ' ')).map(|letter| letter.to_ascii_lowercase())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields(value: Value) -> Fields {
        Fields::from(value)
    }

    #[test]
    fn names_are_found_in_any_casing_and_the_exact_one_first() {
        for name in ["product_id", "productId", "Product ID", "PRODUCT-ID"] {
            assert_eq!(fields(json!({ name: "p1" })).text("product_id").as_deref(), Some("p1"));
        }
        let both = fields(json!({ "productId": "camel", "product_id": "snake" }));
        assert_eq!(both.text("product_id").as_deref(), Some("snake"));
    }

    #[test]
    fn numbers_may_be_texts_and_texts_may_be_numbers() {
        let read = fields(json!({ "price": " 39.95 ", "sku": 4711, "quantity": "2", "position": 3.0 }));
        assert_eq!(read.number("price"), Some(39.95));
        assert_eq!(read.text("sku").as_deref(), Some("4711"));
        assert_eq!(read.count("quantity"), Some(2));
        assert_eq!(read.count("position"), Some(3));
    }

    #[test]
    fn what_makes_no_sense_is_missing() {
        let read =
            fields(json!({ "price": "cheap", "quantity": -1, "name": "  ", "sku": null, "url": [], "nan": "NaN" }));
        assert_eq!((read.number("price"), read.count("quantity")), (None, None));
        assert_eq!((read.text("name"), read.text("sku"), read.text("url")), (None, None, None));
        assert_eq!(read.number("nan"), None);
        assert_eq!(fields(json!("no object")), Fields::default());
    }

    #[test]
    fn a_list_holds_its_objects_and_nothing_else() {
        let read = fields(json!({ "products": [{ "sku": "a" }, null, "b"], "product": { "sku": "c" } }));
        assert_eq!(read.list("products").len(), 1);
        assert_eq!(read.list("product").len(), 1);
        assert_eq!(read.list("missing").len(), 0);
    }
}
