//! Chance: the only file of the room that draws random texts. Each has at least 160 random bits, so that nobody guesses it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::Secret;

/// Letters and digits that survive being read aloud: RFC 4648's base32, lower case.
const BASE32: &[u8; 32] = b"abcdefghijklmnopqrstuvwxyz234567";

/// Letters of a text of 160 random bits.
const TOKEN_LETTERS: usize = 32;

/// A text of 32 letters: 160 random bits.
pub(super) fn token() -> String {
    letters::<TOKEN_LETTERS>()
}

/// A key: a prefix by which scanners find it, 160 random bits, and a checksum by which a typo is told without a look-up.
pub(super) fn key(prefix: &str) -> Secret {
    let body = format!("{prefix}{}", token());
    Secret::new(format!("{body}_{}", checksum(&body)))
}

/// Whether a text with a key's prefix cannot be one: its checksum does not fit. Keys of earlier versions have none.
pub(super) fn is_mistyped(text: &str) -> bool {
    let Some(rest) = text.strip_prefix("rk_") else { return false };
    match rest.split_once('_') {
        Some((body, sum)) => checksum(&format!("rk_{body}")) != sum,
        None => rest.len() != TOKEN_LETTERS,
    }
}

/// The CRC-32C of a text as 7 letters of base32.
fn checksum(text: &str) -> String {
    let sum = crc32c::crc32c(text.as_bytes());
    (0..7).map(|letter| char::from(BASE32[(sum.unbounded_shr(5 * letter) % 32) as usize])).collect()
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
        assert_eq!(key("rk_").expose().len(), 3 + 32 + 1 + 7);
        let secret = webhook_secret();
        let encoded = secret.expose().strip_prefix("whsec_").unwrap();
        assert_eq!(STANDARD.decode(encoded).unwrap().len(), 32);
    }

    #[test]
    fn a_mistyped_key_is_told_from_an_unknown_one() {
        let good = key("rk_").expose().to_owned();
        assert!(!is_mistyped(&good) && !is_mistyped(&format!("rk_{}", token())) && !is_mistyped("given-by-a-script"));
        for at in "rk_".len()..good.len() {
            let mut typo = good.clone().into_bytes();
            typo[at] = if typo[at] == b'q' { b'z' } else { b'q' };
            assert!(is_mistyped(&String::from_utf8(typo).unwrap()), "letter {at}");
            assert!(is_mistyped(&good[..at]) || at == "rk_".len() + TOKEN_LETTERS, "cut at {at}");
        }
        // CRC-32C of `123456789` is a published check value.
        assert_eq!(crc32c::crc32c(b"123456789"), 0xE306_9283);
    }
}
