//! A tenant's items: what it sells, shows or lets, by the tenant's own names, with flat attributes. Who says something about them
//! is part of what is said: a tenant's feed is believed, what somebody's browser sends only fills in what no feed says.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use super::{Change, IdError, Json, MessageId, Slot, TenantId, Timestamp, limits};

/// One item within a tenant. Never empty, holds no control characters: safe inside a storage key and a path.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemId(Arc<str>);

/// An item's attributes by name; each is a text, a number, or true or false.
pub type Attributes = BTreeMap<String, Json>;

/// Something that was said about an item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemWord {
    /// Recognises a repetition: it follows from what is said, by whom and when.
    pub id: MessageId,
    /// About which.
    pub item: ItemId,
    /// Who says it.
    pub teller: Teller,
    /// When it was so.
    pub at: Timestamp,
    /// What is said.
    pub said: Said,
}

/// Who says something about an item.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Teller {
    /// The tenant, by its API or a feed.
    Owner,
    /// Somebody's event. Anybody may send one.
    Event,
}

/// What can be said about an item.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// These are its attributes; others that its owner gave are no more.
    Is(Attributes),
    /// These of its attributes change; none is one that is no more.
    Becomes(BTreeMap<String, Option<Json>>),
    /// There is no such item any more.
    Gone,
}

/// What became of an item.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemChange {
    /// Which.
    pub item: ItemId,
    /// Names the change: the word that made it.
    pub id: MessageId,
    /// What changed, in the order of the attributes' names; a subject is the attribute's name alone.
    pub changes: Vec<Change>,
}

/// What an event tells about items.
#[derive(Debug, Clone, PartialEq)]
pub struct ItemFacts {
    /// What somebody did with them.
    pub deed: ItemDeed,
    /// Which, and what it says about them; nothing where its kind is not to be believed in that.
    pub items: Vec<(ItemId, Attributes)>,
}

/// What somebody does with items.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ItemDeed {
    /// Comes by them.
    Passes,
    /// Looks at them.
    Views,
    /// Puts them into the cart.
    PutsIntoCart,
    /// Takes them out of the cart.
    TakesOutOfCart,
    /// Has these in the cart, and no others.
    ShowsCart,
    /// Buys them, or, where none is named, whatever is in the cart.
    Buys,
}

/// Why a document is not the attributes of an item.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AttributesError {
    /// It is something else.
    #[error("an item is an object of attributes, like `{{\"name\": \"Mug\", \"price\": 9.5}}`")]
    NoObject,
    /// There are more than anybody needs.
    #[error("it has {0} attributes: give at most {max}", max = limits::ATTRIBUTES_MAX)]
    TooMany(usize),
    /// A name that cannot be one.
    #[error("the attribute `{0}` cannot be called so: use 1 to {max} bytes without `/` and control characters", max = limits::ATTRIBUTE_NAME_BYTES_MAX)]
    Name(String),
    /// A value that is none.
    #[error("the attribute `{0}` is neither text, number, true nor false: attributes are flat")]
    Nested(String),
    /// A value that is too long.
    #[error("the attribute `{0}` is longer than {max} bytes", max = limits::ATTRIBUTE_BYTES_MAX)]
    TooLong(String),
    /// All of it is too long.
    #[error("its attributes have more than {max} bytes in all", max = limits::ITEM_BYTES_MAX)]
    TooLarge,
}

impl ItemId {
    /// Parses an item's id: 1 to `limits::ITEM_ID_BYTES_MAX` bytes without control characters, and no `.` or `..`.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let fits = (1..=limits::ITEM_ID_BYTES_MAX).contains(&text.len()) && !matches!(text, "." | "..");
        if fits && !text.chars().any(char::is_control) { Ok(Self(text.into())) } else { Err(IdError::of_item(text)) }
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The slot in which a tenant's item is kept, for ever.
    pub fn slot(&self, tenant: &TenantId) -> Slot {
        Slot::of(tenant, self.as_str())
    }
}

impl fmt::Display for ItemId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Teller {
    /// The name in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Event => "event",
        }
    }

    /// Who has that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Owner, Self::Event].into_iter().find(|teller| teller.as_str() == text)
    }
}

