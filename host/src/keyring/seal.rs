//! The one thing here that encrypts: XChaCha20-Poly1305, whose nonces are long enough to be drawn at random for ever.
//!
//! What is sealed is a text, `sealed1.KEY-ID.BASE64`: of the nonce, 24 bytes, and what the cipher made.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use chacha20poly1305::aead::{Aead as _, Payload};
use chacha20poly1305::{KeyInit as _, XChaCha20Poly1305, XNonce};
use zeroize::Zeroizing;

use super::line::MasterKey;
use super::{OpenError, Place};

const FORM: &str = "sealed1";
const NONCE_BYTES: usize = 24;

/// Something sealed, taken apart.
pub(super) struct Parts<'a> {
    pub(super) key_id: &'a str,
    nonce: [u8; NONCE_BYTES],
    ciphertext: Vec<u8>,
}

impl<'a> Parts<'a> {
    pub(super) fn of(sealed: &'a [u8]) -> Result<Self, OpenError> {
        Self::take_apart(sealed).ok_or(OpenError::NotSealed)
    }

    fn take_apart(sealed: &'a [u8]) -> Option<Self> {
        let rest = str::from_utf8(sealed).ok()?.strip_prefix(FORM)?.strip_prefix('.')?;
        let (key_id, encoded) = rest.split_once('.')?;
        let bytes = STANDARD_NO_PAD.decode(encoded).ok()?;
        let (nonce, ciphertext) = bytes.split_first_chunk::<NONCE_BYTES>()?;
        Some(Self { key_id, nonce: *nonce, ciphertext: ciphertext.to_vec() })
    }
}

pub(super) fn seal(key: &MasterKey, place: &Place<'_>, bytes: &[u8]) -> String {
    let mut nonce = [0; NONCE_BYTES];
    getrandom::fill(&mut nonce).expect("the operating system should give random bytes");
    let (key_id, aad) = (key.id.as_str(), place.encoded(key.id.as_str()));
    let payload = Payload { msg: bytes, aad: &aad };
    let ciphertext = cipher(key).encrypt(&XNonce::from(nonce), payload).expect("a row should not be too long to seal");
    format!("{FORM}.{key_id}.{}", STANDARD_NO_PAD.encode([&nonce[..], &ciphertext].concat()))
}

pub(super) fn open(key: &MasterKey, place: &Place<'_>, parts: &Parts<'_>) -> Result<Zeroizing<Vec<u8>>, OpenError> {
    let aad = place.encoded(key.id.as_str());
    let payload = Payload { msg: &parts.ciphertext, aad: &aad };
    let opened = cipher(key).decrypt(&XNonce::from(parts.nonce), payload);
    let failure = |_| OpenError::DoesNotOpen { id: key.id.to_string(), place: place.to_string() };
    opened.map(Zeroizing::new).map_err(failure)
}

fn cipher(key: &MasterKey) -> XChaCha20Poly1305 {
    let derived = Zeroizing::new(key.derive("sealing"));
    XChaCha20Poly1305::new((&*derived).into())
}
