//! Asking a condition: over what a person is, did and received, what happens now, and what began the run.

use std::borrow::Cow;

use serde_json::Value;

use super::comparison::{number, same, time};
use super::tree::{Comparison, Condition, Happening, Node, Operand, Question, Since, Source};
use crate::domain::{Asking, Cause, Json, Occurrences, Subject, Timestamp, pointer};

/// What is known of a person.
pub trait Person {
    /// How often and when the person did or received something, counted from `since`.
    fn occurrences(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences;

    /// A trait.
    fn trait_value(&self, name: &str) -> Option<Json>;

    /// Whether messages over that channel are welcome.
    fn reachable(&self, channel: &str) -> bool;

    /// Whether the person is in the audience of that name.
    fn is_in_audience(&self, name: &str) -> bool;

    /// The attributes of an item of the catalogue.
    fn item(&self, id: &str) -> Option<Json>;

    /// When the person viewed an item last.
    fn viewed(&self, item: &str) -> Option<Timestamp>;

    /// Whether an item is in the person's cart; where none is named, whether anything is.
    fn has_in_cart(&self, item: Option<&str>) -> bool;
}

/// Where and when a condition is asked.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    /// The person.
    pub person: &'a dyn Person,
    /// Who asks.
    pub asking: Asking<'a>,
    /// The only clock there is.
    pub now: Timestamp,
    /// Why the campaign is asked; none outside of a decision.
    pub cause: Option<&'a Cause>,
    /// The event behind the cause.
    pub body: Option<&'a Value>,
    /// The event that began the run, as it came; null where none did.
    pub trigger: &'a Value,
}

impl Condition {
    /// Whether it holds.
    pub fn holds(&self, scene: &Scene<'_>) -> bool {
        scene.holds(&self.root)
    }
}

