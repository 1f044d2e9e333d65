//! What an e-mail says, in the members that every provider of e-mail reads alike, and what stands on its envelope.
//!
//! A header cannot be broken into: addresses are parsed before they are used, and hold no line breaks then.

use lettre::Address;
use lettre::message::Mailbox;
use reqwest::Url;
use serde_json::{Map, Value};

use super::content::{Content, refused};
use super::settings::Fields;
use super::{Message, Receipt, SettingsError};
use crate::domain::limits;

/// An e-mail as a campaign writes it.
#[derive(Debug)]
pub(super) struct Email {
    pub(super) subject: Option<String>,
    /// Plain text.
    pub(super) body: Option<String>,
    /// The same as HTML.
    pub(super) html: Option<String>,
    /// Who it is from, instead of whom the settings name.
    pub(super) sender: Option<Mailbox>,
    /// What the provider calls one of its templates.
    pub(super) template: Option<String>,
    /// For the template.
    pub(super) data: Map<String, Value>,
    /// Where one click ends the messages: `https`.
    pub(super) unsubscribe_url: Option<Url>,
}

impl Email {
    pub(super) fn read(content: &Content) -> Result<Self, Receipt> {
        let text = |member| content.text(member).map(|text| text.map(str::to_owned));
        Ok(Self {
            subject: text("subject")?,
            body: text("body")?,
            html: text("html")?,
            sender: sender(content)?,
            template: text("template")?,
            data: content.object("data")?.cloned().unwrap_or_default(),
            unsubscribe_url: unsubscribe_url(content)?,
        })
    }

    /// The two headers by which a mail program offers to unsubscribe with one click (RFC 8058, section 3.1).
    pub(super) fn unsubscribe_headers(&self) -> Option<[(&'static str, String); 2]> {
        self.unsubscribe_url.as_ref().map(unsubscribe_headers)
    }
}

pub(super) fn unsubscribe_headers(url: &Url) -> [(&'static str, String); 2] {
    let one_click = "List-Unsubscribe=One-Click".to_owned();
    [("List-Unsubscribe", format!("<{url}>")), ("List-Unsubscribe-Post", one_click)]
}

/// Who the message is from, if the content says so.
pub(super) fn sender(content: &Content) -> Result<Option<Mailbox>, Receipt> {
    let Some(text) = content.text("sender")? else { return Ok(None) };
    let wrong = || content.wrong("sender", "such as `shop@example.com` or `Shop <shop@example.com>`");
    let is_plain = |mailbox: &Mailbox| AsRef::<str>::as_ref(&mailbox.email).is_ascii();
    parse_mailbox(text).filter(is_plain).map(Some).ok_or_else(wrong)
}

/// Where one click ends the messages, if the content says so. An address is ASCII, however it was written.
pub(super) fn unsubscribe_url(content: &Content) -> Result<Option<Url>, Receipt> {
    let Some(text) = content.text("unsubscribe_url")? else { return Ok(None) };
    let is_fit = |url: &Url| url.scheme() == "https" && url.as_str().len() <= limits::UNSUBSCRIBE_URL_BYTES_MAX;
    let wrong = || content.wrong("unsubscribe_url", "an address that begins with `https://`, of at most 900 bytes");
    Url::parse(text).ok().filter(is_fit).map(Some).ok_or_else(wrong)
}

/// Where the message goes.
pub(super) fn recipient(message: &Message) -> Result<Address, Receipt> {
    let text = message.addresses.email.as_deref().ok_or_else(|| refused("the person has no e-mail address"))?;
    address(text).ok_or_else(|| Receipt::Gone {
        gone: vec![text.to_owned()],
        reason: "what is known as the person's e-mail address is none".to_owned(),
    })
}

fn address(text: &str) -> Option<Address> {
    text.parse().ok().filter(|_| !text.contains(char::is_control))
}

/// The mailbox under a key: an address, or a name and an address.
pub(super) fn mailbox(fields: &Fields, key: &'static str) -> Result<Option<Mailbox>, SettingsError> {
    let Some(text) = fields.text(key)? else { return Ok(None) };
    let wrong = SettingsError::invalid(key, "should be such as `shop@example.com` or `Shop <shop@example.com>`");
    parse_mailbox(text).map(Some).ok_or(wrong)
}

fn parse_mailbox(text: &str) -> Option<Mailbox> {
    text.parse().ok().filter(|_| !text.contains(char::is_control))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::{Addresses, conformance};
    use crate::domain::Json;

    fn read(content: &str) -> Result<Email, Receipt> {
        let message = Message { content: Json::parse(content).unwrap(), ..conformance::message(1) };
        Email::read(&Content::of(&message)?)
    }

    #[test]
    fn one_click_unsubscribes_at_an_https_address_only() {
        let headers =
            |url: &str| read(&format!(r#"{{"unsubscribe_url": "{url}"}}"#)).map(|email| email.unsubscribe_headers());
        let [(_, list), (_, post)] = headers("https://example.com/u?t=a b>c").unwrap().unwrap();
        assert_eq!(
            (list.as_str(), post.as_str()),
            ("<https://example.com/u?t=a%20b%3Ec>", "List-Unsubscribe=One-Click")
        );
        for wrong in
            ["http://example.com/hush", "mailto:hush@example.com", "hush", &format!("https://hush/{}", "x".repeat(900))]
        {
            let Err(Receipt::Refused { reason }) = headers(wrong) else { panic!("{wrong}") };
            assert!(reason.starts_with("the content's `unsubscribe_url` should be an address"), "{reason}");
            assert!(!reason.contains("hush"), "{reason}");
        }
        assert_eq!(read("{}").unwrap().unsubscribe_headers(), None);
    }

    #[test]
    fn a_sender_is_a_mailbox_of_plain_letters() {
        let sender = |text: &str| read(&format!(r#"{{"sender": "{text}"}}"#)).map(|email| email.sender);
        assert_eq!(sender("Tea <tea@example.com>").unwrap().unwrap().to_string(), "Tea <tea@example.com>");
        assert_eq!(sender("").unwrap(), None);
        for wrong in
            ["hush", "hush@hüsh.example", "a@example.com, hush@example.com", r"a@example.com\r\nBcc: hush@example.com"]
        {
            let Err(Receipt::Refused { reason }) = sender(wrong) else { panic!("{wrong}") };
            assert!(
                reason.starts_with("the content's `sender` should be such as") && !reason.contains("hush"),
                "{reason}"
            );
        }
    }

    #[test]
    fn what_is_no_address_is_gone_and_who_has_none_is_refused() {
        let to = |email: Option<&str>| {
            let addresses = Addresses { email: email.map(str::to_owned), ..Addresses::default() };
            recipient(&Message { addresses, ..conformance::message(1) })
        };
        assert_eq!(to(Some("Ada.B+x@Example.com")).unwrap().to_string(), "Ada.B+x@Example.com");
        assert!(matches!(to(None), Err(Receipt::Refused { .. })));
        for wrong in [
            "ada",
            "@",
            "ada@",
            "ada@b@c",
            "ada@example.com>\r\nRCPT TO:<eve@example.com",
            "\"a\r\nb\"@example.com",
            "a\u{7}@b.example",
        ] {
            let Err(Receipt::Gone { gone, .. }) = to(Some(wrong)) else { panic!("{wrong:?}") };
            assert_eq!(gone, [wrong]);
        }
    }
}
