//! What is asked, as plain data.
//!
//! Source: segmentio/public-api-sdk-go, `api/api_destinations.go` (API 69.0.0: paths, methods, media types, "5 requests per minute" and "the
//! Workspace needs to have the Destination Subscriptions feature enabled" of mappings, which it calls subscriptions); the ids of Webhooks
//! (Actions) and of its action `Send` from segmentio/action-destinations, `destinations/index.ts`, and public exports of
//! segmentio/terraform-provider-segment.
//!
//! UNCONFIRMED: whether `PATCH` merges settings or replaces them; the destination has no other than its secret. Whether a mapping takes
//! all its settings by the names that exports show; what is refused is printed, with the steps by hand.

use reqwest::{Method, Url};
use serde_json::{Value, json};

use super::UNKNOWN;
use crate::cli::client::below;
use crate::domain::SourceId;

/// Webhooks (Actions) in the catalogue.
const WEBHOOKS: &str = "614a3c7d791c91c41bae7599";
/// Its only action.
const SEND: &str = "nFPnRozhz1mh4Gbx4MLvT5";
/// Every kind of call.
pub(super) const TRIGGER: &str =
    r#"type = "track" or type = "identify" or type = "page" or type = "screen" or type = "group" or type = "alias""#;

/// The media type of what is in general use, and of what is not yet.
const STABLE: &str = "application/vnd.segment.v1+json";
const ALPHA: &str = "application/vnd.segment.v1alpha+json";

/// One request.
pub(super) struct Call {
    pub(super) method: Method,
    path: Vec<String>,
    pub(super) body: Value,
    pub(super) media_type: &'static str,
    /// Whether it is our own server's.
    pub(super) is_ours: bool,
}

impl Call {
    fn segments(method: Method, path: &[&str], body: Value) -> Self {
        let path = path.iter().map(|part| (*part).to_owned()).collect();
        Self { method, path, body, media_type: STABLE, is_ours: false }
    }

    fn ours(path: &[&str], body: Value) -> Self {
        let path = ["v1"].iter().chain(path);
        Self { is_ours: true, ..Self::segments(Method::POST, &path.copied().collect::<Vec<_>>(), body) }
    }

    /// Where it goes.
    pub(super) fn address(&self, base: &Url) -> Url {
        below(base, self.path.iter().map(String::as_str))
    }
}

pub(super) fn look_at_source(id: &str) -> Call {
    Call::segments(Method::GET, &["sources", id], Value::Null)
}

pub(super) fn look_at_destination(id: &str) -> Call {
    Call::segments(Method::GET, &["destinations", id], Value::Null)
}

/// A destination, which sends nothing without a mapping.
pub(super) fn make_destination(segment_source: &str, ours: &SourceId, secret: &str) -> Call {
    let body = json!({
        "sourceId": segment_source,
        "metadataId": WEBHOOKS,
        "enabled": true,
        "name": format!("Rekindle ({ours})"),
        "settings": {"sharedSecret": secret},
    });
    Call::segments(Method::POST, &["destinations"], body)
}

/// What makes a destination send: all events, whole, many in one request.
pub(super) fn make_mapping(destination: &str, url: &str, batch_size: u32) -> Call {
    let body = json!({
        "name": "Send everything to Rekindle",
        "actionId": SEND,
        "trigger": TRIGGER,
        "enabled": true,
        "settings": {
            "url": url,
            "method": "POST",
            "data": {"@path": "$."},
            "enable_batching": true,
            "batch_size": batch_size,
            "batch_keys": ["url", "method", "headers"],
        },
    });
    let path = ["destinations", destination, "subscriptions"];
    Call { media_type: ALPHA, ..Call::segments(Method::POST, &path, body) }
}

pub(super) fn set_secret(destination: &str, secret: &str) -> Call {
    let body = json!({"settings": {"sharedSecret": secret}});
    Call::segments(Method::PATCH, &["destinations", destination], body)
}

/// What is asked of our own server, to be shown: it is made by `inlet`.
pub(super) fn make_source(source: &SourceId) -> Call {
    Call::ours(&["sources"], json!({"name": source.as_str(), "secret": UNKNOWN}))
}

pub(super) fn rotate_source(source: &SourceId) -> Call {
    Call::ours(&["sources", source.as_str(), "rotate"], json!({"secret": UNKNOWN}))
}

pub(super) fn retire_source(source: &SourceId) -> Call {
    Call::ours(&["sources", source.as_str(), "retire"], json!({}))
}
