//! Objects in requests, read as strictly as APIs document them: a member has its type or is a fault, and one that no document names is.

use serde_json::{Map, Value};

use super::request::Fault;

/// An object, and where it stands.
pub(super) struct Fields<'a> {
    place: &'a str,
    members: &'a Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Fails where it is no object, or has a member that is not among those known.
    pub(super) fn of(place: &'a str, value: &'a Value, known: &[&str]) -> Result<Self, Fault> {
        let fields = Self::free(place, value)?;
        match fields.members.keys().find(|name| !known.contains(&name.as_str())) {
            Some(name) => Err(Fault::bad(format!("`{place}` has a member `{name}`, which is not documented"))),
            None => Ok(fields),
        }
    }

    /// An object with whatever members.
    pub(super) fn free(place: &'a str, value: &'a Value) -> Result<Self, Fault> {
        let members = value.as_object().ok_or_else(|| Fault::bad(format!("`{place}` is no object")))?;
        Ok(Self { place, members })
    }

    /// The member; none where it is missing. Null is a value that no document allows.
    pub(super) fn get(&self, name: &str) -> Option<&'a Value> {
        self.members.get(name)
    }

    /// A text that says something; none where it is missing.
    pub(super) fn text(&self, name: &str) -> Result<Option<&'a str>, Fault> {
        self.typed(name, "a text that says something", |value| value.as_str().filter(|text| !text.trim().is_empty()))
    }

    /// The same, which has to be there.
    pub(super) fn required_text(&self, name: &str) -> Result<&'a str, Fault> {
        self.text(name)?.ok_or_else(|| self.missing(name))
    }

    pub(super) fn flag(&self, name: &str) -> Result<Option<bool>, Fault> {
        self.typed(name, "true or false", Value::as_bool)
    }

    pub(super) fn object(&self, name: &str) -> Result<Option<&'a Map<String, Value>>, Fault> {
        self.typed(name, "an object", Value::as_object)
    }

    pub(super) fn required_list(&self, name: &str) -> Result<&'a [Value], Fault> {
        self.typed(name, "a list", |value| value.as_array().map(Vec::as_slice))?.ok_or_else(|| self.missing(name))
    }

    /// The one member of these that is there.
    pub(super) fn exactly_one<'b>(&self, names: &[&'b str]) -> Result<&'b str, Fault> {
        let there: Vec<&str> = names.iter().filter(|name| self.members.contains_key(**name)).copied().collect();
        match there[..] {
            [name] => Ok(name),
            _ => Err(Fault::bad(format!("`{}` should have one of {names:?}, and has {}", self.place, there.len()))),
        }
    }

    pub(super) fn missing(&self, name: &str) -> Fault {
        Fault::bad(format!("`{}` has no `{name}`", self.place))
    }

    fn typed<T>(&self, name: &str, what: &str, read: impl Fn(&'a Value) -> Option<T>) -> Result<Option<T>, Fault> {
        let Some(value) = self.members.get(name) else { return Ok(None) };
        read(value).map(Some).ok_or_else(|| Fault::bad(format!("`{name}` of `{}` should be {what}", self.place)))
    }
}
