//! SendGrid's settings. `send` says whether e-mails are sent or lists kept.

use reqwest::Url;
use serde_json::Value;
use uuid::Uuid;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};

const SEND: &str = "send";
const API_KEY: &str = "api_key";
const REGION: &str = "region";
const URL: &str = "url";
const FROM: &str = "from";
const FROM_NAME: &str = "from_name";
const REPLY_TO: &str = "reply_to";
const TEMPLATE: &str = "template";
const UNSUBSCRIBE_GROUP: &str = "unsubscribe_group";
const SUBSCRIPTION_TRACKING: &str = "subscription_tracking";
const LIST: &str = "list";
const EXTERNAL_ID: &str = "external_id";
/// What callbacks are verified with: only kept here.
const CALLBACK_KEY: &str = "callback_key";

pub(super) const SECRETS: &[&str] = &[API_KEY, CALLBACK_KEY];
const ALL: &[&str] = &[
    SEND,
    API_KEY,
    REGION,
    URL,
    FROM,
    FROM_NAME,
    REPLY_TO,
    TEMPLATE,
    UNSUBSCRIBE_GROUP,
    SUBSCRIPTION_TRACKING,
    LIST,
    EXTERNAL_ID,
    CALLBACK_KEY,
];
const OF_MAIL: &[&str] = &[
    SEND,
    API_KEY,
    REGION,
    URL,
    FROM,
    FROM_NAME,
    REPLY_TO,
    TEMPLATE,
    UNSUBSCRIBE_GROUP,
    SUBSCRIPTION_TRACKING,
    CALLBACK_KEY,
];
const OF_LISTS: &[&str] = &[SEND, API_KEY, REGION, URL, LIST, EXTERNAL_ID, CALLBACK_KEY];

/// What the id of a dynamic template begins with. The older kind has no data.
pub(super) const DYNAMIC: &str = "d-";

pub(super) struct Settings {
    pub(super) way: Way,
    /// The settings as they are kept.
    pub(super) kept: Value,
}

/// What the channel does.
pub(super) enum Way {
    Mail(Mail),
    Lists(Lists),
}

pub(super) struct Mail {
    pub(super) url: Url,
    pub(super) key: String,
    pub(super) from: String,
    pub(super) from_name: Option<String>,
    pub(super) reply_to: Option<String>,
    /// For contents that name none.
    pub(super) template: Option<String>,
    /// Whom SendGrid suppresses: those who left this group of messages. Without one, those who left all.
    pub(super) unsubscribe_group: Option<u64>,
    /// Whether SendGrid puts a link of its own, and the headers for leaving with one click.
    pub(super) subscription_tracking: bool,
}

pub(super) struct Lists {
    pub(super) url: Url,
    pub(super) key: String,
    /// For contents that name none.
    pub(super) list: Option<Uuid>,
    /// Whether contacts are known by the tenant's id too.
    pub(super) external_id: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Mail,
    Lists,
}

impl Settings {
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<Self, SettingsError> {
        let fields = Fields::of(settings, ALL)?;
        fields.text(CALLBACK_KEY)?;
        let kept = fields.kept();
        let kinds = [("email", Kind::Mail), ("lists", Kind::Lists)];
        let way = match fields.choice(SEND, &kinds, "should be `email` or `lists`")?.unwrap_or(Kind::Mail) {
            Kind::Mail => Way::Mail(Mail::read(Fields::of(&kept, OF_MAIL)?, reach)?),
            Kind::Lists => Way::Lists(Lists::read(Fields::of(&kept, OF_LISTS)?, reach)?),
        };
        Ok(Self { way, kept })
    }
}

impl Mail {
    fn read(fields: Fields<'_>, reach: &Reach) -> Result<Self, SettingsError> {
        Ok(Self {
            url: url(fields, reach)?,
            key: fields.required_key(API_KEY)?.to_owned(),
            from: address(FROM, fields.required_text(FROM)?)?,
            from_name: fields.text(FROM_NAME)?.map(str::to_owned),
            reply_to: fields.text(REPLY_TO)?.map(|text| address(REPLY_TO, text)).transpose()?,
            template: fields.text(TEMPLATE)?.map(template).transpose()?,
            unsubscribe_group: fields.number(UNSUBSCRIBE_GROUP)?,
            subscription_tracking: fields.flag(SUBSCRIPTION_TRACKING)?.unwrap_or(false),
        })
    }
}

impl Lists {
    fn read(fields: Fields<'_>, reach: &Reach) -> Result<Self, SettingsError> {
        let no_list = |_| SettingsError::invalid(LIST, "should be a list's id, a UUID as SendGrid shows it");
        Ok(Self {
            url: url(fields, reach)?,
            key: fields.required_key(API_KEY)?.to_owned(),
            list: fields.text(LIST)?.map(|text| text.parse().map_err(no_list)).transpose()?,
            external_id: fields.flag(EXTERNAL_ID)?.unwrap_or(false),
        })
    }
}

/// The address that is set, else SendGrid's own in the region that is set.
fn url(fields: Fields<'_>, reach: &Reach) -> Result<Url, SettingsError> {
    let regions = [("us", "https://api.sendgrid.com"), ("eu", "https://api.eu.sendgrid.com")];
    let own = fields.choice(REGION, &regions, "should be `us` or `eu`")?.unwrap_or(regions[0].1);
    fields.address_or(URL, own, reach)
}

fn template(text: &str) -> Result<String, SettingsError> {
    match text.starts_with(DYNAMIC) {
        true => Ok(text.to_owned()),
        false => {
            Err(SettingsError::invalid(TEMPLATE, "should be the id of a dynamic template, which begins with `d-`"))
        }
    }
}

/// An e-mail address and nothing else.
fn address(key: &'static str, text: &str) -> Result<String, SettingsError> {
    let is_whole = text.rsplit_once('@').is_some_and(|(person, host)| !person.is_empty() && !host.is_empty());
    match is_whole && !text.contains(|letter: char| letter.is_whitespace() || "<>,;\"".contains(letter)) {
        true => Ok(text.to_owned()),
        false => Err(SettingsError::invalid(key, "should be an e-mail address alone, such as `news@example.com`")),
    }
}
