//! The book of what could not be understood.

use serde::{Deserialize, Serialize};

use crate::domain::{Position, Quarantined, SourceId, TenantId, Timestamp};
use crate::store::{Row, RowKey};

/// One element that is no event, for its owner to look at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct QuarantineRow {
    /// When it arrived, milliseconds since the Unix epoch.
    pub at: i64,
    /// The inlet it came through.
    pub source: String,
    /// What is wrong with it, and where.
    pub reason: String,
    /// What came.
    pub raw: String,
}

impl QuarantineRow {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

pub(super) fn row(
    tenant: &TenantId,
    source: &SourceId,
    quarantined: &Quarantined,
    (position, arrived): (Position, Timestamp),
) -> Row {
    let row = QuarantineRow {
        at: arrived.as_millis(),
        source: source.to_string(),
        reason: quarantined.reason.clone(),
        raw: quarantined.raw.clone(),
    };
    let id = format!("{:016x}", position.0);
    Row {
        key: RowKey { tenant: tenant.clone(), page: String::new(), at: row.at, id },
        body: serde_json::to_vec(&row).expect("a quarantined element should be storable"),
    }
}
