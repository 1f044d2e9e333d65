//! One attempt's request: the body, and the three headers by which the receiver knows it is ours and not a replay.

use hmac::{Hmac, KeyInit as _, Mac as _};
use reqwest::RequestBuilder;
use reqwest::header::CONTENT_TYPE;
use serde::Serialize;
use serde_json::value::RawValue;
use sha2::Sha256;

use base64::Engine as _;

use super::settings::{BASE64, Settings, SigningKey};
use crate::channels::{Http, Message};

pub(super) fn build(http: &Http, settings: &Settings, message: &Message) -> RequestBuilder {
    let body = body(message);
    let timestamp_seconds = message.at.as_millis() / 1_000;
    let signed = format!("{}.{timestamp_seconds}.{body}", message.id);
    http.post(settings.url.clone())
        .header(CONTENT_TYPE, "application/json")
        .header("webhook-id", message.id.as_str())
        .header("webhook-timestamp", timestamp_seconds)
        .header("webhook-signature", signatures(settings, &signed))
        .body(body)
}

fn signatures(settings: &Settings, signed: &str) -> String {
    let keys = std::iter::once(&settings.key).chain(&settings.previous_key);
    keys.map(|key| signature(key, signed)).collect::<Vec<_>>().join(" ")
}

pub(super) fn signature(key: &SigningKey, signed: &str) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC should take a key of any length");
    mac.update(signed.as_bytes());
    format!("v1,{}", BASE64.encode(mac.finalize().into_bytes()))
}

/// The body's form; `timestamp` is when the message was promised, the same at every attempt.
#[derive(Serialize)]
struct Body<'a> {
    r#type: &'static str,
    timestamp: String,
    data: Data<'a>,
}

#[derive(Serialize)]
struct Data<'a> {
    id: &'a str,
    campaign: &'a str,
    step: &'a str,
    channel: &'a str,
    profile: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    user_id: Option<&'a str>,
    addresses: Addresses<'a>,
    content: &'a RawValue,
    attempt: u32,
}

#[derive(Serialize)]
struct Addresses<'a> {
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    push_tokens: &'a [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    phone: Option<&'a str>,
}

fn body(message: &Message) -> String {
    let data = Data {
        id: message.id.as_str(),
        campaign: message.campaign.as_str(),
        step: &message.step,
        channel: &message.channel,
        profile: message.profile.as_str(),
        user_id: message.user_id.as_deref(),
        addresses: Addresses {
            push_tokens: &message.addresses.push_tokens,
            email: message.addresses.email.as_deref(),
            phone: message.addresses.phone.as_deref(),
        },
        content: serde_json::from_str(message.content.as_str()).expect("a `Json` should be well formed"),
        attempt: message.attempt,
    };
    let body = Body { r#type: "message.instructed", timestamp: message.promised_at.to_string(), data };
    serde_json::to_string(&body).expect("texts and numbers should always be writable as JSON")
}
