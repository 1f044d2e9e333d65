//! What names a message from the decision to the provider: a digest, so that what is worked out again comes to the same.

use std::fmt;
use std::sync::Arc;

use super::ids::IdError;

/// Derived from campaign, profile, cause and step, so that a repeated delivery is recognisable.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct InstructionId(Arc<str>);

impl InstructionId {
    /// Bytes of one, without the text around them.
    pub const BYTES: usize = 16;

    /// Parses an id as it was shown before: `msg_` and 32 hexadecimal digits.
    pub fn parse(text: &str) -> Result<Self, IdError> {
        let digits = text.strip_prefix("msg_").unwrap_or_default();
        if digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit()) {
            Ok(Self(text.into()))
        } else {
            Err(IdError::of_instruction(text))
        }
    }

    /// Makes the id from the first half of a digest.
    pub fn from_digest(digest: [u8; 32]) -> Self {
        Self::of_bytes(*digest.first_chunk().expect("a digest should be longer than an id"))
    }

    /// The id of these bytes.
    pub fn of_bytes(bytes: [u8; Self::BYTES]) -> Self {
        Self(format!("msg_{:032x}", u128::from_be_bytes(bytes)).into())
    }

    /// The bytes of the id.
    pub fn bytes(&self) -> [u8; Self::BYTES] {
        let digits = self.0.trim_start_matches("msg_");
        u128::from_str_radix(digits, 16).expect("an id should have been checked when it was made").to_be_bytes()
    }

    /// The id as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for InstructionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
