//! Mailchimp's settings: the key, which says where the account is kept, the list, and what content means that names no task.

use reqwest::Url;
use serde_json::Value;

use super::task::Flow;
use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};
use crate::domain::limits;

const KEY: &str = "key";
const URL: &str = "url";
const LIST: &str = "list";
const STATUS_IF_NEW: &str = "status_if_new";
const EVENT: &str = "event";
const FLOW: &str = "flow";
const STEP: &str = "step";
const CALLBACK_KEY: &str = "callback_key";

pub(super) const SECRETS: &[&str] = &[KEY, CALLBACK_KEY];

const STATUSES: &[(&str, &str)] =
    &[("subscribed", "subscribed"), ("pending", "pending"), ("transactional", "transactional")];

pub(super) struct Settings {
    pub(super) key: String,
    /// Up to the API's version.
    pub(super) url: Url,
    /// For content that names none.
    pub(super) list: Option<String>,
    /// What somebody becomes who was never in the list.
    pub(super) status_if_new: &'static str,
    /// For content that names no task: an event's name,
    pub(super) event: Option<String>,
    /// or a step of a flow.
    pub(super) flow: Option<Flow>,
}

impl Settings {
    /// The settings, and what of them is kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let fields = Fields::of(settings, &[KEY, URL, LIST, STATUS_IF_NEW, EVENT, FLOW, STEP, CALLBACK_KEY])?;
        // Only callbacks read it.
        fields.key(CALLBACK_KEY)?;
        let key = fields.required_key(KEY)?;
        let statuses = "should be `subscribed`, `pending` (Mailchimp asks the person) or `transactional`";
        let parsed = Self {
            key: key.to_owned(),
            url: fields.address(URL, reach)?.map_or_else(|| base(key), Ok)?,
            list: list(&fields)?,
            status_if_new: fields.choice(STATUS_IF_NEW, STATUSES, statuses)?.unwrap_or("subscribed"),
            event: event(&fields)?,
            flow: flow(&fields)?,
        };
        match (&parsed.event, &parsed.flow) {
            (Some(_), Some(_)) => {
                Err(SettingsError::invalid(EVENT, "should not stand beside `flow`: one of both is done"))
            }
            _ => Ok((parsed, fields.kept())),
        }
    }
}

/// The API of the data centre that the key ends in.
fn base(key: &str) -> Result<Url, SettingsError> {
    let centre = key.rsplit_once('-').map(|(_, centre)| centre).filter(|centre| {
        (1..=limits::MAILCHIMP_CENTRE_BYTES_MAX).contains(&centre.len())
            && centre.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    let url = centre.and_then(|centre| Url::parse(&format!("https://{centre}.api.mailchimp.com/3.0")).ok());
    url.ok_or(SettingsError::invalid(KEY, "should end in a hyphen and its data centre, such as `-us6`"))
}

fn list(fields: &Fields) -> Result<Option<String>, SettingsError> {
    let Some(list) = fields.text(LIST)? else { return Ok(None) };
    let is_id = !list.is_empty() && list.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_id
        .then(|| Some(list.to_owned()))
        .ok_or(SettingsError::invalid(LIST, "should be an audience's id: letters and digits"))
}

fn event(fields: &Fields) -> Result<Option<String>, SettingsError> {
    let Some(event) = fields.text(EVENT)? else { return Ok(None) };
    let is_name = super::task::is_event_name(event);
    is_name.then(|| Some(event.to_owned())).ok_or(SettingsError::invalid(EVENT, "should have 2 to 30 characters"))
}

fn flow(fields: &Fields) -> Result<Option<Flow>, SettingsError> {
    match (fields.number(FLOW)?, fields.number(STEP)?) {
        (None, None) => Ok(None),
        (Some(flow), Some(step)) => Ok(Some(Flow { flow, step })),
        (Some(_), None) => Err(SettingsError::invalid(STEP, "is missing: the address of a flow's trigger has both")),
        (None, Some(_)) => Err(SettingsError::invalid(FLOW, "is missing: the address of a flow's trigger has both")),
    }
}
