//! Master keys as they are written: a line `ID:KEY` each, the current one first. Blank lines and `#` comments are allowed.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hkdf::Hkdf;
use sha2::Sha256;
use zeroize::Zeroizing;

use super::KeyringError;
use crate::domain::{Secret, limits};

/// A master key's public name. Holds no dot and no colon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct MasterKeyId(String);

impl MasterKeyId {
    fn parse(text: &str) -> Option<Self> {
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
        let fits = (1..=limits::MASTER_KEY_ID_BYTES_MAX).contains(&text.len());
        (fits && text.chars().all(allowed)).then(|| Self(text.to_owned()))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// A master key. It is only ever derived from.
pub(super) struct MasterKey {
    pub(super) id: MasterKeyId,
    key: Zeroizing<[u8; 32]>,
}

impl MasterKey {
    /// The key for one purpose.
    pub(super) fn derive(&self, purpose: &str) -> [u8; 32] {
        let mut derived = [0; 32];
        Hkdf::<Sha256>::new(None, self.key.as_slice())
            .expand_multi_info(&[b"rekindle ", purpose.as_bytes()], &mut derived)
            .expect("32 bytes should be a length that HKDF can give");
        derived
    }
}

/// Draws a master key: its line.
pub fn draw() -> Secret {
    let (mut key, mut id) = (Zeroizing::new([0; 32]), [0; 4]);
    getrandom::fill(key.as_mut_slice()).expect("the operating system should give random bytes");
    getrandom::fill(&mut id).expect("the operating system should give random bytes");
    let encoded = Zeroizing::new(STANDARD.encode(key.as_slice()));
    Secret::new(format!("mk-{:08x}:{}", u32::from_be_bytes(id), encoded.as_str()))
}

/// Reads the lines that `origin` holds.
pub(super) fn parse(origin: &str, text: &str) -> Result<Vec<MasterKey>, KeyringError> {
    let mut keys: Vec<MasterKey> = Vec::new();
    for (index, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let wrong = |why| KeyringError::Line { origin: origin.to_owned(), line: index + 1, why };
        let key = parse_line(line).map_err(wrong)?;
        if keys.iter().any(|known| known.id == key.id) {
            return Err(wrong("has the id of a line before"));
        }
        if keys.len() == limits::MASTER_KEYS_MAX {
            return Err(wrong("is one key too many"));
        }
        keys.push(key);
    }
    if keys.is_empty() { Err(KeyringError::Empty { origin: origin.to_owned() }) } else { Ok(keys) }
}

fn parse_line(line: &str) -> Result<MasterKey, &'static str> {
    let (id, key) = line.split_once(':').ok_or("holds no `:`")?;
    let id = MasterKeyId::parse(id.trim()).ok_or("has an id that is not 1 to 32 of `a-z`, `0-9`, `-` and `_`")?;
    let bytes = Zeroizing::new(STANDARD.decode(key.trim()).map_err(|_| "has a key that is no base64")?);
    let key = bytes.as_slice().try_into().map_err(|_| "has a key that is not of 32 bytes")?;
    Ok(MasterKey { id, key: Zeroizing::new(key) })
}
