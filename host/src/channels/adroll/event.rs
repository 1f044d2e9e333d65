//! A server-to-server event: what the content's `adroll` names, and who it is about.
//!
//! Source: NextRoll, "Server-to-Server (S2S) API", reference and events, "under active development". Events need the visitor's
//! address on the network, the page, and AdRoll's own cookie or click: a campaign has them only where the shop's events carry
//! them.

use serde_json::{Map, Value, json};

use super::settings::Events;
use crate::channels::ads::{digest, email};
use crate::channels::content::refused;
use crate::channels::properties::names;
use crate::channels::{Message, Receipt};

/// Every event that AdRoll knows.
const NAMES: [&str; 13] = [
    "pageView",
    "homeView",
    "productSearch",
    "addToCart",
    "purchase",
    "highValuePage",
    "gatedContent",
    "demoRequest",
    "signupPlan",
    "signupTrial",
    "contactSales",
    "liveChat",
    "formFill",
];

/// What tells AdRoll who a visitor is; one of them has to be there.
const VISITORS: [&str; 2] = ["first_party_cookie", "adct"];

/// What else is passed on as it stands.
const REQUIRED: [&str; 2] = ["ip", "page_location"];
const OPTIONAL: [&str; 4] = ["user_agent", "event_attributes", "conversion_value", "currency"];

const EVENT: &str = "event";

/// Whether the content names an event.
pub(super) fn is_named(own: &Map<String, Value>) -> bool {
    own.contains_key(EVENT)
}

/// Whether AdRoll can take it.
pub(super) fn check(own: &Map<String, Value>) -> Result<(), Receipt> {
    let known = || [EVENT].into_iter().chain(VISITORS).chain(REQUIRED).chain(OPTIONAL);
    if !own.keys().all(|key| known().any(|known| known == key)) {
        let known: Vec<_> = known().map(|key| format!("`{key}`")).collect();
        return Err(refused(&format!(
            "the content's `adroll` has a member that is not known: use {}",
            known.join(", ")
        )));
    }
    if !own.get(EVENT).and_then(Value::as_str).is_some_and(|name| NAMES.contains(&name)) {
        return Err(refused(&format!("the content's `event` in `adroll` should be one of {}", NAMES.join(", "))));
    }
    if let Some(missing) = REQUIRED.into_iter().find(|key| !is_text(own, key)) {
        return Err(refused(&format!("an event needs the content's `{missing}` in `adroll`")));
    }
    match VISITORS.into_iter().any(|key| is_text(own, key)) {
        true => Ok(()),
        false => Err(refused("an event needs the content's `first_party_cookie` or `adct` in `adroll`")),
    }
}

/// The event, as AdRoll takes it: with the message's ids, and the moment of its promise, so that a repetition is the same.
pub(super) fn written(message: &Message, own: &Map<String, Value>, events: &Events) -> Value {
    let mut event: Map<String, Value> = passed_on(own, REQUIRED.into_iter().chain(OPTIONAL));
    event.insert("event_name".to_owned(), own.get(EVENT).cloned().unwrap_or_default());
    event.insert("advertisable_eid".to_owned(), events.advertisable.as_str().into());
    event.insert("pixel_eid".to_owned(), events.pixel.as_str().into());
    event.insert("timestamp".to_owned(), json!(message.promised_at.as_millis() / 1_000));
    event.insert("external_data".to_owned(), Value::Object(names(message)).to_string().into());
    event.insert("identifiers".to_owned(), Value::Object(identifiers(message, own)));
    Value::Object(event)
}

fn identifiers(message: &Message, own: &Map<String, Value>) -> Map<String, Value> {
    let mut identifiers = passed_on(own, VISITORS.into_iter());
    let address = message.addresses.email.as_deref().map(|address| digest(&email(address)));
    for (name, value) in [("email_sha256", address), ("user_id", message.user_id.clone())] {
        identifiers.extend(value.map(|value| (name.to_owned(), value.into())));
    }
    identifiers
}

fn passed_on(own: &Map<String, Value>, keys: impl Iterator<Item = &'static str>) -> Map<String, Value> {
    let known = keys.filter_map(|key| own.get_key_value(key)).filter(|(_, value)| !value.is_null());
    known.map(|(key, value)| (key.clone(), value.clone())).collect()
}

fn is_text(own: &Map<String, Value>, key: &str) -> bool {
    own.get(key).and_then(Value::as_str).is_some_and(|text| !text.trim().is_empty())
}
