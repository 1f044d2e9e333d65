//! A message as the properties of an event: what providers are told that hold the texts themselves, or know of events only.
//!
//! - the members of the content's `data`, as they are;
//! - what the contract calls the content's other members (`wit/campaign@0/campaign.wit`, record `delivery`), where `data` has nothing
//!   of that name;
//! - the names of message, campaign, step and profile, so that what the provider tells of the event can be matched.

use serde_json::{Map, Value};

use super::content::Content;
use super::{Message, Receipt};

/// Members of the content that are texts, whatever the channel.
const TEXTS: [&str; 8] = ["title", "body", "subject", "template", "deep_link", "image", "action", "audience"];

/// By name.
pub(super) type Properties = Map<String, Value>;

/// All that is told of a message.
pub(super) fn properties(message: &Message, content: &Content) -> Result<Properties, Receipt> {
    let mut properties = data(content)?;
    for name in TEXTS {
        if let Some(text) = content.text(name)? {
            properties.entry(name).or_insert_with(|| text.into());
        }
    }
    properties.extend(names(message));
    Ok(properties)
}

/// The members of the content's `data` that have a value.
pub(super) fn data(content: &Content) -> Result<Properties, Receipt> {
    let mut data = content.object("data")?.cloned().unwrap_or_default();
    data.retain(|_, value| !value.is_null());
    Ok(data)
}

/// What we call the message and what it belongs to, the message first.
pub(super) fn ids(message: &Message) -> [(&'static str, &str); 4] {
    [
        ("rekindle_message", message.id.as_str()),
        ("rekindle_campaign", message.campaign.as_str()),
        ("rekindle_step", &message.step),
        ("rekindle_profile", message.profile.as_str()),
    ]
}

/// The same as members.
pub(super) fn names(message: &Message) -> Properties {
    ids(message).into_iter().map(|(name, id)| (name.to_owned(), id.into())).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::channels::conformance;
    use crate::domain::Json;

    fn check(content: &Value) -> Result<Value, Receipt> {
        let message = Message { content: Json::from(content), ..conformance::message(1) };
        properties(&message, &Content::of(&message)?).map(Value::Object)
    }

    #[test]
    fn data_comes_first_and_our_names_are_always_ours() {
        let content = json!({
            "title": "Your cart", "body": "It waits", "image": null, "acme": {"secret": 1},
            "data": {"body": {"cart": [1]}, "size": 1.5, "gone": null, "rekindle_message": "another"},
        });
        let wanted = json!({
            "title": "Your cart", "body": {"cart": [1]}, "size": 1.5,
            "rekindle_message": "msg_00112233445566778899aabbccddeeff", "rekindle_campaign": "three-lines",
            "rekindle_step": "push", "rekindle_profile": "u1",
        });
        assert_eq!(check(&content), Ok(wanted));
    }

    #[test]
    fn what_is_no_text_and_no_data_is_refused() {
        for wrong in [json!({"title": ["x"]}), json!({"data": "x"}), json!([])] {
            assert!(matches!(check(&wrong), Err(Receipt::Refused { .. })), "{wrong}");
        }
    }
}
