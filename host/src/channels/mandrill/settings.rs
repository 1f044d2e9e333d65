//! Mandrill's settings: the key, and what stands in every message that says nothing else.

use lettre::message::Mailbox;
use reqwest::Url;
use serde_json::Value;

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError, email};

const KEY: &str = "key";
const URL: &str = "url";
const FROM: &str = "from";
const REPLY_TO: &str = "reply_to";
const TEMPLATE: &str = "template";
const MERGE_LANGUAGE: &str = "merge_language";
const SUBACCOUNT: &str = "subaccount";
const CALLBACK_KEY: &str = "callback_key";

pub(super) const SECRETS: &[&str] = &[KEY, CALLBACK_KEY];

/// The version that Mailchimp's own package calls.
const BASE: &str = "https://mandrillapp.com/api/1.3";
const MERGE_LANGUAGES: &[(&str, &str)] = &[("mailchimp", "mailchimp"), ("handlebars", "handlebars")];

pub(super) struct Settings {
    pub(super) key: String,
    pub(super) url: Url,
    /// None where each template has a sender.
    pub(super) from: Option<Mailbox>,
    pub(super) reply_to: Option<Mailbox>,
    /// For content that has neither a template nor a body.
    pub(super) template: Option<String>,
    /// In what the template's places are written; none is the account's own.
    pub(super) merge_language: Option<&'static str>,
    pub(super) subaccount: Option<String>,
}

impl Settings {
    /// The settings, and what of them is kept.
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<(Self, Value), SettingsError> {
        let known = [KEY, URL, FROM, REPLY_TO, TEMPLATE, MERGE_LANGUAGE, SUBACCOUNT, CALLBACK_KEY];
        let fields = Fields::of(settings, &known)?;
        // Only callbacks read it.
        fields.key(CALLBACK_KEY)?;
        let parsed = Self {
            key: fields.required_key(KEY)?.to_owned(),
            url: fields.address_or(URL, BASE, reach)?,
            from: email::mailbox(&fields, FROM)?,
            reply_to: email::mailbox(&fields, REPLY_TO)?,
            template: fields.text(TEMPLATE)?.map(str::to_owned),
            merge_language: fields.choice(MERGE_LANGUAGE, MERGE_LANGUAGES, "should be `mailchimp` or `handlebars`")?,
            subaccount: fields.text(SUBACCOUNT)?.map(str::to_owned),
        };
        Ok((parsed, fields.kept()))
    }
}
