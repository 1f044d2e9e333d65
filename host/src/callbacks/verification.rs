//! What a callback shows of its sender, and what reporters need to check it.

use axum::http::HeaderMap;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::domain::Timestamp;

/// A callback, as it came.
pub(super) struct Request {
    pub(super) headers: HeaderMap,
    /// The addresses by which the sender may know this one: what stands in front of the path depends on proxies.
    pub(super) addresses: Vec<String>,
    /// What stands behind the address's `?`.
    pub(super) query: String,
    pub(super) body: Vec<u8>,
    pub(super) arrived: Timestamp,
}

/// Why a callback is not believed.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unverified {
    /// Nothing shows whose it is.
    #[error("`{shown}` is missing: {next}")]
    Missing {
        /// What the provider shows.
        shown: &'static str,
        /// How to have it shown.
        next: &'static str,
    },
    /// It is somebody else's, or the key is another.
    #[error("`{shown}` does not fit the channel's `callback_key`: compare it with {with}")]
    Wrong {
        /// What was shown.
        shown: &'static str,
        /// Where the key is to be had.
        with: &'static str,
    },
}

impl Request {
    /// The header of that name, where it is a text.
    pub(super) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok().map(str::trim)
    }
}

/// The bytes of a base64 text.
pub(super) fn from_base64(text: &str) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// The bytes of hexadecimal digits.
pub(super) fn from_hex(digits: &str) -> Option<Vec<u8>> {
    let is_whole = digits.len().is_multiple_of(2) && digits.bytes().all(|digit| digit.is_ascii_hexdigit());
    let byte = |at: usize| u8::from_str_radix(&digits[at..at + 2], 16).ok();
    if is_whole { (0..digits.len()).step_by(2).map(byte).collect() } else { None }
}
