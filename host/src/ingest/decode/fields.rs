//! An object of the wire, read with patience: any spelling of a name, `null` as absent, members of the wrong type passed
//! over. A context that is `null` or `[]`, as in deletions, is an object without members.

use serde_json::{Map, Value};

use crate::domain::{pointer, spelling};

/// The members of an object.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Fields<'a>(Option<&'a Map<String, Value>>);

impl<'a> Fields<'a> {
    /// The members of that value; none when it is no object.
    pub(crate) fn of(value: &'a Value) -> Self {
        Self(value.as_object())
    }

    /// The member of that name.
    pub(crate) fn get(self, name: &'a str) -> Option<&'a Value> {
        self.spelled(name).next()
    }

    /// The members of the object of that name.
    pub(crate) fn within(self, name: &'a str) -> Self {
        Self(self.spelled(name).find_map(Value::as_object))
    }

    /// The text of that name.
    pub(crate) fn text(self, name: &'a str) -> Option<String> {
        self.spelled(name).find_map(text)
    }

    /// The text of the first of these names that has one.
    pub(crate) fn first_text(self, names: &[&'a str]) -> Option<String> {
        names.iter().find_map(|name| self.text(name))
    }

    /// The text that a tenant's word for a property means, where these are an event's members.
    pub(crate) fn property(self, word: &str) -> Option<String> {
        let pointer = pointer::of_property(word);
        let path = pointer.strip_prefix('/')?;
        let (name, rest) = path.find('/').map_or((path, ""), |at| path.split_at(at));
        let name = name.replace("~1", "/").replace("~0", "~");
        text(pointer::find(self.get(&name)?, rest).value?)
    }

    /// Whether the member of that name is true, as a boolean or as a text.
    pub(crate) fn is_true(self, name: &'a str) -> bool {
        self.spelled(name).any(|value| *value == Value::Bool(true) || value == "true")
    }

    /// The elements of the array of that name.
    pub(crate) fn list(self, name: &'a str) -> &'a [Value] {
        self.spelled(name).find_map(Value::as_array).map_or(&[], Vec::as_slice)
    }

    /// All members, as they came.
    pub(crate) fn members(self) -> impl Iterator<Item = (&'a String, &'a Value)> {
        self.0.into_iter().flatten()
    }

    /// What the name may mean, the exact spelling first.
    fn spelled(self, name: &'a str) -> impl Iterator<Item = &'a Value> {
        let exact = self.0.and_then(|members| members.get(name)).into_iter();
        let others = self.members().filter(move |(key, _)| *key != name && spelling::is_same(key, name));
        exact.chain(others.map(|(_, value)| value)).filter(|value| !value.is_null())
    }
}

/// A text, without blanks around it, or a number as text; an empty one is none.
pub(crate) fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_name_is_found_in_any_spelling_and_the_exact_one_first() {
        for key in ["userId", "user_id", "UserID", "USER-ID", "user id", "userid"] {
            assert_eq!(Fields::of(&json!({ key: "u1" })).text("userId").as_deref(), Some("u1"), "{key}");
        }
        let both = json!({ "USERID": "other", "userId": "u1" });
        assert_eq!(Fields::of(&both).text("userId").as_deref(), Some("u1"));
        let useless = json!({ "userId": {}, "user_id": "u1" });
        assert_eq!(Fields::of(&useless).text("userId").as_deref(), Some("u1"));
    }

    #[test]
    fn what_is_no_text_is_none_but_a_number_is() {
        for value in [json!(null), json!(""), json!("  "), json!(true), json!({}), json!(["u1"])] {
            assert_eq!(Fields::of(&json!({ "userId": value })).text("userId"), None, "{value}");
        }
        assert_eq!(Fields::of(&json!({ "userId": 42 })).text("userId").as_deref(), Some("42"));
        assert_eq!(Fields::of(&json!({ "userId": " u1 " })).text("userId").as_deref(), Some("u1"));
    }

    #[test]
    fn what_is_no_object_has_no_members() {
        for value in [json!(null), json!([]), json!("text"), json!(1)] {
            assert!(Fields::of(&json!({ "context": value })).within("context").get("device").is_none(), "{value}");
        }
    }
}
