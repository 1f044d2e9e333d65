//! E-mails: a dynamic template with data, or a subject and a body.

use std::sync::Arc;

use serde_json::{Value, json};

use super::settings::{DYNAMIC, Mail};
use super::{NAME, OWN, answer};
use crate::channels::common::below;
use crate::channels::content::{Content, refused};
use crate::channels::email::{self, unsubscribe_headers, unsubscribe_url};
use crate::channels::properties::{names, properties};
use crate::channels::{Channel, Delivering, Http, Message, Receipt};
use crate::domain::{KnownBy, limits};

pub(super) fn channel(settings: Mail, http: Http) -> Arc<dyn Channel> {
    Arc::new(Opened { settings, http })
}

struct Opened {
    settings: Mail,
    http: Http,
}

impl Channel for Opened {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Address
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move {
            let body = match body(&self.settings, message) {
                Ok(body) => body,
                Err(receipt) => return receipt,
            };
            let url = below(&self.settings.url, ["v3", "mail", "send"]);
            let request = self.http.post(url).bearer_auth(&self.settings.key).json(&body);
            match self.http.send(request, message.at).await {
                Ok(answer) => answer::to_mail(&answer),
                Err(receipt) => receipt,
            }
        })
    }
}

fn body(settings: &Mail, message: &Message) -> Result<Value, Receipt> {
    let content = Content::of(message)?;
    let own = content.under(OWN)?;
    let email = message.addresses.email.as_deref().ok_or_else(|| refused("the person has no e-mail address"))?;
    let subject = content.text("subject")?.ok_or_else(|| content.wrong("subject", "a text"))?;
    let mut body = json!({
        "personalizations": [{"to": [{"email": email}], "custom_args": names(message)}],
        "from": sender(settings, &content)?,
        "categories": categories(&own, message)?,
    });
    match template(settings, &content, &own)? {
        Some(template) => {
            body["template_id"] = template.into();
            body["personalizations"][0]["dynamic_template_data"] = properties(message, &content)?.into();
        }
        None => {
            body["subject"] = subject.into();
            body["content"] = parts(&content)?;
        }
    }
    if let Some(reply_to) = &settings.reply_to {
        body["reply_to"] = json!({ "email": reply_to });
    }
    add_ways_out(&mut body, settings, &content)?;
    Ok(body)
}

fn sender(settings: &Mail, content: &Content) -> Result<Value, Receipt> {
    let sender = email::sender(content)?;
    let (address, name) = match &sender {
        Some(sender) => (sender.email.as_ref(), sender.name.as_deref()),
        None => (settings.from.as_str(), settings.from_name.as_deref()),
    };
    Ok(match name {
        Some(name) => json!({"email": address, "name": name}),
        None => json!({ "email": address }),
    })
}

/// The content's template, else the setting's, which is for content that is no letter by itself.
fn template<'a>(settings: &'a Mail, content: &'a Content, own: &'a Content) -> Result<Option<&'a str>, Receipt> {
    let default = settings.template.as_deref().filter(|_| content.text("html") == Ok(None));
    let template = own.text("template")?.or(content.text("template")?).or(default);
    match template.is_none_or(|id| id.starts_with(DYNAMIC)) {
        true => Ok(template),
        false => Err(content.wrong("template", "the id of a dynamic template, which begins with `d-`")),
    }
}

/// The body as plain text and the HTML, whichever the content has. SendGrid wants them in this order.
fn parts(content: &Content) -> Result<Value, Receipt> {
    let part = |media_type: &str, text: &str| json!({"type": media_type, "value": text});
    let plain = content.text("body")?.map(|body| part("text/plain", body));
    let html = content.text("html")?.map(|html| part("text/html", html));
    let parts: Vec<Value> = plain.into_iter().chain(html).collect();
    if parts.is_empty() { Err(content.wrong("body", "a text")) } else { Ok(parts.into()) }
}

/// The campaign, and what the content names besides. SendGrid's statistics are by category.
fn categories<'a>(own: &'a Content, message: &'a Message) -> Result<Vec<&'a str>, Receipt> {
    let mut categories = vec![message.campaign.as_str()];
    categories.extend(own.texts("categories")?);
    let is_fit = |category: &&str| (1..=limits::SENDGRID_CATEGORY_CHARS_MAX).contains(&category.chars().count());
    match categories.len() <= limits::SENDGRID_CATEGORIES_MAX && categories.iter().all(is_fit) {
        true => Ok(categories),
        false => Err(own.wrong("categories", "at most 9 texts of 1 to 255 characters")),
    }
}

/// How people leave: the group that they leave, and the headers by which a mailbox shows a button for it (RFC 8058, section 3.1),
/// SendGrid's where it puts some, else ours.
fn add_ways_out(body: &mut Value, settings: &Mail, content: &Content) -> Result<(), Receipt> {
    if let Some(group) = settings.unsubscribe_group {
        body["asm"] = json!({ "group_id": group });
    }
    let own = unsubscribe_url(content)?;
    if settings.subscription_tracking {
        body["tracking_settings"] = json!({"subscription_tracking": {"enable": true}});
    } else if let Some(url) = own {
        let headers = unsubscribe_headers(&url).into_iter();
        body["headers"] = headers.map(|(name, value)| (name.to_owned(), Value::from(value))).collect();
    }
    Ok(())
}
