//! The book of what went out.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::domain::Timestamp;
use crate::outbox::Entry;
use crate::store::{Row, RowKey};

/// One message that its provider accepted.
#[derive(Debug, Serialize, Deserialize)]
#[expect(
    missing_docs,
    reason = "the names are the record's own and those of `messages list`, described in docs/api.md"
)]
pub struct MessageRow {
    pub id: String,
    pub campaign: String,
    pub step: String,
    pub channel: String,
    pub profile: String,
    pub content: Box<RawValue>,
    pub at: i64,
    pub provider: String,
    pub attempts: u32,
}

impl MessageRow {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

pub(super) fn row(entry: &Entry, provider: &str, at: Timestamp) -> Row {
    let content = RawValue::from_string(entry.content.as_str().to_owned()).expect("a `Json` should be JSON");
    let row = MessageRow {
        id: entry.id.to_string(),
        campaign: entry.campaign.to_string(),
        step: entry.step.clone(),
        channel: entry.channel.clone(),
        profile: entry.profile.to_string(),
        content,
        at: at.as_millis(),
        provider: provider.to_owned(),
        attempts: entry.attempts,
    };
    Row {
        key: RowKey { tenant: entry.tenant.clone(), page: String::new(), at: row.at, id: row.id.clone() },
        body: serde_json::to_vec(&row).expect("a message should be storable"),
    }
}
