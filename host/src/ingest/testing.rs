//! What the room's tests share.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use crate::domain::{SourceId, TenantId, Timestamp};
use crate::tenants::{Inlet, Secret, Source};

/// The address of `source`.
pub(crate) const TOKEN: &str = "t0ken";

/// A source with these secrets.
pub(crate) fn source(secrets: &[&str]) -> Source {
    Source {
        tenant: TenantId::parse("shop").unwrap(),
        id: SourceId::parse("web").unwrap(),
        token: Secret::new(TOKEN.to_owned()),
        secrets: secrets.iter().map(|text| Secret::new((*text).to_owned())).collect(),
        bearer: None,
        basic_key: None,
    }
}

/// The inlet of such a source, of a tenant that mapped nothing.
pub(crate) fn inlet(secrets: &[&str]) -> Inlet {
    Inlet { source: source(secrets), mappings: Arc::default() }
}

/// When everything arrives: 2026-01-02T03:05:00Z.
pub(crate) fn arrived() -> Timestamp {
    Timestamp::from_millis(1_767_323_100_000)
}

/// Segment's signature over these bytes.
pub(crate) fn signature(secret: &str, bytes: &[u8]) -> String {
    let key = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).unwrap();
    key.chain_update(bytes).finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One request as Segment's own statements make it.
pub(crate) struct Vector {
    pub(crate) name: String,
    pub(crate) secret: String,
    pub(crate) body: Vec<u8>,
    pub(crate) signature: String,
    /// What was signed: `body`, `first` or `prefix` (of the first element's members).
    pub(crate) signed: String,
    /// How many elements the body holds.
    pub(crate) elements: u64,
}

/// A vector of every flavour.
pub(crate) fn vectors() -> Vec<Vector> {
    let lines = include_str!("../../../tests/fixtures/signature-vectors.jsonl").lines();
    let vector = |line: &str| {
        let line: serde_json::Value = serde_json::from_str(line).unwrap();
        let text = |name: &str| line[name].as_str().unwrap().to_owned();
        Vector {
            name: text("name"),
            secret: text("secret"),
            body: STANDARD.decode(text("body_utf8_base64")).unwrap(),
            signature: text("x_signature"),
            signed: text("signed"),
            elements: line["elements"].as_u64().unwrap(),
        }
    };
    lines.map(vector).collect()
}
