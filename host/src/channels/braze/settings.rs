//! Braze's settings: key and cluster, what messages go to that name nothing themselves, and who sends e-mail of their own texts.

use reqwest::Url;
use serde_json::Value;

use super::target::{CAMPAIGN, CANVAS, EVENT, Target};
use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};

const KEY: &str = "api_key";
const CLUSTER: &str = "cluster";
const URL: &str = "url";
const APP_ID: &str = "app_id";
const FROM: &str = "from";

const KNOWN: &[&str] = &[KEY, CLUSTER, URL, CAMPAIGN, CANVAS, EVENT, APP_ID, FROM];
pub(super) const SECRETS: &[&str] = &[KEY];

/// The clusters by their names in the dashboard's list ("Instances"), and their REST endpoints.
const CLUSTERS: &[(&str, &str)] = &[
    ("us-01", "https://rest.iad-01.braze.com"),
    ("us-02", "https://rest.iad-02.braze.com"),
    ("us-03", "https://rest.iad-03.braze.com"),
    ("us-04", "https://rest.iad-04.braze.com"),
    ("us-05", "https://rest.iad-05.braze.com"),
    ("us-06", "https://rest.iad-06.braze.com"),
    ("us-07", "https://rest.iad-07.braze.com"),
    ("us-08", "https://rest.iad-08.braze.com"),
    ("us-09", "https://rest.us-09.braze.com"),
    ("us-10", "https://rest.us-10.braze.com"),
    ("eu-01", "https://rest.fra-01.braze.eu"),
    ("eu-02", "https://rest.fra-02.braze.eu"),
    ("au-01", "https://rest.au-01.braze.com"),
    ("id-01", "https://rest.id-01.braze.com"),
    ("jp-01", "https://rest.jp-01.braze.com"),
];

pub(super) struct Settings {
    pub(super) key: String,
    /// The cluster's, or one in place of it.
    pub(super) url: Url,
    /// For messages that name nothing.
    pub(super) target: Option<Target>,
    /// The e-mail's sender. None where e-mail of its own texts is not to be sent.
    pub(super) sender: Option<Sender>,
}

pub(super) struct Sender {
    pub(super) app_id: String,
    /// `Name <address>`.
    pub(super) from: String,
}

impl Settings {
    /// The settings, and how they are kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, KNOWN)?;
        let target = Target::of(fields.name(CAMPAIGN)?, fields.name(CANVAS)?, fields.name(EVENT)?);
        let read = Self {
            key: fields.required_key(KEY)?.to_owned(),
            url: url(fields, reach)?,
            target: target.map_err(|_| {
                SettingsError::invalid(EVENT, "should stand alone: set one of `campaign_id`, `canvas_id` and `event`")
            })?,
            sender: sender(fields)?,
        };
        Ok((read, fields.kept()))
    }
}

fn url(fields: Fields<'_>, reach: &Reach) -> Result<Url, SettingsError> {
    let problem = "should be the instance of your dashboard, in lower case: `us-01` to `us-10`, `eu-01`, `eu-02`, `au-01`, `id-01` or \
                   `jp-01`; for any other, set its REST endpoint as `url`";
    let cluster = fields.choice(CLUSTER, CLUSTERS, problem)?;
    match cluster {
        Some(own) => fields.address_or(URL, own, reach),
        None => fields.address(URL, reach)?.ok_or(SettingsError::invalid(CLUSTER, problem)),
    }
}

fn sender(fields: Fields<'_>) -> Result<Option<Sender>, SettingsError> {
    match (fields.name(APP_ID)?, fields.name(FROM)?) {
        (None, None) => Ok(None),
        (Some(_), Some(from)) if !from.contains('@') => Err(SettingsError::invalid(
            FROM,
            "should be an address, or a name and an address: `Shop <hello@example.com>`",
        )),
        (Some(app_id), Some(from)) => Ok(Some(Sender { app_id: app_id.to_owned(), from: from.to_owned() })),
        (None, Some(_)) => Err(SettingsError::invalid(APP_ID, "is missing: e-mail goes out for an app")),
        (Some(_), None) => Err(SettingsError::invalid(FROM, "is missing: e-mail needs a sender")),
    }
}
