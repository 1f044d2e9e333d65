//! The Track API: events, many in a request. Each has an id of its own, which stays the same, so that a repetition is recognised,
//! and which callbacks about messages that the event led to give back as `trigger_event_id`.

use std::sync::Arc;

use serde_json::{Value, json};
use ulid::Ulid;

use super::person::identifiers;
use super::settings::Events;
use super::{NAME, OWN, answer};
use crate::channels::bulk::{Bulk, Sending, gathering};
use crate::channels::common::below;
use crate::channels::content::{Content, refused};
use crate::channels::properties::properties;
use crate::channels::{Channel, Http, Message, Receipt};
use crate::domain::{InstructionId, Timestamp, limits};

/// An attribute that has messages sent to the address that it holds, whoever the event is about.
const RECIPIENT: &str = "recipient";

pub(super) fn channel(settings: Events, http: Http) -> Arc<dyn Channel> {
    gathering(Opened { settings, http })
}

struct Opened {
    settings: Events,
    http: Http,
}

/// Events of about one size: a request is bounded in bytes, and most events are small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Size {
    Small,
    Large,
}

impl Bulk for Opened {
    type Request = Size;
    /// An event.
    type Part = Value;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn sort(&self, message: &Message) -> Result<(Size, Value), Receipt> {
        let event = event(&self.settings, message)?;
        match event.to_string().len() {
            bytes if bytes <= limits::CUSTOMER_IO_SMALL_EVENT_BYTES_MAX => Ok((Size::Small, event)),
            bytes if bytes <= limits::CUSTOMER_IO_EVENT_BYTES_MAX => Ok((Size::Large, event)),
            _ => Err(refused("the content is too long: Customer.io takes events of at most 32 kB")),
        }
    }

    fn request_max(&self, size: &Size) -> usize {
        match size {
            Size::Small => limits::CUSTOMER_IO_SMALL_EVENTS_MAX,
            Size::Large => limits::CUSTOMER_IO_LARGE_EVENTS_MAX,
        }
    }

    fn send<'a>(&'a self, _: &'a Size, events: Vec<Value>, at: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            let url = below(&self.settings.url, ["api", "v2", "batch"]);
            let request = self.http.post(url).basic_auth(&self.settings.site_id, Some(&self.settings.key));
            match self.http.send(request.json(&json!({ "batch": events })), at).await {
                Ok(answer) => answer::receipts(&answer, events.len()),
                Err(receipt) => vec![receipt; events.len()],
            }
        })
    }
}

fn event(settings: &Events, message: &Message) -> Result<Value, Receipt> {
    let content = Content::of(message)?;
    let own = content.under(OWN)?;
    let unnamed = || refused("the event has no name: set `event`, or have the content name one under `customer-io`");
    let name = own.text("event")?.or(settings.name.as_deref()).ok_or_else(unnamed)?;
    let attributes = properties(message, &content)?;
    if attributes.contains_key(RECIPIENT) {
        return Err(refused("the content has a `recipient`, which Customer.io would send to: use another name"));
    }
    Ok(json!({
        "type": "person",
        "identifiers": identifiers(message, settings.identify_by)?,
        "action": "event",
        "name": name,
        "id": id(&message.id, message.promised_at).to_string(),
        "timestamp": message.promised_at.as_millis() / 1_000,
        "attributes": attributes,
    }))
}

/// When the message was promised, and as much of its id as there is room for: the first 20 of its digits.
fn id(message: &InstructionId, promised_at: Timestamp) -> Ulid {
    let digits = u128::from_be_bytes(message.bytes()) >> (128 - Ulid::RAND_BITS);
    Ulid::from_parts(u64::try_from(promised_at.as_millis()).unwrap_or_default(), digits)
}
