//! The audit log's rows and the chain that they make: each holds the digest of the one before, and the last one's digest is
//! kept apart. Who changes, removes or inserts a row breaks the chain; who writes a whole log anew changes its head, so an
//! operator who keeps heads elsewhere notices that, too.

use std::fmt::Write as _;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Actor, Deed, DeedOutcome};
use crate::domain::Timestamp;

/// The digest of a row's bytes.
pub(super) type Head = [u8; 32];

/// What stands before the first row.
pub(super) const NOTHING: Head = [0; 32];

/// A row as it is kept and shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditRow {
    /// When, in milliseconds since the epoch.
    pub at_ms: i64,
    /// `house`, `bootstrap`, or a key's id.
    pub actor: String,
    /// What the key allowed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// What was done.
    pub operation: String,
    /// To what.
    pub object: String,
    /// `done`, `forbidden` or `conflict`.
    pub outcome: String,
    /// By which request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request_id: Option<String>,
    /// The SHA-256 of the row before, in hexadecimal digits.
    pub before: String,
}

/// What an inspection of a log found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Inspection {
    /// How many rows there are.
    pub rows: u64,
    /// The number of the first row that is kept; older ones have had their time.
    pub first: u64,
    /// The SHA-256 of the last row.
    pub head: String,
    /// The first row that does not fit, and why; none when all do.
    pub broken: Option<(u64, &'static str)>,
}

impl AuditRow {
    /// The row that comes after `before`.
    pub(super) fn new(deed: &Deed, outcome: DeedOutcome, at: Timestamp, before: &Head) -> Self {
        let (actor, role) = match &deed.actor {
            Actor::House => ("house", None),
            Actor::Bootstrap => ("bootstrap", None),
            Actor::Key { id, role, .. } => (id.as_str(), Some(role.to_string())),
        };
        Self {
            at_ms: at.as_millis(),
            actor: actor.to_owned(),
            role,
            operation: deed.operation.clone(),
            object: deed.object.clone(),
            outcome: outcome.as_str().to_owned(),
            request_id: deed.request_id.clone(),
            before: hex(before),
        }
    }

    pub(super) fn to_bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a row should be writable: it is texts")
    }
}

/// The digest of a row's bytes.
pub(super) fn digest(bytes: &[u8]) -> Head {
    Sha256::digest(bytes).into()
}

pub(super) fn hex(head: &Head) -> String {
    head.iter().fold(String::with_capacity(64), |mut text, byte| {
        write!(text, "{byte:02x}").expect("text should take text");
        text
    })
}

/// Follows a chain, row by row.
pub(super) struct Inspector {
    found: Inspection,
    last: Option<(u64, Head)>,
}

impl Inspector {
    pub(super) fn new() -> Self {
        Self { found: Inspection { rows: 0, first: 0, head: hex(&NOTHING), broken: None }, last: None }
    }

    /// Looks at the next row.
    pub(super) fn see(&mut self, number: u64, bytes: &[u8]) {
        let fault = match (serde_json::from_slice::<AuditRow>(bytes), self.last) {
            (Err(_), _) => Some("it cannot be read"),
            (Ok(_), Some((last, _))) if number != last + 1 => Some("rows before it are missing"),
            (Ok(row), Some((_, before))) if row.before != hex(&before) => {
                Some("the row before it is not the one that was")
            }
            (Ok(row), None) if number == 1 && row.before != hex(&NOTHING) => Some("it is not the first row that was"),
            _ => None,
        };
        self.note(number, fault);
        if self.found.rows == 0 {
            self.found.first = number;
        }
        self.found.rows += 1;
        self.last = Some((number, digest(bytes)));
    }

    /// Ends with the head that was kept.
    pub(super) fn end(mut self, head: &Head) -> Inspection {
        let (number, last) = self.last.unwrap_or((0, NOTHING));
        self.note(number, (last != *head).then_some("it is not the last row that was"));
        self.found.head = hex(&last);
        self.found
    }

    fn note(&mut self, number: u64, fault: Option<&'static str>) {
        if self.found.broken.is_none() {
            self.found.broken = fault.map(|why| (number, why));
        }
    }
}
