//! AdRoll's settings: who calls, what AdRoll calls the audiences, how scarce calls are, and what events need.

use std::time::Duration;

use reqwest::Url;
use serde_json::Value;

use crate::channels::ads::{AUDIENCES, Audiences};
use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError, common};
use crate::domain::limits;

const TOKEN: &str = "token";
const API_KEY: &str = "api_key";
const TIER: &str = "tier";
const SERVER_TOKEN: &str = "server_token";
const ADVERTISABLE: &str = "advertisable";
const PIXEL: &str = "pixel";
const URL: &str = "url";

pub(super) const SECRETS: &[&str] = &[TOKEN, API_KEY, SERVER_TOKEN];

const AUDIENCES_HOME: &str = "https://services.adroll.com/";
const EVENTS_HOME: &str = "https://srv.adroll.com/";

pub(super) struct Settings {
    /// A personal access token.
    pub(super) token: String,
    /// The client id of the application whose quota counts.
    api_key: String,
    pub(super) audiences: Audiences,
    pub(super) gathers_for: Duration,
    /// None where no events are to be sent.
    pub(super) events: Option<Events>,
    audiences_home: Url,
    events_home: Url,
}

/// What server-to-server events need.
pub(super) struct Events {
    pub(super) server_token: String,
    pub(super) advertisable: String,
    pub(super) pixel: String,
}

impl Settings {
    /// The settings, and how they are kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let known = [TOKEN, API_KEY, AUDIENCES, TIER, SERVER_TOKEN, ADVERTISABLE, PIXEL, URL];
        let fields = Fields::of(settings, &known)?;
        // New applications have 100 calls a day; the others' quotas need no thrift.
        let tiers = [("new", limits::GATHERING), ("basic", Duration::ZERO), ("partner", Duration::ZERO)];
        let gathers_for = fields.choice(TIER, &tiers, "should be `new`, `basic` or `partner`")?;
        let read = Self {
            token: fields.required_key(TOKEN)?.to_owned(),
            api_key: fields.required_key(API_KEY)?.to_owned(),
            audiences: Audiences::parse(
                &fields,
                is_eid,
                "should give the campaigns' names of audiences and AdRoll's ids: `{\"carts\": \"48F9EA2E5ACAEE24EB766F\"}`",
            )?,
            gathers_for: gathers_for.unwrap_or(limits::GATHERING),
            events: Events::parse(&fields)?,
            audiences_home: fields.address_or(URL, AUDIENCES_HOME, reach)?,
            events_home: fields.address_or(URL, EVENTS_HOME, reach)?,
        };
        Ok((read, fields.kept()))
    }

    /// Where people are added to an audience.
    pub(super) fn people_of(&self, audience: &str) -> Url {
        let mut url = common::below(&self.audiences_home, ["audience", "v1", "segments", audience]);
        url.query_pairs_mut().append_pair("apikey", &self.api_key);
        url
    }

    /// Where events of an advertisable go.
    pub(super) fn events_of(&self, advertisable: &str) -> Url {
        let mut url = common::below(&self.events_home, ["api"]);
        url.query_pairs_mut().append_pair("advertisable", advertisable);
        url
    }
}

impl Events {
    fn parse(fields: &Fields) -> Result<Option<Self>, SettingsError> {
        let is_set = |key| Ok(fields.text(key)?.is_some());
        if !(is_set(SERVER_TOKEN)? || is_set(ADVERTISABLE)? || is_set(PIXEL)?) {
            return Ok(None);
        }
        let eid = |key| {
            let text = fields.required_text(key)?;
            match is_eid(text) {
                true => Ok(text.to_owned()),
                false => {
                    Err(SettingsError::invalid(key, "should be an id as AdRoll's pixel shows it: capitals and digits"))
                }
            }
        };
        Ok(Some(Self {
            server_token: fields.required_key(SERVER_TOKEN)?.to_owned(),
            advertisable: eid(ADVERTISABLE)?,
            pixel: eid(PIXEL)?,
        }))
    }
}

/// AdRoll's ids have 22 capitals and digits, as far as is known.
fn is_eid(text: &str) -> bool {
    let is_of_id = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit();
    (16..=32).contains(&text.len()) && text.bytes().all(is_of_id)
}
