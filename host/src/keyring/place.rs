//! Where something sealed belongs.

use std::fmt;

use crate::domain::TenantId;

/// One row of one tenant. What is sealed for it opens nowhere else.
#[derive(Debug, Clone, Copy)]
pub struct Place<'a> {
    /// Whose it is.
    pub tenant: &'a TenantId,
    /// What kind of thing.
    pub kind: &'static str,
    /// The thing's name within its tenant.
    pub name: &'a str,
}

impl Place<'_> {
    /// The associated data: every part behind its length, so that no two places look alike.
    pub(super) fn encoded(&self, key_id: &str) -> Vec<u8> {
        let mut bytes = b"rekindle sealed 1".to_vec();
        for part in [key_id, self.tenant.as_str(), self.kind, self.name] {
            bytes.extend_from_slice(&(part.len() as u64).to_be_bytes());
            bytes.extend_from_slice(part.as_bytes());
        }
        bytes
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} `{}` of tenant `{}`", self.kind, self.name, self.tenant)
    }
}
