//! The App API: one message to one person, of the kind that the settings or the message's channel name.

use std::sync::Arc;

use serde_json::{Value, json};

use super::liquid::{html, literal};
use super::person::identifiers;
use super::settings::{Kind, Messages};
use super::{NAME, OWN, answer};
use crate::channels::common::below;
use crate::channels::content::{Content, as_text, refused};
use crate::channels::email;
use crate::channels::properties::{Properties, data, names, properties};
use crate::channels::{Channel, Delivering, Http, Message, Receipt};
use crate::domain::KnownBy;

/// The name of a template in Customer.io's requests.
const TRANSACTIONAL: &str = "transactional_message_id";

pub(super) fn channel(settings: Messages, http: Http) -> Arc<dyn Channel> {
    Arc::new(Opened { settings, http })
}

struct Opened {
    settings: Messages,
    http: Http,
}

impl Channel for Opened {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn knows_people_by(&self) -> KnownBy {
        match self.settings.kind {
            Some(Kind::Email | Kind::Sms) => KnownBy::Address,
            Some(Kind::Push | Kind::InApp) | None => KnownBy::Id,
        }
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move {
            let (kind, body) = match request(&self.settings, message) {
                Ok(request) => request,
                Err(receipt) => return receipt,
            };
            let url = below(&self.settings.url, ["v1", "send", path(kind)]);
            let request = self.http.post(url).bearer_auth(&self.settings.key).json(&body);
            match self.http.send(request, message.at).await {
                Ok(answer) => answer::receipt(&answer),
                Err(receipt) => receipt,
            }
        })
    }
}

fn path(kind: Kind) -> &'static str {
    match kind {
        Kind::Email => "email",
        Kind::Push => "push",
        Kind::Sms => "sms",
        Kind::InApp => "in_app",
    }
}

fn kind_of(channel: &str) -> Option<Kind> {
    match channel {
        "email" => Some(Kind::Email),
        "push" => Some(Kind::Push),
        "sms" => Some(Kind::Sms),
        "in-app" => Some(Kind::InApp),
        _ => None,
    }
}

fn request(settings: &Messages, message: &Message) -> Result<(Kind, Value), Receipt> {
    let unnamed = || refused("the channel's name does not say what to send: set `send`");
    let kind = settings.kind.or_else(|| kind_of(&message.channel)).ok_or_else(unnamed)?;
    let writing = Writing::of(settings, message)?;
    let mut body = match kind {
        Kind::Email => writing.email()?,
        Kind::Push => writing.push()?,
        Kind::Sms => writing.sms()?,
        Kind::InApp => writing.of_template()?,
    };
    if kind != Kind::InApp {
        // Where nothing is said of them, those who left are written to: Customer.io's transactional messages are for receipts.
        body["send_to_unsubscribed"] = false.into();
    }
    Ok((kind, body))
}

/// A request being written.
struct Writing<'a> {
    settings: &'a Messages,
    message: &'a Message,
    content: Content,
    /// Its number, or the name that triggers it.
    template: Option<String>,
}

impl<'a> Writing<'a> {
    fn of(settings: &'a Messages, message: &'a Message) -> Result<Self, Receipt> {
        let content = Content::of(message)?;
        let own = content.under(OWN)?;
        if own.text("event")?.is_some() {
            return Err(refused("the content names an event, which is for a channel whose setting `send` is `event`"));
        }
        // The setting's is for content that is no letter by itself.
        let default = settings.template.as_deref().filter(|_| content.text("html") == Ok(None));
        let template = own.text("template")?.or(content.text("template")?).or(default);
        Ok(Self { settings, message, template: template.map(str::to_owned), content })
    }

