//! What messages over `ads` say, the same for every provider that keeps audiences: `{"action": "add" | "remove", "audience"}`,
//! and beside it what one provider alone reads, in a member of its name.
//!
//! Campaigns call audiences by names of their own, so that one campaign can be sent over any provider. The setting `audiences`
//! says what the provider calls them; the provider's own id goes through as it is.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};

use super::content::refused;
use super::settings::Fields;
use super::{Message, Receipt, SettingsError};

pub(super) const AUDIENCES: &str = "audiences";

/// What becomes of the person's place in the audience.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Add,
    Remove,
}

/// A message's content.
pub(super) struct Content {
    pub(super) action: Action,
    /// What the campaign calls the audience.
    audience: Option<String>,
    /// What this provider alone reads.
    pub(super) own: Map<String, Value>,
}

impl Content {
    /// Reads it, with the member that is `provider`'s own.
    pub(super) fn of(message: &Message, provider: &str) -> Result<Self, Receipt> {
        let Value::Object(mut members) = message.content.value() else {
            return Err(refused("the content should be an object with `action` and `audience`"));
        };
        let action = match members.get("action").and_then(Value::as_str) {
            Some("add") => Action::Add,
            Some("remove") => Action::Remove,
            _ => return Err(refused("the content's `action` should be `add` or `remove`")),
        };
        let own = match members.remove(provider) {
            None | Some(Value::Null) => Map::new(),
            Some(Value::Object(own)) => own,
            Some(_) => return Err(refused(&format!("the content's `{provider}` should be an object"))),
        };
        let audience = members.get("audience").and_then(Value::as_str).map(str::to_owned);
        Ok(Self { action, audience, own })
    }
}

/// What a provider calls the audiences that campaigns name.
pub(super) struct Audiences {
    ids: BTreeMap<String, String>,
    is_id: fn(&str) -> bool,
}

impl Audiences {
    /// `problem` says what an id looks like, to whom it was given wrongly.
    pub(super) fn parse(
        fields: &Fields,
        is_id: fn(&str) -> bool,
        problem: &'static str,
    ) -> Result<Self, SettingsError> {
        let ids = fields.texts(AUDIENCES, problem)?;
        match ids.values().all(|id| is_id(id)) {
            true => Ok(Self { ids, is_id }),
            false => Err(SettingsError::invalid(AUDIENCES, problem)),
        }
    }

    /// The id of the audience that a content names.
    pub(super) fn named_in(&self, content: &Content) -> Result<String, Receipt> {
        let name = content.audience.as_deref().filter(|name| !name.is_empty());
        let name = name.ok_or_else(|| refused("the content's `audience` should be the name of an audience"))?;
        let id = self.ids.get(name).cloned().or_else(|| (self.is_id)(name).then(|| name.to_owned()));
        id.ok_or_else(|| {
            refused(
                "the content's `audience` is no id of the provider's, and the setting `audiences` gives none for it",
            )
        })
    }
}

/// An address as providers of ads compare them: without space around it, in lower case.
pub(super) fn email(text: &str) -> String {
    text.trim().to_lowercase()
}

/// The SHA-256 of a text, in lower-case hexadecimal digits.
pub(super) fn digest(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
pub(super) mod tests {
    use std::sync::Arc;

    use serde_json::json;

    use super::*;
    use crate::channels::{Channel, conformance};
    use crate::domain::Json;

    /// Delivers all at one time: who got what.
    pub(in crate::channels) fn deliver_all(channel: &Arc<dyn Channel>, messages: &[Message]) -> Vec<Receipt> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let deliver = |message: Message| {
                let channel = Arc::clone(channel);
                tokio::spawn(async move { channel.deliver(&message).await })
            };
            let tasks: Vec<_> = messages.iter().cloned().map(deliver).collect();
            let mut receipts = Vec::new();
            for task in tasks {
                receipts.push(task.await.unwrap());
            }
            receipts
        })
    }

    fn read(content: &Value) -> Result<(Action, String), String> {
        let message = Message { content: Json::from(content), ..conformance::message(1) };
        let settings = json!({"audiences": {"carts": "4711"}});
        let fields = Fields::of(&settings, &[AUDIENCES]).unwrap();
        let is_id = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
        let audiences = Audiences::parse(&fields, is_id, "should hold numbers").unwrap();
        let content = Content::of(&message, "acme");
        let read = content.and_then(|content| Ok((content.action, audiences.named_in(&content)?)));
        read.map_err(|receipt| match receipt {
            Receipt::Refused { reason } => reason,
            other => panic!("{other:?}"),
        })
    }

    #[test]
    fn an_audience_goes_by_its_name_or_by_its_id() {
        assert_eq!(read(&json!({"action": "add", "audience": "carts"})), Ok((Action::Add, "4711".to_owned())));
        let own = json!({"action": "remove", "audience": "0815", "acme": {"any": 1}, "other": 7});
        assert_eq!(read(&own), Ok((Action::Remove, "0815".to_owned())));
    }

    #[test]
    fn content_that_says_nothing_is_refused_with_what_would_be_right() {
        for (content, wanted) in [
            (json!("hush"), "should be an object"),
            (json!({}), "`action` should be `add` or `remove`"),
            (json!({"action": "Add", "audience": "carts"}), "`action` should be `add` or `remove`"),
            (json!({"action": ["add"], "audience": "carts"}), "`action` should be `add` or `remove`"),
            (json!({"action": "add"}), "`audience` should be the name"),
            (json!({"action": "add", "audience": ""}), "`audience` should be the name"),
            (json!({"action": "add", "audience": 4711}), "`audience` should be the name"),
            (json!({"action": "add", "audience": "hush"}), "the setting `audiences` gives none"),
            (json!({"action": "add", "audience": "carts", "acme": "hush"}), "`acme` should be an object"),
        ] {
            let reason = read(&content).unwrap_err();
            assert!(reason.contains(wanted) && !reason.contains("hush"), "{content}: {reason}");
        }
    }

    #[test]
    fn audiences_that_lead_nowhere_are_refused_in_the_settings() {
        for audiences in [json!("4711"), json!(["4711"]), json!({"carts": 4711}), json!({"carts": "hush"})] {
            let settings = json!({"audiences": audiences});
            let fields = Fields::of(&settings, &[AUDIENCES]).unwrap();
            let err = Audiences::parse(&fields, |text| text == "4711", "should hold 4711").err().unwrap();
            assert_eq!(err.to_string(), "setting `audiences` should hold 4711");
        }
    }
}
