//! One message as a call: `messages/send-template` where it names a template, `messages/send` where it says all itself.

use std::collections::BTreeMap;

use lettre::message::Mailbox;
use reqwest::RequestBuilder;
use serde::Serialize;
use serde_json::{Map, Value};

use super::settings::Settings;
use crate::channels::content::{Content, refused};
use crate::channels::email::Email;
use crate::channels::properties::ids;
use crate::channels::{Http, Message, Receipt, common};
use crate::domain::limits;

const TAG_CHARS_MAX: usize = 50;

#[derive(Serialize)]
struct Body<'a> {
    key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    template_name: Option<&'a str>,
    /// For regions of a template that can be edited. It has to be there, and places for data do the same.
    #[serde(skip_serializing_if = "Option::is_none")]
    template_content: Option<[(); 0]>,
    message: Outgoing<'a>,
    /// Else Mandrill says nothing of what became of it.
    r#async: bool,
}

#[derive(Serialize)]
struct Outgoing<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    subject: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    html: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_email: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from_name: Option<&'a str>,
    to: [To<'a>; 1],
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<&'static str, String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    global_merge_vars: Vec<Variable<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    merge_language: Option<&'static str>,
    tags: Vec<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    subaccount: Option<&'a str>,
    metadata: Map<String, Value>,
}

#[derive(Serialize)]
struct To<'a> {
    email: &'a str,
    r#type: &'static str,
}

#[derive(Serialize)]
struct Variable<'a> {
    name: &'a str,
    content: &'a Value,
}

pub(super) fn build(
    http: &Http,
    settings: &Settings,
    message: &Message,
    recipient: &str,
) -> Result<RequestBuilder, Receipt> {
    let content = Content::of(message)?;
    let email = Email::read(&content)?;
    let own = content.under("mandrill.")?;
    let from = email.sender.as_ref().or(settings.from.as_ref());
    let template = template(settings, &email, from)?;
    let outgoing = Outgoing {
        subject: email.subject.as_deref(),
        text: email.body.as_deref(),
        html: email.html.as_deref(),
        from_email: from.map(|from| from.email.as_ref()),
        from_name: from.and_then(|from| from.name.as_deref()),
        to: [To { email: recipient, r#type: "to" }],
        headers: headers(settings, &email),
        global_merge_vars: variables(&email)?,
        merge_language: settings.merge_language,
        tags: tags(message, &own)?,
        subaccount: settings.subaccount.as_deref(),
        metadata: metadata(message),
    };
    let call = if template.is_some() { "send-template.json" } else { "send.json" };
    let body = Body {
        key: &settings.key,
        template_name: template,
        template_content: template.map(|_| []),
        message: outgoing,
        r#async: false,
    };
    Ok(http.post(common::below(&settings.url, ["messages", call])).json(&body))
}

/// The template; none where the message says all itself. The settings' is for content that has nothing to say but data.
fn template<'a>(settings: &'a Settings, email: &'a Email, from: Option<&Mailbox>) -> Result<Option<&'a str>, Receipt> {
    let says_all = email.body.is_some() || email.html.is_some();
    let default = settings.template.as_deref().filter(|_| !says_all);
    let template = email.template.as_deref().or(default);
    if template.is_some() {
        return Ok(template);
    }
    if !says_all || email.subject.is_none() {
        return Err(refused("the content should have a `template`, or a `subject` and a `body` or `html`"));
    }
    match from {
        Some(_) => Ok(None),
        None => Err(refused("nobody sends this: set `from`, or name a `template` that has a sender")),
    }
}

fn headers(settings: &Settings, email: &Email) -> BTreeMap<&'static str, String> {
    let reply_to = settings.reply_to.as_ref().map(|mailbox| ("Reply-To", mailbox.email.to_string()));
    reply_to.into_iter().chain(email.unsubscribe_headers().into_iter().flatten()).collect()
}

fn variables(email: &Email) -> Result<Vec<Variable<'_>>, Receipt> {
    if email.data.keys().any(|name| name.starts_with('_')) {
        return Err(refused("a name in the content's `data` begins with `_`, which Mandrill keeps for itself"));
    }
    Ok(email.data.iter().map(|(name, content)| Variable { name, content }).collect())
}

/// The campaign and the content's own. Mandrill keeps figures for the first hundred that it sees, so nothing of one person is among them.
fn tags<'a>(message: &'a Message, own: &'a Content) -> Result<Vec<&'a str>, Receipt> {
    let is_allowed = |tag: &str| !tag.is_empty() && !tag.starts_with('_') && tag.chars().count() <= TAG_CHARS_MAX;
    let told = own.texts("tags")?;
    if !told.iter().all(|tag| is_allowed(tag)) {
        return Err(own.wrong("tags", "texts of 1 to 50 characters that do not begin with `_`"));
    }
    let campaign = Some(message.campaign.as_str()).filter(|campaign| is_allowed(campaign));
    Ok(campaign.into_iter().chain(told).collect())
}

/// Our ids, as callbacks give them back: as many as fit, the message's first.
fn metadata(message: &Message) -> Map<String, Value> {
    let mut metadata = Map::new();
    for (name, id) in ids(message) {
        metadata.insert(name.to_owned(), id.into());
        if Value::from(metadata.clone()).to_string().len() > limits::MANDRILL_METADATA_BYTES_MAX {
            metadata.remove(name);
        }
    }
    metadata
}
