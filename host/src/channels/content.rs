//! What providers share in reading a message's content: members by their names, and refusals that say what a member should be and
//! repeat none of it.

use serde_json::{Map, Value};

use super::{Message, Receipt};

/// An object in a message's content.
#[derive(Debug)]
pub(super) struct Content {
    /// What stands before a member's name in a refusal.
    prefix: &'static str,
    members: Map<String, Value>,
}

impl Content {
    pub(super) fn of(message: &Message) -> Result<Self, Receipt> {
        match message.content.value() {
            Value::Object(members) => Ok(Self { prefix: "", members }),
            _ => Err(refused("the content should be a JSON object")),
        }
    }

    /// The members that only one provider knows, which stand under its name; empty where there are none. `prefix` is the name with a
    /// full stop.
    pub(super) fn under(&self, prefix: &'static str) -> Result<Self, Receipt> {
        let members = self.object(prefix.trim_end_matches('.'))?.cloned().unwrap_or_default();
        Ok(Self { prefix, members })
    }

    /// The text of a member; none where it is missing, null or blank.
    pub(super) fn text(&self, member: &str) -> Result<Option<&str>, Receipt> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.as_str()).filter(|text| !text.trim().is_empty())),
            Some(_) => Err(self.wrong(member, "a text")),
        }
    }

    /// The object of a member; none where it is missing or null.
    pub(super) fn object(&self, member: &str) -> Result<Option<&Map<String, Value>>, Receipt> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(members)) => Ok(Some(members)),
            Some(_) => Err(self.wrong(member, "an object")),
        }
    }

    /// The whole, positive number of a member; none where it is missing or null.
    pub(super) fn number(&self, member: &str) -> Result<Option<u64>, Receipt> {
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => value.as_u64().map(Some).ok_or_else(|| self.wrong(member, "a whole number")),
        }
    }

    /// The texts of a member; empty where it is missing or null.
    pub(super) fn texts(&self, member: &str) -> Result<Vec<&str>, Receipt> {
        let wrong = || self.wrong(member, "a list of texts");
        match self.members.get(member) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::Array(elements)) => elements.iter().map(|element| element.as_str().ok_or_else(wrong)).collect(),
            Some(_) => Err(wrong()),
        }
    }

    /// A refusal that says what the member should be.
    pub(super) fn wrong(&self, member: &str, should: &str) -> Receipt {
        refused(&format!("the content's `{}{member}` should be {should}", self.prefix))
    }
}

/// What no attempt can change.
pub(super) fn refused(reason: &str) -> Receipt {
    Receipt::Refused { reason: reason.to_owned() }
}

/// A value as text, for providers that take nothing else: texts as they are, everything else as JSON.
pub(super) fn as_text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::conformance;
    use crate::domain::Json;

    fn content(text: &str) -> Result<Content, Receipt> {
        Content::of(&Message { content: Json::parse(text).unwrap(), ..conformance::message(1) })
    }

    #[test]
    fn members_are_read_by_their_kind_and_null_is_none() {
        let content =
            content(r#"{"a": "x", "b": null, "c": " ", "d": 7, "e": ["x", "y"], "acme": {"f": "y"}}"#).unwrap();
        assert_eq!(content.text("a"), Ok(Some("x")));
        assert_eq!((content.text("b"), content.text("c"), content.text("none")), (Ok(None), Ok(None), Ok(None)));
        assert_eq!((content.number("d"), content.number("b")), (Ok(Some(7)), Ok(None)));
        assert_eq!((content.texts("e"), content.texts("b")), (Ok(vec!["x", "y"]), Ok(vec![])));
        assert_eq!(content.under("acme.").unwrap().text("f"), Ok(Some("y")));
        assert_eq!(content.under("other.").unwrap().text("f"), Ok(None));
    }

    #[test]
    fn what_is_of_another_kind_is_refused_with_what_would_be_right() {
        let check = |refusal: Receipt, wanted: &str| assert_eq!(refusal, refused(wanted));
        check(content("[]").unwrap_err(), "the content should be a JSON object");
        let content = content(r#"{"a": ["hush"], "n": -1, "acme": {"f": {}, "g": [1]}}"#).unwrap();
        check(content.text("a").unwrap_err(), "the content's `a` should be a text");
        check(content.object("a").unwrap_err(), "the content's `a` should be an object");
        check(content.number("n").unwrap_err(), "the content's `n` should be a whole number");
        let own = content.under("acme.").unwrap();
        check(own.text("f").unwrap_err(), "the content's `acme.f` should be a text");
        check(own.texts("g").unwrap_err(), "the content's `acme.g` should be a list of texts");
        check(own.texts("f").unwrap_err(), "the content's `acme.f` should be a list of texts");
    }

    #[test]
    fn every_value_has_a_text() {
        let texts = ["\"x\"", "1.50", "true", "[1,2]"].map(|text| as_text(&serde_json::from_str(text).unwrap()));
        assert_eq!(texts, ["x", "1.5", "true", "[1,2]"]);
    }
}
