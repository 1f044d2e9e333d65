//! Which source of Segment's, and where its workspace is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde_json::Value;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError, common};

const WRITE_KEY: &str = "write_key";
const REGION: &str = "region";
const URL: &str = "url";

pub(super) const SECRETS: &[&str] = &[WRITE_KEY];

const US: &str = "https://api.segment.io";
/// The address of the US takes calls of EU workspaces, too, and loses them.
const EU: &str = "https://events.eu1.segmentapis.com";

pub(super) struct Settings {
    /// Where batches are posted.
    pub(super) url: Url,
    /// The write key as the user name of Basic; its password is empty.
    pub(super) authorization: HeaderValue,
}

impl Settings {
    /// The settings, and how they are kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, &[WRITE_KEY, REGION, URL])?;
        let credentials = STANDARD.encode(format!("{}:", fields.required_key(WRITE_KEY)?));
        let mut authorization =
            HeaderValue::try_from(format!("Basic {credentials}")).expect("base64 should be fit for a header");
        authorization.set_sensitive(true);
        let region = fields.choice(REGION, &[("us", US), ("eu", EU)], "should be `us` or `eu`")?.unwrap_or(US);
        let base = fields.address_or(URL, region, reach)?;
        Ok((Self { url: common::below(&base, ["v1", "batch"]), authorization }, fields.kept()))
    }
}