    fn email(&self) -> Result<Value, Receipt> {
        let mut body = self.anything()?;
        body["to"] = self.email_address()?.into();
        body["subject"] = literal(self.text("subject")?).into();
        body["headers"] = Value::Object(headers(self.message));
        let sender = email::sender(&self.content)?.map(|sender| sender.to_string());
        let from = sender.as_deref().or(self.settings.from.as_deref());
        put(&mut body, "from", from);
        put(&mut body, "reply_to", self.settings.reply_to.as_deref());
        match &self.template {
            Some(template) => body[TRANSACTIONAL] = template.as_str().into(),
            None if from.is_none() => {
                return Err(refused("there is no sender: set `from`, or have the content name a `template`"));
            }
            None => self.letter(&mut body)?,
        }
        Ok(body)
    }

    /// What an e-mail says: HTML, and plain text where there is one.
    fn letter(&self, body: &mut Value) -> Result<(), Receipt> {
        let html = match self.content.text("html")? {
            Some(html) => html.to_owned(),
            None => html(self.text("body")?),
        };
        body["body"] = literal(&html).into();
        put(body, "body_plain", self.content.text("body")?.map(literal).as_deref());
        Ok(())
    }

    fn push(&self) -> Result<Value, Receipt> {
        let mut body = self.of_template()?;
        body["title"] = literal(self.text("title")?).into();
        body["message"] = literal(self.text("body")?).into();
        put(&mut body, "link", self.content.text("deep_link")?.map(literal).as_deref());
        put(&mut body, "image_url", self.content.text("image")?.map(literal).as_deref());
        // Services that deliver push messages take texts only. Ours takes the place of the template's, which stays where there is none.
        let mut data = data(&self.content)?;
        if !data.is_empty() {
            data.extend(names(self.message));
            body["custom_data"] = data.into_iter().map(|(name, value)| (name, as_text(&value))).collect();
        }
        Ok(body)
    }

    fn sms(&self) -> Result<Value, Receipt> {
        let mut body = self.of_template()?;
        // The words are the template's, which can show these.
        self.text("body")?;
        let phone = self.message.addresses.phone.as_deref();
        body["to"] = phone.ok_or_else(|| refused("the person has no telephone number"))?.into();
        put(&mut body, "from", self.settings.from.as_deref());
        Ok(body)
    }

    /// What all kinds have in common, for those that need a template.
    fn of_template(&self) -> Result<Value, Receipt> {
        let mut body = self.anything()?;
        let Some(template) = &self.template else {
            return Err(refused(
                "Customer.io sends this kind by template only: set `template`, or have the content name one under `customer-io`",
            ));
        };
        body[TRANSACTIONAL] = template.as_str().into();
        Ok(body)
    }

    /// What all kinds have in common.
    fn anything(&self) -> Result<Value, Receipt> {
        Ok(json!({
            "identifiers": identifiers(self.message, self.settings.identify_by)?,
            "message_data": properties(self.message, &self.content)?,
        }))
    }

    /// A text that has to be there.
    fn text(&self, member: &str) -> Result<&str, Receipt> {
        self.content.text(member)?.ok_or_else(|| self.content.wrong(member, "a text"))
    }

    /// One address. Customer.io reads the field as a list, with names, and through Liquid.
    fn email_address(&self) -> Result<&str, Receipt> {
        let email =
            self.message.addresses.email.as_deref().ok_or_else(|| refused("the person has no e-mail address"))?;
        match email.contains([',', ';', '<', '>', '"', '{']) {
            false => Ok(email),
            true => Err(refused("the person's e-mail address has letters that Customer.io reads as something else")),
        }
    }
}

/// Our ids, as far as a header can carry them: it takes no blanks, and nothing beyond ASCII. Callbacks about a message that was sent
/// give them back.
fn headers(message: &Message) -> Properties {
    let is_fit =
        |id: &Value| id.as_str().is_some_and(|id| id.bytes().all(|byte| byte.is_ascii_graphic()) && literal(id) == id);
    names(message).into_iter().filter(|(_, id)| is_fit(id)).collect()
}

fn put(body: &mut Value, name: &str, text: Option<&str>) {
    if let Some(text) = text {
        body[name] = text.into();
    }
}
