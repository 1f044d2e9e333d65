//! SHA-256 as a name: what stands for bytes that are too long, too odd or nameless.

use sha2::{Digest, Sha256};

/// The digest's 64 hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The digest as an identity.
pub(crate) fn identity(bytes: &[u8]) -> String {
    format!("digest:{}", hex(bytes))
}
