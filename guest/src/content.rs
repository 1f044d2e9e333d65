//! What a message says, typed for each channel that the contract names, and written as the JSON that
//! channels read. A tenant's own channel takes whatever its schema asks for, as any JSON value.

use serde::Serialize;
use serde_json::{Map, Value};

/// A message's content, and the channel that it is meant for unless the author says otherwise.
pub trait Content: Serialize {
    /// The contract's name of the channel.
    const CHANNEL: &'static str;
}

/// A push notification: `{"title", "body", "deep_link"?, "image"?, "data"?}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Push {
    /// The first line.
    pub title: String,
    /// The text below it.
    pub body: String,
    /// Where a tap leads.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub deep_link: Option<String>,
    /// The URL of a picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image: Option<String>,
    /// What the app or the provider's template is given besides.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// An e-mail: `{"subject", "body"?, "template"?, "data"?}`. Either its body, as plain text, or the name
/// of a template at the provider with the data that fills it.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Email {
    /// The subject line.
    pub subject: String,
    /// The text, plain: a channel that sends HTML escapes it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// The name or id of a template at the provider.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub template: Option<String>,
    /// What fills the template.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub data: Map<String, Value>,
}

/// A text message: `{"body"}`.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Sms {
    /// The text.
    pub body: String,
}

/// Membership of an advertising audience: `{"action": "add" | "remove", "audience"}`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Ads {
    /// Whether the person joins or leaves.
    pub action: AdsAction,
    /// The audience's name or id at the provider.
    pub audience: String,
}

/// Whether the person joins or leaves an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum AdsAction {
    /// The person joins.
    Add,
    /// The person leaves.
    Remove,
}

/// A call to the tenant's own endpoint: the JSON that it is sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Webhook {
    /// The whole body.
    pub body: Value,
}

impl Content for Push {
    const CHANNEL: &'static str = "push";
}

impl Content for Email {
    const CHANNEL: &'static str = "email";
}

impl Content for Sms {
    const CHANNEL: &'static str = "sms";
}

impl Content for Ads {
    const CHANNEL: &'static str = "ads";
}

impl Content for Webhook {
    const CHANNEL: &'static str = "webhook";
}
