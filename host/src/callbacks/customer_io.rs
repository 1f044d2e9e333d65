//! Customer.io's reporting webhooks: one event a request, signed in `X-CIO-Signature` by the hexadecimal HMAC-SHA256 over
//! `v0:timestamp:body`, with the timestamp from `X-CIO-Timestamp`.
//!
//! Sources: docs.customer.io/api/webhooks (events, *Securely Verifying Requests*, timeouts: 4 s, then again for seven days, which holds
//! up whatever comes behind); healthjoy/async-customerio (a signed vector); posthog/posthog (the events that the API takes). Nothing of
//! what a message was sent with comes back, so people are known by `identifiers`, and campaigns by Customer.io's own ids, which a
//! mapping makes ours. UNCONFIRMED: whether a repetition has a new timestamp; no age is asked for, so none is judged. What becomes of
//! topics (`subscription_preferences_changed`), Slack and whatever is newer is passed over.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha2::Sha256;

use super::report::Meaning::{Event, Nothing};
use super::report::{NO_MESSAGE, ON_THE_WAY, Ours, Report, Told, Words, meaning};
use super::verification::{Request, Unverified, from_hex};
use super::{Excess, Reporter, elements};
use crate::ingest::Fields;

pub(super) struct CustomerIo;

pub(super) const SIGNATURE: &str = "x-cio-signature";
pub(super) const TIMESTAMP: &str = "x-cio-timestamp";

/// What is reported, as `object_type` and `metric`, and what Customer.io calls it at Segment.
pub(super) const WORDS: &Words = &[
    ("email sent", Event("Email Sent")),
    ("email delivered", Event("Email Delivered")),
    ("email opened", Event("Email Opened")),
    ("email clicked", Event("Email Link Clicked")),
    ("email converted", Event("Email Converted")),
    ("email bounced", Event("Email Bounced")),
    ("email dropped", Event("Email Suppressed")),
    ("email failed", Event("Email Failed")),
    ("email undeliverable", Event("Email Undeliverable")),
    ("email spammed", Event("Email Marked as Spam")),
    ("email unsubscribed", Event("Email Unsubscribed")),
    ("push sent", Event("Push Notification Sent")),
    ("push delivered", Event("Push Notification Delivered")),
    ("push opened", Event("Push Notification Opened")),
    ("push clicked", Event("Push Link Clicked")),
    ("push converted", Event("Push Converted")),
    ("push bounced", Event("Push Notification Bounced")),
    ("push dropped", Event("Push Suppressed")),
    ("push failed", Event("Push Notification Failed")),
    ("push undeliverable", Event("Push Undeliverable")),
    ("sms sent", Event("SMS Sent")),
    ("sms delivered", Event("SMS Delivered")),
    ("sms clicked", Event("SMS Link Clicked")),
    ("sms converted", Event("SMS Converted")),
    ("sms bounced", Event("SMS Bounced")),
    ("sms failed", Event("SMS Failed")),
    ("sms undeliverable", Event("SMS Undelivered")),
    ("in_app sent", Event("In-App Message Sent")),
    ("in_app opened", Event("In-App Message Opened")),
    ("in_app clicked", Event("In-App Message Clicked")),
    ("in_app converted", Event("In-App Message Converted")),
    ("webhook sent", Event("Webhook Sent")),
    ("webhook clicked", Event("Webhook Link Clicked")),
    ("webhook failed", Event("Webhook Failed")),
    ("customer subscribed", Event("User Unsuppressed")),
    ("customer unsubscribed", Event("User Suppressed")),
    ("customer subscription_preferences_changed", Nothing(NO_MESSAGE)),
    ("customer cio_subscription_preferences_changed", Nothing(NO_MESSAGE)),
];
/// Metrics of any object that are steps on the way.
const STEPS: [&str; 3] = ["drafted", "attempted", "deferred"];

impl Reporter for CustomerIo {
    fn name(&self) -> &'static str {
        "customer-io"
    }

    fn vendor(&self) -> &'static str {
        "Customer.io"
    }

    fn channels(&self) -> &'static [&'static str] {
        &["email", "in-app", "push", "sms", "webhook"]
    }

    fn verify(&self, key: &str, request: &Request) -> Result<(), Unverified> {
        let next = "have the callbacks come from a reporting webhook of Customer.io's, straight";
        let missing = |shown| Unverified::Missing { shown, next };
        let signature = request.header(SIGNATURE).ok_or_else(|| missing(SIGNATURE))?;
        let timestamp = request.header(TIMESTAMP).ok_or_else(|| missing(TIMESTAMP))?;
        let mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("hmac should take a key of any length");
        let mac = mac.chain_update(format!("v0:{timestamp}:")).chain_update(&request.body);
        let with = "the webhook's signing key in Customer.io's integrations";
        let signature = from_hex(signature).unwrap_or_default();
        mac.verify_slice(&signature).map_err(|_| Unverified::Wrong { shown: SIGNATURE, with })
    }

    fn reports(&self, body: &[u8]) -> Result<Vec<Vec<u8>>, Excess> {
        elements(body)
    }

    fn told(&self, report: Fields<'_>) -> Result<Told, &'static str> {
        let object = report.text("object_type").ok_or("it has no `object_type`")?;
        let metric = report.text("metric").ok_or("it has no `metric`")?;
        if STEPS.contains(&metric.as_str()) {
            return Ok(Told::Nothing(ON_THE_WAY));
        }
        match meaning(WORDS, &format!("{object} {metric}")) {
            Nothing(reason) => Ok(Told::Nothing(reason)),
            Event(event) => Ok(Told::Report(Box::new(of_event(event, &object, report)))),
        }
    }
}

fn of_event(event: &'static str, object: &str, report: Fields<'_>) -> Report {
    let data = report.within("data");
    let people = data.within("identifiers");
    let recipient = data.text("recipient");
    let device = device(data);
    // A push that names no device, or several, says nothing certain of any.
    let is_vague = event == "Push Notification Bounced" && device.is_none();
    let texts = [
        ("phone", recipient.clone().filter(|_| object == "sms")),
        ("token", device),
        ("link_url", data.text("href")),
        ("campaign_id", data.first_text(&["campaign_id", "broadcast_id", "newsletter_id", "transactional_message_id"])),
        ("action_id", data.text("action_id")),
        ("delivery_id", data.text("delivery_id")),
        ("reason", data.text("failure_message")),
    ];
    Report {
        event: if is_vague { "Push Notification Failed" } else { event },
        id: report.text("event_id").map(|id| format!("customer-io:{id}")),
        at: report.get("timestamp").cloned(),
        ours: Ours::of(&[data]),
        user_id: people.text("id").or_else(|| data.text("customer_id")),
        email: recipient.filter(|_| object == "email").or_else(|| people.text("email")),
        properties: texts.into_iter().filter_map(|(name, text)| Some((name, Value::from(text?)))).collect(),
    }
}

/// The device that a push went to, where it was one.
fn device(data: Fields<'_>) -> Option<String> {
    match data.list("recipients") {
        [only] => Fields::of(only).text("device_id"),
        _ => None,
    }
}
