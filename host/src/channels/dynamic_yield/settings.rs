//! Dynamic Yield's settings: a server-side key, the data centre, and what event a message is that names none.

use reqwest::Url;
use serde_json::Value;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};

const KEY: &str = "api_key";
const REGION: &str = "region";
const EVENT: &str = "event";
const URL: &str = "url";

const KNOWN: &[&str] = &[KEY, REGION, EVENT, URL];
pub(super) const SECRETS: &[&str] = &[KEY];

/// The data centres, and where they take server-side keys.
const REGIONS: &[(&str, &str)] = &[("us", "https://dy-api.com"), ("eu", "https://dy-api.eu")];
const USUAL_EVENT: &str = "Rekindle Message";

pub(super) struct Settings {
    pub(super) key: String,
    pub(super) event: String,
    pub(super) url: Url,
}

impl Settings {
    /// The settings, and how they are kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, KNOWN)?;
        let read = Self {
            key: fields.required_key(KEY)?.to_owned(),
            event: fields.name(EVENT)?.unwrap_or(USUAL_EVENT).to_owned(),
            url: url(fields, reach)?,
        };
        Ok((read, fields.kept()))
    }
}

fn url(fields: Fields<'_>, reach: &Reach) -> Result<Url, SettingsError> {
    let problem = "should be where your account is: `us` or `eu`";
    let region = fields.choice(REGION, REGIONS, problem)?;
    match region {
        Some(own) => fields.address_or(URL, own, reach),
        None => fields.address(URL, reach)?.ok_or(SettingsError::invalid(REGION, problem)),
    }
}