impl ItemDeed {
    /// Every deed.
    pub const ALL: [Self; 6] =
        [Self::Passes, Self::Views, Self::PutsIntoCart, Self::TakesOutOfCart, Self::ShowsCart, Self::Buys];

    /// The name in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Passes => "passes",
            Self::Views => "views",
            Self::PutsIntoCart => "puts-into-cart",
            Self::TakesOutOfCart => "takes-out-of-cart",
            Self::ShowsCart => "shows-cart",
            Self::Buys => "buys",
        }
    }

    /// The deed of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|deed| deed.as_str() == text)
    }
}

/// Reads changes of attributes; what is null is to be no more.
pub fn amendments(document: &Value) -> Result<BTreeMap<String, Option<Json>>, AttributesError> {
    let members = document.as_object().ok_or(AttributesError::NoObject)?;
    if members.len() > limits::ATTRIBUTES_MAX {
        return Err(AttributesError::TooMany(members.len()));
    }
    let mut bytes = 0;
    let mut amendment = |(name, value): (&String, &Value)| {
        check_name(name)?;
        let value = (!value.is_null()).then(|| attribute(name, value)).transpose()?;
        bytes += name.len() + value.as_ref().map_or(0, |value| value.as_str().len());
        if bytes > limits::ITEM_BYTES_MAX { Err(AttributesError::TooLarge) } else { Ok((name.clone(), value)) }
    };
    members.iter().map(&mut amendment).collect()
}

/// Reads all attributes of an item; what is null is not there.
pub fn attributes(document: &Value) -> Result<Attributes, AttributesError> {
    let amended = amendments(document)?;
    Ok(amended.into_iter().filter_map(|(name, value)| Some((name, value?))).collect())
}

/// Attributes as one object.
pub fn attributes_json(attributes: &Attributes) -> Json {
    Json::from(&Value::Object(attributes.iter().map(|(name, value)| (name.clone(), value.value())).collect()))
}

fn check_name(name: &str) -> Result<(), AttributesError> {
    let fits = (1..=limits::ATTRIBUTE_NAME_BYTES_MAX).contains(&name.len());
    if fits && !name.contains(|c: char| c == '/' || c.is_control()) {
        return Ok(());
    }
    Err(AttributesError::Name(name.chars().take(limits::ATTRIBUTE_NAME_BYTES_MAX).collect()))
}

/// One attribute's value.
pub fn attribute(name: &str, value: &Value) -> Result<Json, AttributesError> {
    if value.is_null() || value.is_array() || value.is_object() {
        return Err(AttributesError::Nested(name.to_owned()));
    }
    let json = Json::from(value);
    if json.as_str().len() > limits::ATTRIBUTE_BYTES_MAX {
        return Err(AttributesError::TooLong(name.to_owned()));
    }
    Ok(json)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn attributes_are_flat_and_bounded() {
        let read = attributes(&json!({"name": "Mug", "price": 9.5, "sold_out": false, "brand": null})).unwrap();
        assert_eq!(attributes_json(&read).value(), json!({"name": "Mug", "price": 9.5, "sold_out": false}));
        let many: serde_json::Map<_, _> = (0..=limits::ATTRIBUTES_MAX).map(|n| (n.to_string(), json!(n))).collect();
        let large: serde_json::Map<_, _> =
            (0..20).map(|n| (n.to_string(), json!("x".repeat(limits::ATTRIBUTE_BYTES_MAX - 2)))).collect();
        for refused in [
            json!([]),
            json!({"tags": ["a"]}),
            json!({"a": {"b": 1}}),
            json!({"a/b": 1}),
            json!({"": 1}),
            json!({"a": "x".repeat(limits::ATTRIBUTE_BYTES_MAX)}),
            Value::Object(many),
            Value::Object(large),
        ] {
            assert!(attributes(&refused).is_err(), "{refused}");
        }
    }

    #[test]
    fn an_items_id_is_safe_inside_a_key_and_a_path() {
        for bad in ["", ".", "..", "a\0b", "a\nb", &"a".repeat(limits::ITEM_ID_BYTES_MAX + 1)] {
            assert!(ItemId::parse(bad).is_err(), "{bad:?}");
        }
        assert_eq!(ItemId::parse("mugs/red 1").unwrap().as_str(), "mugs/red 1");
    }
}
