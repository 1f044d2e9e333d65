//! Chance: the only file of the room that draws random texts. Each has at least 160 random bits, so that nobody guesses it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Secret;

/// Letters and digits that survive being read aloud: RFC 4648's base32, lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// A text of 32 letters: 160 random bits.
pub(super) fn token() -> String {
    letters::<32>()
}

/// A text of 12 letters: an id that need not be secret, only unlike the others of its tenant.
pub(super) fn id() -> String {
    letters::<12>()
}

/// 32 random bytes as hexadecimal digits, for Segment's form.
pub(super) fn source_secret() -> Secret {
    Secret::new(bytes::<32>().iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A signing key as Standard Webhooks writes it: `whsec_` and the base64 of 32 bytes.
pub fn webhook_secret() -> Secret {
    Secret::new(format!("whsec_{}", STANDARD.encode(bytes::<32>())))
}

fn letters<const N: usize>() -> String {
    bytes::<N>().iter().map(|byte| char::from(BASE32[usize::from(byte % 32)])).collect()
}

fn bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).expect("the operating system should give random bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_shape_and_differ() {
        assert_eq!((token().len(), id().len(), source_secret().expose().len()), (32, 12, 64));
        assert!(token().chars().all(|c| c.is_ascii_lowercase() || ('2'..='7').contains(&c)));
        assert_ne!(token(), token());
        let secret = webhook_secret();
        let encoded = secret.expose().strip_prefix("whsec_").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap().len(), 32);
    }
}
