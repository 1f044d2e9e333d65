//! SendGrid's Event Webhook: an array of events, signed by ECDSA over P-256 with SHA-256, in ASN.1, over the timestamp's header and
//! the raw body; the public key is the base64 of its SubjectPublicKeyInfo, without the lines of PEM.
//!
//! Sources: twilio.com/docs/sendgrid, *Event Webhook Reference* and *Getting Started with the Event Webhook Security Features*; the
//! vector of its own libraries (sendgrid-python, `test_eventwebhook.py`). Custom arguments come back among the event's own members
//! (django-anymail says so of its users' events); the reference also shows `unique_args`, so both places are looked at. Batches that
//! were not taken are sent again for 24 hours; whether with a new timestamp is not documented, and no age is asked for, so none is
//! judged: the event's id is what repetitions are known by.

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use serde_json::Value;

use super::report::Meaning::{Event, Nothing};
use super::report::{NO_MESSAGE, ON_THE_WAY, Ours, Report, Told, Words, meaning};
use super::verification::{Request, Unverified, from_base64};
use super::{Excess, Reporter, elements};
use crate::ingest::Fields;

pub(super) struct SendGrid;

pub(super) const SIGNATURE: &str = "x-twilio-email-event-webhook-signature";
pub(super) const TIMESTAMP: &str = "x-twilio-email-event-webhook-timestamp";

pub(super) const WORDS: &Words = &[
    ("processed", Event("Email Processed")),
    ("delivered", Event("Email Delivered")),
    ("open", Event("Email Opened")),
    ("click", Event("Email Link Clicked")),
    ("bounce", Event("Email Bounced")),
    ("dropped", Event("Email Dropped")),
    ("spamreport", Event("Email Marked as Spam")),
    ("unsubscribe", Event("Email Unsubscribed")),
    ("group_unsubscribe", Event("Unsubscribed From Group")),
    ("group_resubscribe", Event("Resubscribed To Group")),
    ("deferred", Nothing(ON_THE_WAY)),
    ("account_status_change", Nothing(NO_MESSAGE)),
];

impl Reporter for SendGrid {
    fn name(&self) -> &'static str {
        "sendgrid"
    }

    fn vendor(&self) -> &'static str {
        "SendGrid"
    }

    fn channels(&self) -> &'static [&'static str] {
        &["email"]
    }

    fn verify(&self, key: &str, request: &Request) -> Result<(), Unverified> {
        let missing = |shown| Unverified::Missing {
            shown,
            next: "switch the Signed Event Webhook on, in SendGrid's mail settings",
        };
        let signature = request.header(SIGNATURE).ok_or_else(|| missing(SIGNATURE))?;
        let timestamp = request.header(TIMESTAMP).ok_or_else(|| missing(TIMESTAMP))?;
        let is_signed = || {
            let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, from_base64(key)?);
            let signed = [timestamp.as_bytes(), &request.body].concat();
            key.verify(&signed, &from_base64(signature)?).ok()
        };
        let with = "the verification key in SendGrid's mail settings";
        is_signed().ok_or(Unverified::Wrong { shown: SIGNATURE, with })
    }

    fn reports(&self, body: &[u8]) -> Result<Vec<Vec<u8>>, Excess> {
        elements(body)
    }

    fn told(&self, report: Fields<'_>) -> Result<Told, &'static str> {
        let word = report.text("event").ok_or("it has no `event`")?;
        match meaning(WORDS, &word) {
            Nothing(reason) => Ok(Told::Nothing(reason)),
            Event(event) => Ok(Told::Report(Box::new(Report {
                event,
                id: report.text("sg_event_id").map(|id| format!("sendgrid:{id}")),
                at: report.get("timestamp").cloned(),
                ours: Ours::of(&[report, report.within("unique_args"), report.within("custom_args")]),
                email: report.text("email"),
                properties: properties(&word, report),
                ..Report::default()
            }))),
        }
    }
}

/// Only what SendGrid itself calls a `bounce` takes the address: what was blocked or expired may pass. What is dropped never left.
fn properties(word: &str, report: Fields<'_>) -> Vec<(&'static str, Value)> {
    let hardness = report.text("type").map_or("hard", |kind| if kind == "bounce" { "hard" } else { "soft" });
    let texts = [
        ("link_url", report.text("url")),
        ("bounce_type", (word == "bounce").then(|| hardness.to_owned())),
        ("campaign_name", report.first_text(&["marketing_campaign_name", "singlesend_name"])),
        ("campaign_id", report.first_text(&["marketing_campaign_id", "singlesend_id"])),
        ("sg_event_id", report.text("sg_event_id")),
        ("reason", report.first_text(&["reason", "response"])),
    ];
    let texts = texts.into_iter().filter_map(|(name, text)| Some((name, text?.into())));
    let machine = report.is_true("sg_machine_open").then_some(("machine_open", Value::Bool(true)));
    texts.chain(machine).collect()
}
