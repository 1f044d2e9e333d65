//! Changes of items: whether an attribute went where the journey waits for it to go, by enough, and for somebody who is meant.

use std::borrow::Cow;

use rekindle_guest::{Change, Context};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use serde_json::Value;

use crate::values::number;

/// A change of an item that begins a run.
#[derive(Debug)]
pub struct ItemTrigger {
    /// Which attribute.
    pub(crate) attribute: String,
    movement: Movement,
    by: Option<Margin>,
    interest: Interest,
}

/// Which way a value went.
#[derive(Debug, Clone, Copy, PartialEq, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Movement {
    /// It is less.
    Drop,
    /// It is more.
    Rise,
    /// It is another.
    #[default]
    Any,
}

/// How far a value went.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Margin {
    /// Of what it was.
    Percent(f64),
    /// As a number.
    Amount(f64),
}

/// What the person has to do with the item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Interest {
    Cart,
    Viewed,
    Any,
}

impl ItemTrigger {
    pub(crate) fn new(
        attribute: String,
        (movement, by): (Option<Movement>, Option<Margin>),
        interest: Interest,
    ) -> Result<Self, String> {
        let movement = movement.unwrap_or_default();
        if by.is_some() && movement == Movement::Any {
            return Err("`by` says how far a value went: write a `change` of `drop` or `rise` with it".to_owned());
        }
        Ok(Self { attribute, movement, by, interest })
    }

    /// Whether a change is this.
    pub(crate) fn is(&self, change: &Change, ctx: &Context) -> bool {
        let attribute = change.subject.rsplit_once('/').map(|(_, attribute)| attribute);
        attribute.is_some_and(|attribute| self.attribute == "*" || self.attribute == attribute)
            && self.has_moved(change.before.as_ref(), change.after.as_ref())
            && self.interest.is_there(ctx)
    }

    fn has_moved(&self, before: Option<&Value>, after: Option<&Value>) -> bool {
        if self.movement == Movement::Any {
            return before != after;
        }
        let Some((before, after)) = before.and_then(number).zip(after.and_then(number)) else { return false };
        let distance = if self.movement == Movement::Drop { before - after } else { after - before };
        distance > 0.0
            && match self.by {
                None => true,
                Some(Margin::Amount(amount)) => distance >= amount,
                Some(Margin::Percent(percent)) => distance * 100.0 >= percent * before.abs(),
            }
    }
}

impl Interest {
    pub(crate) fn read(of: &Value) -> Result<Self, String> {
        match of.as_str() {
            Some("cart") => Ok(Self::Cart),
            Some("viewed") => Ok(Self::Viewed),
            Some("any") => Ok(Self::Any),
            _ => Err("`of` is `\"cart\"`, `\"viewed\"` or `\"any\"` for an item".to_owned()),
        }
    }

    fn is_there(self, ctx: &Context) -> bool {
        let is = |place: &str| ctx.body(place) == Some(Value::Bool(true));
        match self {
            Self::Cart => is("/interest/in_cart"),
            Self::Viewed => is("/interest/viewed"),
            Self::Any => true,
        }
    }
}

impl<'de> Deserialize<'de> for Margin {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = Value::deserialize(deserializer)?;
        let percent = written.as_str().and_then(|text| text.strip_suffix('%')?.trim().parse().ok());
        let margin = percent.map(Self::Percent).or_else(|| written.as_f64().map(Self::Amount));
        let is_fit = |margin: &Self| match margin {
            Self::Percent(size) | Self::Amount(size) => size.is_finite() && *size > 0.0,
        };
        margin.filter(is_fit).ok_or_else(|| {
            de::Error::custom(format!("{written} is no difference; write `\"10%\"`, or a number above 0"))
        })
    }
}

impl JsonSchema for Margin {
    fn schema_name() -> Cow<'static, str> {
        "Margin".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "`\"10%\"` of what it was, or a number.",
            "type": ["string", "number"],
            "pattern": "^[0-9]+(\\.[0-9]+)? ?%$",
            "exclusiveMinimum": 0,
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_value_moves_one_way_and_far_enough() {
        let trigger = |movement, by: Value| {
            let by = serde_json::from_value(by).unwrap();
            ItemTrigger::new("price".into(), (movement, by), Interest::Any).unwrap()
        };
        let [drop, rise] = [Some(Movement::Drop), Some(Movement::Rise)];
        for (trigger, before, after, expected) in [
            (trigger(drop, Value::Null), json!(10), json!(9), true),
            (trigger(drop, Value::Null), json!(10), json!(10), false),
            (trigger(drop, Value::Null), json!(10), json!(11), false),
            (trigger(drop, Value::Null), json!("10"), json!("9.99"), true),
            (trigger(drop, Value::Null), json!("cheap"), json!(9), false),
            (trigger(drop, json!("10%")), json!(100), json!(90), true),
            (trigger(drop, json!("10%")), json!(100), json!(90.5), false),
            (trigger(drop, json!(10)), json!(1000), json!(990), true),
            (trigger(drop, json!(10)), json!(1000), json!(991), false),
            (trigger(rise, json!("50 %")), json!(10), json!(15), true),
            (trigger(rise, Value::Null), json!(10), json!(9), false),
            (trigger(None, Value::Null), json!("sold out"), json!("in stock"), true),
            (trigger(None, Value::Null), json!(1), json!(1), false),
        ] {
            assert_eq!(trigger.has_moved(Some(&before), Some(&after)), expected, "{trigger:?}: {before} to {after}");
        }
        assert!(!trigger(drop, Value::Null).has_moved(None, Some(&json!(9))));
    }
}
