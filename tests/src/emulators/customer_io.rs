//! Customer.io's App API, as far as transactional e-mail of one template needs it, and its reporting webhook.
//!
//! Sources: docs.customer.io, *Send a transactional email* (members; `to` and `identifiers` have to be there; subject, body and sender
//! where there is no template) and *Webhooks* (form, signature); the client `customerio/customerio-node` (`lib/api/requests.ts`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use hyper::Method;
use rekindle::domain::Timestamp;
use serde_json::{Map, Value, json};
use sha2::Sha256;

use super::fields::Fields;
use super::request::{Fault, Reply, Request};
use super::{Api, Execution, Order};

const MEMBERS: &[&str] = &[
    "to",
    "identifiers",
    "transactional_message_id",
    "auto_create",
    "message_data",
    "subject",
    "from",
    "reply_to",
    "preheader",
    "body",
    "body_plain",
    "body_amp",
    "headers",
    "attachments",
    "cc",
    "bcc",
    "fake_bcc",
    "language",
    "send_at",
    "send_to_unsubscribed",
    "tracked",
    "queue_draft",
    "disable_message_retention",
    "disable_css_preprocessing",
];
const FLAGS: &[&str] = &["send_to_unsubscribed", "tracked", "queue_draft", "disable_message_retention", "fake_bcc"];
/// When everything was queued: nobody reads it.
const QUEUED_AT: u64 = 1_772_438_400;

/// The API of a workspace with one transactional message.
pub struct CustomerIo;

impl CustomerIo {
    /// The workspace's App API key.
    pub const APP_KEY: &str = "cio-app-key";
    /// What its webhook signs with.
    pub const SIGNING_KEY: &str = "cio-signing-key";
    /// The number of the transactional message.
    pub const TEMPLATE: u64 = 7;

    /// What Customer.io reports of a message.
    pub fn reports(execution: &Execution, metric: &str, at: Timestamp) -> Value {
        let Execution { order, number, .. } = execution;
        json!({
            "event_id": format!("01CIO{number:08}{}", metric.to_uppercase()),
            "object_type": "email", "metric": metric, "timestamp": at.as_millis() / 1_000,
            "data": {
                "customer_id": order.person, "delivery_id": delivery_id(*number), "identifiers": {"id": order.person},
                "recipient": order.said["to"], "subject": order.said["subject"], "transactional_message_id": Self::TEMPLATE,
            },
        })
    }

    /// The headers with which a report of that moment goes out.
    pub fn signature(report: &str, at: Timestamp) -> [(&'static str, String); 2] {
        let timestamp = (at.as_millis() / 1_000).to_string();
        let mac = Hmac::<Sha256>::new_from_slice(Self::SIGNING_KEY.as_bytes())
            .expect("HMAC should take a key of any length")
            .chain_update(format!("v0:{timestamp}:{report}"));
        let signature = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
        [("x-cio-timestamp", timestamp), ("x-cio-signature", signature)]
    }
}

impl Api for CustomerIo {
    fn read(&self, request: &Request) -> Result<Vec<Order>, Fault> {
        request.is_for(&Method::POST, "/v1/send/email")?;
        request.shows(&format!("Bearer {}", Self::APP_KEY))?;
        let body = request.json()?;
        let fields = Fields::of("the body", &body, MEMBERS)?;
        check_address(fields.required_text("to")?)?;
        check_template(&fields)?;
        FLAGS.iter().try_for_each(|name| fields.flag(name).map(drop))?;
        fields.object("headers")?.map_or(Ok(()), check_headers)?;
        let data = fields.object("message_data")?.ok_or_else(|| fields.missing("message_data"))?;
        Ok(vec![Order {
            person: person(&fields)?,
            what: "email".to_owned(),
            message: data.get("rekindle_message").and_then(Value::as_str).map(str::to_owned),
            said: body.clone(),
        }])
    }

    fn success(&self, _: &[Order], number: u64) -> Reply {
        Reply::new(200, json!({"delivery_id": delivery_id(number), "queued_at": QUEUED_AT}))
    }

    fn failure(&self, fault: &Fault) -> Reply {
        Reply::new(fault.status, json!({"meta": {"error": fault.words}})).asking_for_patience()
    }
}

/// Exactly one identifier, and here it is the tenant's.
fn person(fields: &Fields<'_>) -> Result<String, Fault> {
    let identifiers = fields.get("identifiers").ok_or_else(|| fields.missing("identifiers"))?;
    let known = ["id", "email", "cio_id"];
    let identifiers = Fields::of("identifiers", identifiers, &known)?;
    identifiers.exactly_one(&known)?;
    identifiers.required_text("id").map(str::to_owned)
}

/// One address, alone or behind a name.
fn check_address(to: &str) -> Result<(), Fault> {
    let address = to.rsplit_once('<').map_or(to, |(_, address)| address.trim_end_matches('>'));
    let is_address = address.split_once('@').is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'));
    match is_address && !address.contains([',', ' ']) {
        true => Ok(()),
        false => Err(Fault::bad("`to` is no address".to_owned())),
    }
}

/// A template by its number or by the name that triggers it, or else all that an e-mail needs.
fn check_template(fields: &Fields<'_>) -> Result<(), Fault> {
    let Some(template) = fields.get("transactional_message_id") else {
        return ["subject", "body", "from"].iter().try_for_each(|name| fields.required_text(name).map(drop));
    };
    let number = template.as_u64().or_else(|| template.as_str()?.parse().ok());
    match number == Some(CustomerIo::TEMPLATE) {
        true => fields.text("subject").map(drop),
        false => Err(Fault { status: 404, words: "there is no such transactional message".to_owned() }),
    }
}

/// Texts of printable ASCII.
fn check_headers(headers: &Map<String, Value>) -> Result<(), Fault> {
    let is_fit = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
    match headers.iter().find(|(name, value)| !is_fit(name) || !value.as_str().is_some_and(is_fit)) {
        Some((name, _)) => Err(Fault::bad(format!("the header `{name}` cannot be sent"))),
        None => Ok(()),
    }
}

fn delivery_id(number: u64) -> String {
    STANDARD.encode(format!("cio-delivery-{number:08}"))
}
