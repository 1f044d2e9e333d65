//! One message as it goes over the wire: the same bytes at every attempt.

use std::time::SystemTime;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lettre::Address;
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MessageBuilder, MultiPart, SinglePart};
use mail_send::Credentials;
use reqwest::Url;

use super::settings::Settings;
use crate::channels::asked::Asked;
use crate::channels::content::{Content, refused};
use crate::channels::email::{self, Email};
use crate::channels::{Message, Receipt};
use crate::domain::Timestamp;

pub(super) struct Letter {
    /// In ASCII.
    pub(super) recipient: Address,
    /// Headers and body, with lines that end as the wire's do.
    pub(super) text: Vec<u8>,
    /// What of it the server may repeat.
    pub(super) asked: Asked,
}

impl Letter {
    pub(super) fn write(message: &Message, settings: &Settings) -> Result<Self, Receipt> {
        let recipient = ascii(email::recipient(message)?)?;
        let email = Email::read(&Content::of(message)?)?;
        let subject = email.subject.as_deref().ok_or_else(|| refused("the content should have a `subject`"))?;
        let parts = parts(&email)?;
        let asked = asked(&email, &parts, &recipient, settings);
        let headers = headers(message, settings, &email, subject).to(Mailbox::from(recipient.clone()));
        let written = match <[SinglePart; 2]>::try_from(parts) {
            Ok([plain, html]) => headers.multipart(
                MultiPart::alternative()
                    .boundary(format!("rekindle-{}", message.id))
                    .singlepart(plain)
                    .singlepart(html),
            ),
            Err(mut parts) => headers.singlepart(parts.pop().expect("a message should have a part")),
        };
        let written = written.expect("a message with a sender and a recipient should be whole");
        Ok(Self { recipient, text: written.formatted(), asked })
    }
}

/// Plain text, the HTML, or both in the order of the standard: the better one last.
fn parts(email: &Email) -> Result<Vec<SinglePart>, Receipt> {
    let plain = email.body.clone().map(SinglePart::plain);
    let html = email.html.clone().map(SinglePart::html);
    let parts: Vec<_> = plain.into_iter().chain(html).collect();
    match (parts.is_empty(), &email.template) {
        (false, _) => Ok(parts),
        (true, Some(_)) => Err(refused("SMTP has no templates: the content should have a `body` or `html`")),
        (true, None) => Err(refused("the content should have a `body` or `html`")),
    }
}

fn headers(message: &Message, settings: &Settings, email: &Email, subject: &str) -> MessageBuilder {
    let mut headers = lettre::Message::builder()
        .from(email.sender.as_ref().unwrap_or(&settings.from).clone())
        .subject(subject)
        .message_id(Some(format!("<{}@{}>", message.id, settings.own_domain())))
        .date(SystemTime::UNIX_EPOCH + message.promised_at.since(Timestamp::EPOCH));
    if let Some(reply_to) = &settings.reply_to {
        headers = headers.reply_to(reply_to.clone());
    }
    for (name, value) in email.unsubscribe_headers().into_iter().flatten() {
        headers = headers.raw_header(whole(name, value));
    }
    headers
}

/// A header whose value is a checked address or a word: visible ASCII, and of one line, which a standard says is not to be encoded.
fn whole(name: &'static str, value: String) -> HeaderValue {
    let name = HeaderName::new_from_ascii_str(name);
    HeaderValue::dangerous_new_pre_encoded(name, value.clone(), value)
}

/// A domain in the letters that every server takes. For others before the `@`, servers need an extension that few have.
fn ascii(address: Address) -> Result<Address, Receipt> {
    let text: &str = address.as_ref();
    if text.is_ascii() {
        return Ok(address);
    }
    let url = Url::parse(&format!("http://{}/", address.domain())).ok();
    let domain = url.as_ref().and_then(Url::host_str);
    domain
        .filter(|_| address.user().is_ascii())
        .and_then(|domain| Address::new(address.user(), domain).ok())
        .ok_or_else(|| refused("the person's address has letters before the `@` that are not sent over SMTP"))
}

fn asked(email: &Email, parts: &[SinglePart], recipient: &Address, settings: &Settings) -> Asked {
    let mut texts: Vec<String> = [&email.subject, &email.body, &email.html].into_iter().flatten().cloned().collect();
    texts.extend(parts.iter().map(|part| String::from_utf8_lossy(part.raw_body()).into_owned()));
    texts.extend(email.unsubscribe_url.iter().map(Url::to_string));
    texts.extend(email.sender.iter().map(ToString::to_string));
    texts.push(recipient.to_string());
    texts.push(settings.from.to_string());
    texts.extend(settings.reply_to.iter().map(ToString::to_string));
    if let Some(Credentials::Plain { username, secret }) = &settings.credentials {
        let encoded = [username.clone(), secret.clone(), format!("\0{username}\0{secret}")];
        texts.extend(encoded.map(|text| BASE64_STANDARD.encode(text)));
        texts.extend([username.clone(), secret.clone()]);
    }
    Asked::of_texts(&texts.iter().map(String::as_str).collect::<Vec<_>>())
}
