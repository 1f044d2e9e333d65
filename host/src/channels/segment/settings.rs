//! Which source of Segment's, and where its workspace is.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::Url;
use reqwest::header::HeaderValue;
use serde_json::Value;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};

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
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<Self, SettingsError> {
        Self::read(fields(settings)?, reach)
    }

    /// The settings as they are kept, where they can be used.
    pub(super) fn kept(settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        let fields = fields(settings)?;
        Self::read(fields, reach).map(|_| fields.kept())
    }

    fn read(fields: Fields<'_>, reach: &Reach) -> Result<Self, SettingsError> {
        let credentials = STANDARD.encode(format!("{}:", fields.required_key(WRITE_KEY)?));
        let mut authorization =
            HeaderValue::try_from(format!("Basic {credentials}")).expect("base64 should be fit for a header");
        authorization.set_sensitive(true);
        let region = fields.choice(REGION, &[("us", US), ("eu", EU)], "should be `us` or `eu`")?.unwrap_or(US);
        let base = match fields.address(URL, reach)? {
            Some(url) => url,
            None => Url::parse(region).expect("Segment's addresses should be addresses"),
        };
        Ok(Self { url: batches(base), authorization })
    }
}

fn fields(settings: &Value) -> Result<Fields<'_>, SettingsError> {
    Fields::of(settings, &[WRITE_KEY, REGION, URL])
}

fn batches(mut base: Url) -> Url {
    if let Ok(mut path) = base.path_segments_mut() {
        path.pop_if_empty().extend(["v1", "batch"]);
    }
    base
}
