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
    /// Checks settings and gives them as they are kept.
    pub(super) fn validate(settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        Self::parse(settings, reach)?;
        Fields::of(settings, KNOWN).map(|fields| fields.kept())
    }

    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<Self, SettingsError> {
        let fields = Fields::of(settings, KNOWN)?;
        Ok(Self {
            key: fields.required_key(KEY)?.to_owned(),
            event: fields.name(EVENT)?.unwrap_or(USUAL_EVENT).to_owned(),
            url: url(fields, reach)?,
        })
    }
}

fn url(fields: Fields<'_>, reach: &Reach) -> Result<Url, SettingsError> {
    let problem = "should be where your account is: `us` or `eu`";
    let region = fields.choice(REGION, REGIONS, problem)?;
    match (fields.address(URL, reach)?, region) {
        (Some(url), _) => Ok(url),
        (None, Some(base)) => Ok(Url::parse(base).expect("an address of ours should be one")),
        (None, None) => Err(SettingsError::invalid(REGION, problem)),
    }
}
