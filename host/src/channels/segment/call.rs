//! One message as a `track` call.
//!
//! A campaign's own event has the content `{"event": "Offer Chosen", "properties": {…}}`; its properties go out as they were written.

use serde::{Deserialize, Serialize};
use serde_json::value::{RawValue, to_raw_value};

use super::echo::Echo;
use crate::channels::Message;
use crate::domain::{ECHO_MADE_BY, Timestamp, echo_id, limits};

const RIGHT: &str = r#"the content should be `{"event": "…", "properties": {…}}`"#;

#[derive(Deserialize)]
struct Own<'a> {
    event: String,
    #[serde(borrow)]
    properties: Option<&'a RawValue>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Call<'a> {
    r#type: &'static str,
    event: &'a str,
    message_id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    /// Only where there is no `userId`: it may be a guess.
    #[serde(skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<&'a str>,
    timestamp: String,
    properties: &'a RawValue,
    context: Context<'a>,
}

#[derive(Serialize)]
struct Context<'a> {
    integration: Integration,
    #[serde(skip_serializing_if = "Option::is_none")]
    traits: Option<Traits<'a>>,
}

#[derive(Serialize)]
struct Integration {
    name: &'static str,
    version: &'static str,
}

#[derive(Serialize)]
struct Traits<'a> {
    email: &'a str,
}

/// The call as text, or why there is none.
pub(super) fn of(message: &Message) -> Result<String, String> {
    let call = match Echo::read(&message.content.value()) {
        Some(echo) => told(message, &echo)?,
        None => own(message)?,
    };
    let (bytes, max) = (call.len(), limits::SEGMENT_CALL_BYTES_MAX);
    match bytes <= max {
        true => Ok(call),
        false => Err(format!("the event has {bytes} bytes, and Segment takes {max}: say less in its `properties`")),
    }
}

fn told(message: &Message, echo: &Echo) -> Result<String, String> {
    let properties = to_raw_value(&echo.properties(message)).expect("a value should be writable as JSON");
    written(message, (&echo.name(), &properties), (echo.at, echo.anonymous_id.as_deref()))
}

fn own(message: &Message) -> Result<String, String> {
    let Ok(Own { event, properties }) = serde_json::from_str(message.content.as_str()) else {
        return Err(RIGHT.to_owned());
    };
    let properties = properties.map_or("{}", RawValue::get);
    if event.trim().is_empty() || !properties.starts_with('{') {
        return Err(RIGHT.to_owned());
    }
    let properties = serde_json::from_str(properties).expect("a part of a `Json` should be well formed");
    written(message, (&event, properties), (message.promised_at, None))
}

fn written(
    message: &Message,
    (event, properties): (&str, &RawValue),
    (at, anonymous_id): (Timestamp, Option<&str>),
) -> Result<String, String> {
    let user_id = message.user_id.as_deref();
    let anonymous_id = anonymous_id.or_else(|| message.profile.anonymous_id()).filter(|_| user_id.is_none());
    if user_id.or(anonymous_id).is_none() {
        return Err(
            "Segment has no name for the person: no `userId` and no `anonymousId` that could be kept".to_owned()
        );
    }
    let call = Call {
        r#type: "track",
        event,
        message_id: echo_id(&message.id),
        user_id,
        anonymous_id,
        timestamp: at.to_string(),
        properties,
        context: Context {
            integration: Integration { name: ECHO_MADE_BY, version: env!("CARGO_PKG_VERSION") },
            traits: message.addresses.email.as_deref().map(|email| Traits { email }),
        },
    };
    Ok(serde_json::to_string(&call).expect("texts should always be writable as JSON"))
}
