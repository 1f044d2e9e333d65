//! Comparisons: how a trait, or a property of what happens, stands to other values.

use serde_json::Value;

use super::error::{ConditionError, choices};
use super::parse::{Place, read_span};
use super::tree::{Age, Comparison, Node, Operand, Order, Question, Source};
use super::{items, span};
use crate::domain::{Timestamp, pointer};

/// Numbers above it are milliseconds since the Unix epoch, others seconds: it is the year 5138, or 1973.
const SECONDS_MAX: f64 = 1e11;

/// How numbers stand to each other, by their names.
const ORDERS: [(&str, Order); 6] = [
    ("equals", Order::Equal),
    ("not_equals", Order::NotEqual),
    ("more_than", Order::MoreThan),
    ("at_least", Order::AtLeast),
    ("less_than", Order::LessThan),
    ("at_most", Order::AtMost),
];

/// Every comparison.
const COMPARISONS: [&str; 16] = [
    "equals",
    "not_equals",
    "in",
    "not_in",
    "contains",
    "starts_with",
    "ends_with",
    "more_than",
    "at_least",
    "less_than",
    "at_most",
    "before",
    "after",
    "newer_than",
    "older_than",
    "exists",
];

type Result<T> = std::result::Result<T, ConditionError>;

/// Reads a condition about a value.
pub(super) fn read(place: &Place<'_>, about: &'static str) -> Result<Node> {
    let of = (about == "item").then_some("of");
    let known: Vec<&str> = std::iter::once(about).chain(of).chain(COMPARISONS).collect();
    place.only(&known)?;
    let source = if about == "item" { items::source(place)? } else { source(place, about)? };
    let Some((name, operand)) = place.one_of(&COMPARISONS)? else {
        let next = format!("use {}", choices(COMPARISONS));
        return Err(place.error(format!("nothing says what is asked of the {about}"), next));
    };
    Ok(Node::Compares { source, comparison: comparison(name, &operand)? })
}

fn comparison(name: &'static str, place: &Place<'_>) -> Result<Comparison> {
    Ok(match name {
        "exists" => Comparison::Exists(place.boolean()?),
        "equals" => Comparison::Equals(operand(place)?),
        "not_equals" => Comparison::NotEquals(operand(place)?),
        "in" => Comparison::In(operands(place)?),
        "not_in" => Comparison::NotIn(operands(place)?),
        "contains" => Comparison::Contains(operand(place)?),
        "starts_with" => Comparison::StartsWith(text_operand(place)?),
        "ends_with" => Comparison::EndsWith(text_operand(place)?),
        "before" => Comparison::Before(time_operand(place)?),
        "after" => Comparison::After(time_operand(place)?),
        "newer_than" => Comparison::Aged(Age::NewerThan(read_span(place)?)),
        "older_than" => Comparison::Aged(Age::OlderThan(read_span(place)?)),
        _ => Comparison::Orders(order(name), number_operand(place)?),
    })
}

/// Reads `{"at_least": 2}`.
pub(super) fn read_count(place: &Place<'_>) -> Result<Question> {
    let names = ORDERS.map(|(name, _)| name);
    place.only(&names)?;
    match place.one_of(&names)? {
        Some((name, number)) => Ok(Question::Count(order(name), number.number()?)),
        None => Err(place.error("nothing says how many", format!("use {}", choices(names)))),
    }
}

fn order(name: &str) -> Order {
    let found = ORDERS.iter().find(|(known, _)| *known == name);
    found.expect("every name of an order should be in the table").1
}

fn source(place: &Place<'_>, about: &str) -> Result<Source> {
    let name = place.member(about).expect("the subject should have been found");
    let text = name.text("write a name, or a JSON Pointer like `/products/0/price`")?;
    Ok(match about {
        "trait" => trait_source(text),
        "trigger" => Source::Trigger(pointer::of_property(text)),
        _ => Source::Property(pointer::of_property(text)),
    })
}

fn trait_source(text: &str) -> Source {
    let Some(path) = text.strip_prefix('/') else {
        return Source::Trait { name: text.to_owned(), pointer: String::new() };
    };
    let (name, rest) = path.split_once('/').map_or((path, String::new()), |(name, rest)| (name, format!("/{rest}")));
    Source::Trait { name: name.replace("~1", "/").replace("~0", "~"), pointer: rest }
}

fn operands(place: &Place<'_>) -> Result<Vec<Operand>> {
    place.list()?.map(|element| operand(&element)).collect()
}

/// A value, or where to find it: `{"trigger": "cart_id"}`.
pub(super) fn operand(place: &Place<'_>) -> Result<Operand> {
    if !place.value.is_object() {
        return Ok(Operand::Literal(place.value.clone()));
    }
    let names = ["trigger", "property", "trait"];
    place.only(&names)?;
    match place.one_of(&names)? {
        Some((name, _)) => source(place, name).map(Operand::Found),
        None => Err(place.error("it names no value", format!("use {}", choices(names)))),
    }
}

fn checked(place: &Place<'_>, is_fit: impl Fn(&Value) -> bool, what: &str, next: &str) -> Result<Operand> {
    let operand = operand(place)?;
    match &operand {
        Operand::Literal(value) if !is_fit(value) => Err(place.error(format!("`{value}` is no {what}"), next)),
        _ => Ok(operand),
    }
}

fn text_operand(place: &Place<'_>) -> Result<Operand> {
    checked(place, Value::is_string, "text", "write a text")
}

fn number_operand(place: &Place<'_>) -> Result<Operand> {
    checked(place, Value::is_number, "number", "write a number without quotes")
}

fn time_operand(place: &Place<'_>) -> Result<Operand> {
    let next = "write a moment like `\"2026-03-01T08:00:00Z\"` or a date like `\"2026-03-01\"`";
    checked(place, |value| time(value).is_some(), "moment", next)
}

impl Order {
    /// Whether `left` stands so to `right`.
    pub(super) fn holds(self, left: f64, right: f64) -> bool {
        match self {
            Self::Equal => left == right,
            Self::NotEqual => left != right,
            Self::MoreThan => left > right,
            Self::AtLeast => left >= right,
            Self::LessThan => left < right,
            Self::AtMost => left <= right,
        }
    }
}

impl Age {
    /// Whether something that was `then` is of that age `now`.
    pub(super) fn holds(self, then: Timestamp, now: Timestamp) -> bool {
        match self {
            Self::NewerThan(span) => then > now.minus(span),
            Self::OlderThan(span) => then < now.minus(span),
        }
    }
}

/// Whether two values are the same. A number is the same as a text that spells it: sources differ in that.
pub(super) fn same(left: &Value, right: &Value) -> bool {
    left == right
        || (left.is_number() || right.is_number()) && number(left).is_some_and(|left| number(right) == Some(left))
}

/// A number, or a text that spells one.
pub(super) fn number(value: &Value) -> Option<f64> {
    value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number| number.is_finite())
}

/// A moment: RFC 3339, a date, or seconds or milliseconds since the Unix epoch.
pub(super) fn time(value: &Value) -> Option<Timestamp> {
    if let Some(text) = value.as_str() {
        return span::moment(text.trim());
    }
    let number = value.as_f64()?;
    let millis = if number.abs() < SECONDS_MAX { number * 1_000.0 } else { number };
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the fraction of a millisecond goes, and huge numbers saturate"
    )]
    Some(Timestamp::from_millis(millis as i64))
}