impl Scene<'_> {
    fn holds(&self, node: &Node) -> bool {
        match node {
            Node::All(nodes) => nodes.iter().all(|node| self.holds(node)),
            Node::Any(nodes) => nodes.iter().any(|node| self.holds(node)),
            Node::Not(node) => !self.holds(node),
            Node::Happening(happening) => self.cause.is_some_and(|cause| self.is_about(cause, happening)),
            Node::Happened { subject, since, question } => self.answers(subject, *since, *question),
            Node::Compares { source, comparison } => self.compares(self.find(source).as_deref(), comparison),
            Node::Cart { wanted, has: None } => self.person.has_in_cart(None) == *wanted,
            Node::Cart { wanted, has: Some(item) } => {
                self.item_id(item).is_some_and(|item| self.person.has_in_cart(Some(&item))) == *wanted
            }
            Node::Viewed { item, since } => self.has_viewed(item, *since),
            Node::Reachable(channel) => self.person.reachable(channel),
            Node::InAudience(name) => self.person.is_in_audience(name),
        }
    }

    fn is_about(&self, cause: &Cause, happening: &Happening) -> bool {
        match (cause, &happening.subject) {
            (Cause::Event(event), Subject::Event(name)) => event.name.eq_ignore_ascii_case(name),
            (Cause::Engagement { engagement, .. }, Subject::Engagement(kind, target)) => {
                let is = |wanted: &Option<String>, said: Option<&str>| wanted.is_none() || wanted.as_deref() == said;
                *kind == engagement.kind
                    && target.covers(self.asking, engagement.message())
                    && is(&happening.channel, Some(&engagement.channel))
                    && is(&happening.detail, engagement.detail.as_deref())
            }
            _ => false,
        }
    }

    fn has_viewed(&self, item: &Operand, since: Option<Since>) -> bool {
        let viewed = self.item_id(item).and_then(|item| self.person.viewed(&item));
        match since {
            None => viewed.is_some(),
            Some(since) => viewed.zip(self.moment(since)).is_some_and(|(viewed, since)| viewed >= since),
        }
    }

    /// Ids are texts; one that looks like a number may be sent as one.
    fn item_id(&self, operand: &Operand) -> Option<String> {
        match &*self.operand(operand)? {
            Value::String(id) => Some(id.trim().to_owned()),
            Value::Number(id) => Some(id.to_string()),
            _ => None,
        }
    }

    /// None where what began the run has no moment.
    fn moment(&self, since: Since) -> Option<Timestamp> {
        match since {
            Since::Ago(span) => Some(self.now.minus(span)),
            Since::At(moment) => Some(moment),
            Since::Trigger => self.trigger.get("timestamp").and_then(time),
        }
    }

    fn answers(&self, subject: &Subject, since: Option<Since>, question: Question) -> bool {
        let since = match since.map(|since| self.moment(since)) {
            Some(None) => return false,
            since => since.flatten(),
        };
        let occurrences = self.person.occurrences(subject, since);
        match question {
            Question::Occurred(wanted) => (occurrences.count > 0) == wanted,
            Question::Count(order, number) => order.holds(occurrences.count.into(), number),
            Question::Last(age) => occurrences.last.is_some_and(|last| age.holds(last, self.now)),
        }
    }

    fn find(&self, source: &Source) -> Option<Cow<'_, Value>> {
        match source {
            Source::Trait { name, pointer } => {
                let value = self.person.trait_value(name)?.value();
                pointer::find(&value, pointer).value.cloned().map(Cow::Owned)
            }
            Source::Item { attribute, of } => {
                let attributes = self.person.item(&self.item_id(of)?)?.value();
                attributes.get(attribute).cloned().map(Cow::Owned)
            }
            Source::Property(path) => pointer::find(self.body?, path).value.map(Cow::Borrowed),
            Source::Trigger(path) => pointer::find(self.trigger, path).value.map(Cow::Borrowed),
        }
    }

    fn operand<'b>(&'b self, operand: &'b Operand) -> Option<Cow<'b, Value>> {
        match operand {
            Operand::Literal(value) => Some(Cow::Borrowed(value)),
            Operand::Found(source) => self.find(source),
        }
    }

    /// What is not there equals nothing, and is neither more nor less than anything.
    fn compares(&self, value: Option<&Value>, comparison: &Comparison) -> bool {
        let value = value.filter(|value| !value.is_null());
        let is = |operand: &Operand| {
            value.zip(self.operand(operand)).is_some_and(|(value, other)| !other.is_null() && same(value, &other))
        };
        let both = |operand: &Operand, holds: &dyn Fn(&Value, &Value) -> Option<bool>| {
            value.zip(self.operand(operand)).and_then(|(value, other)| holds(value, &other)).unwrap_or(false)
        };
        match comparison {
            Comparison::Exists(wanted) => value.is_some() == *wanted,
            Comparison::Equals(operand) => is(operand),
            Comparison::NotEquals(operand) => !is(operand),
            Comparison::In(operands) => operands.iter().any(is),
            Comparison::NotIn(operands) => !operands.iter().any(is),
            Comparison::Contains(operand) => both(operand, &|value, part| Some(contains(value, part))),
            Comparison::StartsWith(operand) => {
                both(operand, &|value, part| Some(value.as_str()?.starts_with(part.as_str()?)))
            }
            Comparison::EndsWith(operand) => {
                both(operand, &|value, part| Some(value.as_str()?.ends_with(part.as_str()?)))
            }
            Comparison::Orders(order, operand) => {
                both(operand, &|value, other| Some(order.holds(number(value)?, number(other)?)))
            }
            Comparison::Before(operand) => both(operand, &|value, other| Some(time(value)? < time(other)?)),
            Comparison::After(operand) => both(operand, &|value, other| Some(time(value)? > time(other)?)),
            Comparison::Aged(age) => value.and_then(time).is_some_and(|then| age.holds(then, self.now)),
        }
    }
}

fn contains(value: &Value, part: &Value) -> bool {
    match value {
        Value::Array(elements) => elements.iter().any(|element| same(element, part)),
        Value::String(text) => part.as_str().is_some_and(|part| text.contains(part)),
        _ => false,
    }
}
