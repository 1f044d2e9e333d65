//! Facebook's settings: the token, and what Meta calls the audiences.

use reqwest::Url;
use serde_json::Value;

use crate::channels::ads::{AUDIENCES, Audiences};
use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError, common};

const ACCESS_TOKEN: &str = "access_token";
const URL: &str = "url";

pub(super) const SECRETS: &[&str] = &[ACCESS_TOKEN];

/// The version of the Graph API that is spoken: Meta answers each for two years at least (v25.0: from February 2026).
const VERSION: &str = "v25.0";
const HOME: &str = "https://graph.facebook.com/";

pub(super) struct Settings {
    pub(super) access_token: String,
    pub(super) audiences: Audiences,
    url: Url,
}

impl Settings {
    /// The settings, and how they are kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, &[ACCESS_TOKEN, AUDIENCES, URL])?;
        let read = Self {
            access_token: fields.required_key(ACCESS_TOKEN)?.to_owned(),
            audiences: Audiences::parse(
                &fields,
                is_audience_id,
                "should give the campaigns' names of audiences and Meta's ids: `{\"carts\": \"23850000000000000\"}`",
            )?,
            url: fields.address_or(URL, HOME, reach)?,
        };
        Ok((read, fields.kept()))
    }

    /// Where the people of an audience are changed.
    pub(super) fn people_of(&self, audience_id: &str) -> Url {
        common::below(&self.url, [VERSION, audience_id, "users"])
    }
}

fn is_audience_id(text: &str) -> bool {
    (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}
