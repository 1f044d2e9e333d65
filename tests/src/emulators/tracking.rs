//! Segment's Tracking API: the batches of one source.
//!
//! Sources: segmentio/segment-docs, `connections/sources/catalog/libraries/server/http-api` (credentials, limits, 429) and
//! `connections/spec/common` (members). Segment answers 200 to nearly everything and drops what it does not like: such is a fault here.

use hyper::Method;
use serde_json::{Value, json};

use super::fields::Fields;
use super::request::{Fault, Reply, Request};
use super::{Api, Order};

const REQUEST_BYTES_MAX: usize = 500_000;
const CALL_BYTES_MAX: usize = 32_000;
const CALLS_MAX: usize = 2_500;
const MESSAGE_ID_BYTES_MAX: usize = 100;
/// Base64 of the key and a colon.
const AUTHORIZATION: &str = "Basic azE6";
const MEMBERS: &[&str] = &[
    "type",
    "event",
    "messageId",
    "userId",
    "anonymousId",
    "timestamp",
    "properties",
    "context",
    "integrations",
    "sentAt",
    "originalTimestamp",
];

/// The API of one source.
pub struct Tracking;

impl Tracking {
    /// The source's write key.
    pub const WRITE_KEY: &str = "k1";
}

impl Api for Tracking {
    fn read(&self, request: &Request) -> Result<Vec<Order>, Fault> {
        request.is_for(&Method::POST, "/v1/batch")?;
        // Said yes to, and dropped.
        request.shows(AUTHORIZATION).map_err(|fault| Fault { status: 200, ..fault })?;
        let body = request.json()?;
        let fields = Fields::of("the body", &body, &["batch", "context", "integrations", "sentAt", "writeKey"])?;
        let calls = fields.required_list("batch")?;
        if request.body.len() > REQUEST_BYTES_MAX || calls.len() > CALLS_MAX {
            return Err(Fault::bad(format!("{} calls in {} bytes are too many", calls.len(), request.body.len())));
        }
        calls.iter().map(order).collect()
    }

    fn success(&self, _: &[Order], _: u64) -> Reply {
        Reply::new(200, json!({"success": true}))
    }

    fn failure(&self, fault: &Fault) -> Reply {
        Reply::new(fault.status, Value::Null).asking_for_patience()
    }
}

fn order(call: &Value) -> Result<Order, Fault> {
    let fields = Fields::of("a call", call, MEMBERS)?;
    if call.to_string().len() > CALL_BYTES_MAX || fields.required_text("type")? != "track" {
        return Err(Fault::bad("a call is too long, or of a type that nobody here sends".to_owned()));
    }
    let id = fields.required_text("messageId")?;
    let timestamp = fields.required_text("timestamp")?;
    if id.len() > MESSAGE_ID_BYTES_MAX || timestamp.parse::<jiff::Timestamp>().is_err() {
        return Err(Fault::bad(format!("`{id}` is too long, or `{timestamp}` no moment")));
    }
    fields.object("properties")?.ok_or_else(|| fields.missing("properties"))?;
    fields.object("context")?;
    let person = fields.text("userId")?.or(fields.text("anonymousId")?);
    Ok(Order {
        person: person.ok_or_else(|| fields.missing("userId"))?.to_owned(),
        what: fields.required_text("event")?.to_owned(),
        message: Some(id.to_owned()),
        said: call.clone(),
    })
}
