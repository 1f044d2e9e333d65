//! Reads a document by place: whatever is wrong is said with a JSON Pointer, in words, and with what would do.

use std::fmt;
use std::ops::RangeInclusive;
use std::time::Duration;

use serde_json::{Map, Value};

use crate::conditions::{choices, moment, nearest, span};
use crate::domain::{Timestamp, limits};

/// What is wrong with a document, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormError {
    /// The place, as a JSON Pointer from the document's root.
    pub pointer: String,
    /// What is wrong there.
    pub what: String,
    /// What would do.
    pub next: String,
}

impl fmt::Display for FormError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "at `{place}`: {}: {}", self.what, self.next)
    }
}

impl std::error::Error for FormError {}

pub(crate) type Result<T> = std::result::Result<T, FormError>;

/// A value and where it stands.
#[derive(Debug, Clone)]
pub(crate) struct Place<'a> {
    pub(crate) value: &'a Value,
    pub(crate) pointer: String,
}

impl<'a> Place<'a> {
    pub(crate) fn root(value: &'a Value) -> Self {
        Self { value, pointer: String::new() }
    }

    pub(crate) fn error(&self, what: impl Into<String>, next: impl Into<String>) -> FormError {
        FormError { pointer: self.pointer.clone(), what: what.into(), next: next.into() }
    }

    /// The member of that name.
    pub(crate) fn member(&self, name: &str) -> Option<Place<'a>> {
        self.value.get(name).map(|value| self.within(name, value))
    }

    /// The member of that name, which has to be there.
    pub(crate) fn required(&self, name: &str) -> Result<Place<'a>> {
        self.member(name).ok_or_else(|| self.error(format!("`{name}` is missing"), "write it"))
    }

    /// The member of that name as a text, if it is there.
    pub(crate) fn text_member(&self, name: &str) -> Result<Option<String>> {
        self.member(name).map(|place| place.text().map(str::to_owned)).transpose()
    }

    /// An object none of whose members is unknown.
    pub(crate) fn object(&self, known: &[&str]) -> Result<&'a Map<String, Value>> {
        let what = || format!("{} is no object", kind(self.value));
        let object = self
            .value
            .as_object()
            .ok_or_else(|| self.error(what(), format!("write an object with {}", choices(known.iter().copied()))))?;
        match object.keys().find(|name| !known.contains(&name.as_str())) {
            None => Ok(object),
            Some(name) => {
                let pointer = self.within(name, self.value).pointer;
                Err(unknown(pointer, format!("`{name}` is not known here"), name, known.iter().copied()))
            }
        }
    }

    /// The elements of a list that is not empty, `max` at most.
    pub(crate) fn list(&self, max: usize) -> Result<Vec<Place<'a>>> {
        let elements = self.value.as_array();
        let elements =
            elements.ok_or_else(|| self.error(format!("{} is no list", kind(self.value)), "write a list"))?;
        match elements.len() {
            0 => Err(self.error("the list is empty", "write at least one")),
            many if many > max => {
                Err(self.error(format!("the list has {many} elements"), format!("write at most {max}")))
            }
            _ => {
                let place = |(number, element)| self.within(&usize::to_string(&number), element);
                Ok(elements.iter().enumerate().map(place).collect())
            }
        }
    }

    /// The members of an object, by name, each with its place.
    pub(crate) fn members(&self) -> Result<Vec<(&'a str, Place<'a>)>> {
        let members = self.value.as_object();
        let members =
            members.ok_or_else(|| self.error(format!("{} is no object", kind(self.value)), "write an object"))?;
        if members.len() > limits::SCENARIOS_MAX {
            let what = format!("there are {} of them", members.len());
            return Err(self.error(what, format!("write at most {}", limits::SCENARIOS_MAX)));
        }
        Ok(members.iter().map(|(name, value)| (name.as_str(), self.within(name, value))).collect())
    }

    pub(crate) fn text(&self) -> Result<&'a str> {
        let text = self.value.as_str().filter(|text| !text.is_empty());
        text.ok_or_else(|| self.error(format!("{} is no text", kind(self.value)), "write a text in quotes"))
    }

    pub(crate) fn flag(&self) -> Result<bool> {
        let what = || format!("{} is neither true nor false", kind(self.value));
        self.value.as_bool().ok_or_else(|| self.error(what(), "write `true` or `false`"))
    }

    /// A whole number within bounds.
    pub(crate) fn whole<N: TryFrom<u64> + PartialOrd + fmt::Display>(&self, bounds: RangeInclusive<N>) -> Result<N> {
        let number = self.value.as_u64().and_then(|number| N::try_from(number).ok());
        let number = number.filter(|number| bounds.contains(number));
        let next = || format!("write a whole number from {} to {}", bounds.start(), bounds.end());
        number.ok_or_else(|| self.error(format!("{} will not do", kind(self.value)), next()))
    }

    /// A span of time, as in `"1h 30m"`.
    pub(crate) fn span(&self) -> Result<Duration> {
        let text = self.text()?;
        span(text).map_err(|next| self.error(format!("`{text}` is no span of time"), next))
    }

    /// The error of a document that stands here.
    pub(crate) fn beneath(&self, err: FormError) -> FormError {
        FormError { pointer: format!("{}{}", self.pointer, err.pointer), ..err }
    }

    /// A moment.
    pub(crate) fn moment(&self) -> Result<Timestamp> {
        let text = self.text()?;
        moment(text)
            .ok_or_else(|| self.error(format!("`{text}` is no moment"), "write one like `2026-03-02T08:00:00Z`"))
    }

    fn within(&self, token: &str, value: &'a Value) -> Place<'a> {
        let token = token.replace('~', "~0").replace('/', "~1");
        Place { value, pointer: format!("{}/{token}", self.pointer) }
    }
}

/// A word that is none of those that would do.
pub(crate) fn unknown<'a>(
    pointer: String,
    what: String,
    word: &str,
    known: impl IntoIterator<Item = &'a str, IntoIter: Clone>,
) -> FormError {
    let known = known.into_iter();
    let next = match nearest(word, known.clone()) {
        Some(meant) => format!("did you mean `{meant}`?"),
        None => format!("use {}", choices(known)),
    };
    FormError { pointer, what, next }
}

/// A value's kind, or the value where it is short.
fn kind(value: &Value) -> String {
    match value {
        Value::Null => "`null`".to_owned(),
        Value::String(text) if text.is_empty() => "an empty text".to_owned(),
        Value::String(_) => "a text".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::Object(_) => "an object".to_owned(),
        Value::Bool(_) | Value::Number(_) => format!("`{value}`"),
    }
}
