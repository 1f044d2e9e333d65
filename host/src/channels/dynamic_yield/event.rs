//! A message as one event of one person.

use serde_json::{Value, json};

use super::settings::Settings;
use crate::channels::content::{Content, refused};
use crate::channels::properties::properties;
use crate::channels::{Message, Receipt};

/// The last character that custom events take: they know the Basic Multilingual Plane only.
const LAST: char = '\u{ffff}';

/// The request's body; the receipt, where the message is not fit to be sent.
pub(super) fn body(settings: &Settings, message: &Message) -> Result<Value, Receipt> {
    let content = Content::of(message)?;
    let own = content.under("dynamic-yield.")?;
    let name = own.text("event")?.unwrap_or(&settings.event);
    let properties = properties(message, &content)?;
    let Some(id) = &message.user_id else {
        return Err(refused("Dynamic Yield knows people by a user id, and this one has none"));
    };
    Ok(json!({
        "user": {"id": id},
        "session": {"custom": message.id.as_str()},
        "events": [{"name": plain(name), "properties": plain_inside(properties.into())}],
    }))
}

/// The text without what its reader does not know, such as most signs of mood.
fn plain(text: &str) -> String {
    text.chars().filter(|letter| *letter <= LAST).collect()
}

fn plain_inside(value: Value) -> Value {
    match value {
        Value::String(text) => plain(&text).into(),
        Value::Array(elements) => elements.into_iter().map(plain_inside).collect(),
        Value::Object(members) => {
            members.into_iter().map(|(name, value)| (plain(&name), plain_inside(value))).collect()
        }
        value => value,
    }
}
