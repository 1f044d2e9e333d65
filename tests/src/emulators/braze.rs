//! Braze's REST API, as far as one API-triggered campaign needs it, and what Braze tells Segment of its messages (Currents).
//!
//! Sources: repository `braze-inc/braze-docs`, `_docs/_api/endpoints/messaging/send_messages/post_send_triggered_campaigns.md` (members,
//! 50 recipients) and `_docs/_api/objects_filters/recipient_object.md` (one identifier each; who is there twice is left out once);
//! braze.com/docs/api/errors (forms of answers); `_docs/_partners/…/segment/segment_for_currents.md` (names and properties of events). Braze
//! tells of pushes that were sent and tapped; that one was *received* the app itself tells (Segment's mobile specification).

use std::collections::HashSet;

use hyper::Method;
use rekindle::domain::Timestamp;
use serde_json::{Value, json};

use super::fields::Fields;
use super::request::{Fault, Reply, Request};
use super::{Api, Execution, Order};
use crate::segment::track;

/// Recipients of one request.
const RECIPIENTS_MAX: usize = 50;
const MEMBERS: &[&str] =
    &["campaign_id", "send_id", "trigger_properties", "broadcast", "audience", "recipients", "attachments"];
const RECIPIENT_MEMBERS: &[&str] = &[
    "external_user_id",
    "user_alias",
    "email",
    "prioritization",
    "trigger_properties",
    "send_to_existing_only",
    "attributes",
];

/// The API of a workspace with one campaign.
pub struct Braze;

impl Braze {
    /// The workspace's key.
    pub const API_KEY: &str = "b5e1c2d4-braze";
    /// What Braze calls the campaign.
    pub const CAMPAIGN_ID: &str = "f1d3a6b8-4c2e-4f7a-9b10-2d5c8e7a6f31";
    /// Its only message.
    pub const VARIATION: &str = "Variant 1";

    /// What Braze tells Segment of a message.
    pub fn tells(execution: &Execution, name: &str, at: Timestamp) -> Value {
        let Execution { order, number, .. } = execution;
        let properties = json!({
            "app_id": "shop-app", "dispatch_id": dispatch_id(*number), "campaign_id": Self::CAMPAIGN_ID,
            "campaign_name": "Cart push", "message_variation_id": "variant-1", "message_variation_name": Self::VARIATION,
        });
        let mut event = track(&order.person, at, name, properties);
        event["messageId"] = format!("braze/{number}/{}/{name}", order.person).into();
        // Braze's own id of the person.
        event["anonymousId"] = format!("braze-{}", order.person).into();
        event["context"] = json!({"integration": {"name": "Braze"}});
        event
    }
}

impl Api for Braze {
    fn read(&self, request: &Request) -> Result<Vec<Order>, Fault> {
        request.is_for(&Method::POST, "/campaigns/trigger/send")?;
        request.shows(&format!("Bearer {}", Self::API_KEY))?;
        let body = request.json()?;
        let fields = Fields::of("the body", &body, MEMBERS)?;
        if fields.required_text("campaign_id")? != Self::CAMPAIGN_ID {
            return Err(Fault::bad("there is no such campaign".to_owned()));
        }
        fields.text("send_id")?;
        fields.object("trigger_properties")?;
        if fields.flag("broadcast")? == Some(true) {
            return Err(Fault::bad("`broadcast` cannot go with `recipients`".to_owned()));
        }
        let recipients = fields.required_list("recipients")?;
        if recipients.is_empty() || recipients.len() > RECIPIENTS_MAX {
            return Err(Fault::bad(format!("there are {} recipients", recipients.len())));
        }
        let orders: Vec<Order> = recipients.iter().map(order).collect::<Result<_, _>>()?;
        check_once(&orders)?;
        Ok(orders)
    }

    fn success(&self, _: &[Order], number: u64) -> Reply {
        Reply::new(201, json!({"message": "success", "dispatch_id": dispatch_id(number)}))
    }

    fn failure(&self, fault: &Fault) -> Reply {
        Reply::new(fault.status, json!({"message": fault.words})).asking_for_patience()
    }
}

fn order(recipient: &Value) -> Result<Order, Fault> {
    let fields = Fields::of("recipients", recipient, RECIPIENT_MEMBERS)?;
    fields.exactly_one(&["external_user_id", "user_alias", "email"])?;
    fields.flag("send_to_existing_only")?;
    let properties = fields.object("trigger_properties")?.ok_or_else(|| fields.missing("trigger_properties"))?;
    let message = properties.get("rekindle_message").and_then(Value::as_str).map(str::to_owned);
    Ok(Order {
        // Everybody in the tests has an id.
        person: fields.required_text("external_user_id")?.to_owned(),
        what: "push".to_owned(),
        message,
        said: recipient.clone(),
    })
}

/// Whoever is there twice gets one message, and Braze says nothing of it.
fn check_once(orders: &[Order]) -> Result<(), Fault> {
    let mut people = HashSet::new();
    match orders.iter().find(|order| !people.insert(&order.person)) {
        Some(twice) => Err(Fault::bad(format!("`{}` is a recipient twice", twice.person))),
        None => Ok(()),
    }
}

fn dispatch_id(number: u64) -> String {
    format!("{number:032x}")
}
