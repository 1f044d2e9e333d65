//! Batch's settings: the account's key, the project's, and what event a message is that names none.

use reqwest::Url;
use serde_json::Value;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};

const KEY: &str = "api_key";
const PROJECT_KEY: &str = "project_key";
const EVENT: &str = "event";
const URL: &str = "url";

const KNOWN: &[&str] = &[KEY, PROJECT_KEY, EVENT, URL];
pub(super) const SECRETS: &[&str] = &[KEY];

const BASE: &str = "https://api.batch.com";
const USUAL_EVENT: &str = "rekindle_message";

pub(super) struct Settings {
    pub(super) key: String,
    pub(super) project_key: String,
    pub(super) event: String,
    pub(super) url: Url,
}

impl Settings {
    /// The settings, and how they are kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, KNOWN)?;
        let base = || Url::parse(BASE).expect("an address of ours should be one");
        let read = Self {
            key: fields.required_key(KEY)?.to_owned(),
            project_key: fields.required_key(PROJECT_KEY)?.to_owned(),
            event: fields.name(EVENT)?.unwrap_or(USUAL_EVENT).to_owned(),
            url: fields.address(URL, reach)?.unwrap_or_else(base),
        };
        Ok((read, fields.kept()))
    }
}
