//! Mandrill's webhooks (Mailchimp Transactional): a form with the one parameter `mandrill_events`, a JSON array of at most 1,000
//! events; signed in `X-Mandrill-Signature` by the base64 of HMAC-SHA1 over the address as it was entered there, and every parameter's
//! name and value, sorted by name, with nothing between.
//!
//! Sources: mandrill.zendesk.com, *How to Authenticate Webhook Requests*, *Webhook Format*, *Message Event Webhook Format*, *Why can't
//! my webhook or inbound route URL be verified*. Before it hands out the key, Mandrill asks for the address by `HEAD`, and failing
//! that, posts an empty array under a key of everybody's: as it holds nothing, nothing has to be believed. Events have no id of
//! their own: `_id` is the message's, and so message, event, moment and link are what a repetition is known by. UNCONFIRMED: how often
//! a batch is sent again, and the event `delivered`, which is newer than the pages above.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;

use super::report::Meaning::{Event, Nothing};
use super::report::{NO_MESSAGE, ON_THE_WAY, Ours, Report, Told, Words, meaning};
use super::verification::{Request, Unverified, from_base64};
use super::{Excess, Reporter, elements, form};
use crate::ingest::Fields;

pub(super) struct Mandrill;

pub(super) const SIGNATURE: &str = "x-mandrill-signature";
const EVENTS: &str = "mandrill_events";

pub(super) const WORDS: &Words = &[
    ("send", Event("Email Sent")),
    ("delivered", Event("Email Delivered")),
    ("open", Event("Email Opened")),
    ("click", Event("Email Link Clicked")),
    ("hard_bounce", Event("Email Bounced")),
    ("soft_bounce", Event("Email Soft Bounced")),
    ("reject", Event("Email Dropped")),
    ("spam", Event("Email Marked as Spam")),
    ("unsub", Event("Email Unsubscribed")),
    ("deferral", Nothing(ON_THE_WAY)),
    ("inbound", Nothing(NO_MESSAGE)),
    ("blacklist", Nothing(NO_MESSAGE)),
    ("whitelist", Nothing(NO_MESSAGE)),
];

impl Reporter for Mandrill {
    fn name(&self) -> &'static str {
        "mandrill"
    }

    fn vendor(&self) -> &'static str {
        "Mandrill"
    }

    fn channels(&self) -> &'static [&'static str] {
        &["email"]
    }

    fn verify(&self, key: &str, request: &Request) -> Result<(), Unverified> {
        let wrong = Unverified::Wrong { shown: SIGNATURE, with: "the webhook's key on Mandrill's page of webhooks" };
        // What is too long to be read is nobody's.
        let Ok(mut parameters) = form::parameters(&request.body) else { return Err(wrong) };
        if form::value(&parameters, EVENTS).is_some_and(|events| events.trim() == "[]") {
            return Ok(());
        }
        let next = "have the callbacks come from a webhook of Mandrill's, straight";
        let signature = request.header(SIGNATURE).ok_or(Unverified::Missing { shown: SIGNATURE, next })?;
        let signature = from_base64(signature).unwrap_or_default();
        parameters.sort_by(|(one, _), (other, _)| one.cmp(other));
        let is_signed = |address: &String| signed(key, address, &parameters).verify_slice(&signature).is_ok();
        if request.addresses.iter().any(is_signed) { Ok(()) } else { Err(wrong) }
    }

    fn reports(&self, body: &[u8]) -> Result<Vec<Vec<u8>>, Excess> {
        let parameters = form::parameters(body)?;
        match form::value(&parameters, EVENTS) {
            Some(events) => elements(events.as_bytes()),
            // Nothing that is signed is lost without a word.
            None => Ok(vec![body.to_vec()]),
        }
    }

    fn told(&self, report: Fields<'_>) -> Result<Told, &'static str> {
        let word = report.first_text(&["event", "type"]).ok_or("it has no `event`")?;
        let event = match meaning(WORDS, &word) {
            Event(event) => event,
            Nothing(reason) => return Ok(Told::Nothing(reason)),
        };
        let message = report.within("msg");
        let id = id(&word, report);
        Ok(Told::Report(Box::new(Report {
            event,
            at: report.get("ts").cloned(),
            ours: Ours::of(&[message.within("metadata")]),
            email: message.text("email"),
            properties: properties(id.as_deref(), report),
            id,
            ..Report::default()
        })))
    }
}

/// The signature that it should have, had it come to that address.
fn signed(key: &str, address: &str, parameters: &[(String, String)]) -> Hmac<Sha1> {
    let mut mac = Hmac::new_from_slice(key.as_bytes()).expect("hmac should take a key of any length");
    mac.update(address.as_bytes());
    for (name, value) in parameters {
        mac.update(name.as_bytes());
        mac.update(value.as_bytes());
    }
    mac
}

/// None where it does not say which message it is about.
fn id(word: &str, report: Fields<'_>) -> Option<String> {
    let message = report.text("_id").or_else(|| report.within("msg").text("_id"))?;
    let parts = [Some(message), Some(word.to_owned()), report.text("ts"), report.text("url")];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    Some(format!("mandrill:{}", parts.join(":")))
}

fn properties(id: Option<&str>, report: Fields<'_>) -> Vec<(&'static str, Value)> {
    let message = report.within("msg");
    let texts = [
        ("link_url", report.text("url")),
        ("event_id", id.map(str::to_owned)),
        ("reason", message.first_text(&["bounce_description", "diag"])),
    ];
    texts.into_iter().filter_map(|(name, text)| Some((name, text?.into()))).collect()
}
