//! Customer.io's settings. `send` says what is sent, and with that which of the two APIs is used and whose keys are asked for.

use reqwest::Url;
use serde_json::Value;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};

const SEND: &str = "send";
const REGION: &str = "region";
const URL: &str = "url";
const IDENTIFY_BY: &str = "identify_by";
const APP_KEY: &str = "app_key";
const TEMPLATE: &str = "template";
const FROM: &str = "from";
const REPLY_TO: &str = "reply_to";
const SITE_ID: &str = "site_id";
const API_KEY: &str = "api_key";
const EVENT: &str = "event";
/// What callbacks are verified with: only kept here.
const CALLBACK_KEY: &str = "callback_key";

pub(super) const SECRETS: &[&str] = &[APP_KEY, API_KEY, CALLBACK_KEY];
const ALL: &[&str] =
    &[SEND, APP_KEY, SITE_ID, API_KEY, REGION, URL, IDENTIFY_BY, TEMPLATE, FROM, REPLY_TO, EVENT, CALLBACK_KEY];
const OF_MESSAGES: &[&str] = &[SEND, APP_KEY, REGION, URL, IDENTIFY_BY, TEMPLATE, FROM, REPLY_TO, CALLBACK_KEY];
const OF_EVENTS: &[&str] = &[SEND, SITE_ID, API_KEY, REGION, URL, IDENTIFY_BY, EVENT, CALLBACK_KEY];

/// What can be sent: a kind of message, or an event.
const SENT: &[(&str, Option<Kind>)] = &[
    ("email", Some(Kind::Email)),
    ("push", Some(Kind::Push)),
    ("sms", Some(Kind::Sms)),
    ("in_app", Some(Kind::InApp)),
    ("event", None),
];

pub(super) struct Settings {
    pub(super) way: Way,
    /// The settings as they are kept.
    pub(super) kept: Value,
}

/// What the channel does, by which API.
pub(super) enum Way {
    Messages(Messages),
    Events(Events),
}

/// For the App API.
pub(super) struct Messages {
    pub(super) url: Url,
    pub(super) key: String,
    /// Without one, what is sent follows from the name of the message's channel.
    pub(super) kind: Option<Kind>,
    pub(super) identify_by: IdentifyBy,
    /// For contents that name none.
    pub(super) template: Option<String>,
    pub(super) from: Option<String>,
    pub(super) reply_to: Option<String>,
}

/// For the Track API.
pub(super) struct Events {
    pub(super) url: Url,
    pub(super) site_id: String,
    pub(super) key: String,
    pub(super) identify_by: IdentifyBy,
    /// The event's name, for contents that give none.
    pub(super) name: Option<String>,
}

/// The kinds of message of the App API.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Email,
    Push,
    Sms,
    InApp,
}

/// What a workspace knows people by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum IdentifyBy {
    Id,
    Email,
}

impl Settings {
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<Self, SettingsError> {
        let fields = Fields::of(settings, ALL)?;
        fields.text(CALLBACK_KEY)?;
        let kept = fields.kept();
        let way = match fields.choice(SEND, SENT, "should be `email`, `push`, `sms`, `in_app` or `event`")? {
            Some(None) => Way::Events(Events::read(Fields::of(&kept, OF_EVENTS)?, reach)?),
            kind => Way::Messages(Messages::read(Fields::of(&kept, OF_MESSAGES)?, kind.flatten(), reach)?),
        };
        Ok(Self { way, kept })
    }
}

impl Messages {
    fn read(fields: Fields<'_>, kind: Option<Kind>, reach: &Reach) -> Result<Self, SettingsError> {
        Ok(Self {
            url: url(fields, ["https://api.customer.io", "https://api-eu.customer.io"], reach)?,
            key: fields.required_key(APP_KEY)?.to_owned(),
            kind,
            identify_by: identify_by(fields)?,
            template: fields.text(TEMPLATE)?.map(str::to_owned),
            from: fields.text(FROM)?.map(str::to_owned),
            reply_to: fields.text(REPLY_TO)?.map(str::to_owned),
        })
    }
}

impl Events {
    fn read(fields: Fields<'_>, reach: &Reach) -> Result<Self, SettingsError> {
        Ok(Self {
            url: url(fields, ["https://track.customer.io", "https://track-eu.customer.io"], reach)?,
            site_id: fields.required_key(SITE_ID)?.to_owned(),
            key: fields.required_key(API_KEY)?.to_owned(),
            identify_by: identify_by(fields)?,
            name: fields.text(EVENT)?.map(str::to_owned),
        })
    }
}

/// The address that is set, else the API's own in the region that is set.
fn url(fields: Fields<'_>, [us, eu]: [&'static str; 2], reach: &Reach) -> Result<Url, SettingsError> {
    let own = fields.choice(REGION, &[("us", us), ("eu", eu)], "should be `us` or `eu`")?.unwrap_or(us);
    fields.address_or(URL, own, reach)
}

fn identify_by(fields: Fields<'_>) -> Result<IdentifyBy, SettingsError> {
    let choices = [("id", IdentifyBy::Id), ("email", IdentifyBy::Email)];
    Ok(fields.choice(IDENTIFY_BY, &choices, "should be `id` or `email`")?.unwrap_or(IdentifyBy::Id))
}
