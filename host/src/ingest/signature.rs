//! `X-Signature`: HMAC-SHA1 under the shared secret, 40 hexadecimal digits, over raw bytes. Which bytes differs by flavour
//! (segmentio/action-destinations: `webhook`, `webhook-extensible`, `webhook-audiences`):
//!
//! - a single event: the body, which is the event;
//! - a batch: its **first element** alone, without the extensible webhook's wrapping;
//! - an audience with `extras`: the event before they were merged in, so a prefix of its members. Then the prefix is the
//!   event: whoever saw a signed body could have added the rest;
//! - or the whole batch, a change that Segment has in review.
//!
//! The other elements of a batch are signed by nobody. They are taken all the same: refusing them would lose every batch
//! for good, and to add some, one must know the source's address, whose token cannot be guessed.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;

use super::outline::items;
use crate::domain::limits;
use crate::tenants::Secret;

/// Why a signature does not count.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SignatureError {
    /// There is none.
    #[error("`x-signature` is missing: set the source's secret as the destination's shared secret in segment")]
    Missing,
    /// It cannot be one.
    #[error("`x-signature` is not 40 hexadecimal digits: remove the mapping's own header of that name")]
    Malformed,
    /// No secret makes it.
    #[error(
        "`x-signature` matches no active secret of the source: compare the destination's shared secret in segment with \
         the source's, or rotate it"
    )]
    Wrong,
}

/// What a valid signature says about the first element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Covered {
    /// It is good as it came.
    AsItCame,
    /// Only these bytes, and a closing brace, were signed.
    Prefix(usize),
}

/// The bytes of a signature.
pub(crate) fn parse(header: Option<&[u8]>) -> Result<[u8; 20], SignatureError> {
    let digits = header.ok_or(SignatureError::Missing)?.trim_ascii();
    let text = str::from_utf8(digits).ok().filter(|text| text.len() == 40 && text.is_ascii());
    let text = text.ok_or(SignatureError::Malformed)?;
    let mut signature = [0; 20];
    for (byte, at) in signature.iter_mut().zip((0..40).step_by(2)) {
        let pair = &text[at..at + 2];
        let is_hex = pair.bytes().all(|digit| digit.is_ascii_hexdigit());
        *byte = u8::from_str_radix(pair, 16).ok().filter(|_| is_hex).ok_or(SignatureError::Malformed)?;
    }
    Ok(signature)
}

/// Checks a signature against everything that it may be over, under every active secret.
pub(crate) fn verify(
    secrets: &[Secret],
    signature: &[u8; 20],
    body: &[u8],
    first: &[u8],
) -> Result<Covered, SignatureError> {
    let mut tried = secrets.iter().map(|secret| covered(&keyed(secret), signature, body, first));
    tried.find_map(|covered| covered).ok_or(SignatureError::Wrong)
}

fn keyed(secret: &Secret) -> Hmac<Sha1> {
    Hmac::new_from_slice(secret.expose().as_bytes()).expect("hmac should take a key of any length")
}

fn covered(key: &Hmac<Sha1>, signature: &[u8; 20], body: &[u8], first: &[u8]) -> Option<Covered> {
    let signs = |bytes: &[u8]| key.clone().chain_update(bytes).verify_slice(signature).is_ok();
    if signs(body) || (first.len() != body.len() && signs(first)) {
        return Some(Covered::AsItCame);
    }
    signed_prefix(key, signature, first).map(Covered::Prefix)
}

/// How much of the object was signed, when members were added behind. One pass: each attempt goes on where the last ended.
fn signed_prefix(key: &Hmac<Sha1>, signature: &[u8; 20], object: &[u8]) -> Option<usize> {
    if object.len() > limits::EVENT_BYTES_MAX || object.first() != Some(&b'{') {
        return None;
    }
    let ends: Vec<usize> = items(object)?.map(|member| member.end).collect();
    let shortest = ends.len().saturating_sub(1 + limits::EXTRAS_MEMBERS_MAX);
    let longest = ends.len().saturating_sub(1);
    let mut mac = key.clone();
    let mut hashed = 0;
    ends[shortest..longest].iter().copied().find(|end| {
        mac.update(&object[hashed..*end]);
        hashed = *end;
        mac.clone().chain_update(b"}").verify_slice(signature).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::split::split;
    use crate::ingest::testing::{Vector, vectors};

    fn check(secrets: &[&str], header: &str, body: &[u8]) -> Result<Covered, SignatureError> {
        let secrets: Vec<Secret> = secrets.iter().map(|text| Secret::new((*text).to_owned())).collect();
        let batch = split(body).unwrap();
        let first = batch.elements.first().map_or(&b""[..], |first| &first.text);
        verify(&secrets, &parse(Some(header.as_bytes()))?, body, first)
    }

    /// Which bytes of the body the vector's signature answers for.
    fn signed_range(vector: &Vector) -> std::ops::Range<usize> {
        let batch = split(&vector.body).unwrap();
        let first = &batch.elements[0];
        match vector.signed.as_str() {
            "body" => 0..vector.body.len(),
            "first" => first.at..first.at + first.text.len(),
            "prefix" => {
                let Ok(Covered::Prefix(end)) = check(&[&vector.secret], &vector.signature, &vector.body) else {
                    panic!("{}", vector.name);
                };
                first.at..first.at + end
            }
            other => panic!("{other}"),
        }
    }

    #[test]
    fn every_flavour_of_segment_verifies() {
        for vector in vectors() {
            let covered = check(&[&vector.secret], &vector.signature, &vector.body);
            match vector.signed.as_str() {
                "prefix" => assert!(matches!(covered, Ok(Covered::Prefix(_))), "{}", vector.name),
                _ => assert_eq!(covered, Ok(Covered::AsItCame), "{}", vector.name),
            }
        }
    }

    #[test]
    fn the_newer_and_the_older_secret_count_and_no_other() {
        for vector in vectors() {
            let secret = vector.secret.as_str();
            assert!(check(&["new", secret], &vector.signature, &vector.body).is_ok(), "{}", vector.name);
            assert!(check(&[secret, "old"], &vector.signature, &vector.body).is_ok(), "{}", vector.name);
            assert_eq!(check(&["new", "old"], &vector.signature, &vector.body), Err(SignatureError::Wrong));
        }
    }

    #[test]
    fn one_bit_flipped_in_the_signature_is_refused() {
        for vector in vectors() {
            let good = parse(Some(vector.signature.as_bytes())).unwrap();
            for bit in 0..160 {
                let mut bad = good;
                bad[bit / 8] ^= 1 << (bit % 8);
                let bad: String = bad.iter().map(|byte| format!("{byte:02x}")).collect();
                let verdict = check(&[&vector.secret], &bad, &vector.body);
                assert_eq!(verdict, Err(SignatureError::Wrong), "{} bit {bit}", vector.name);
            }
        }
    }

    #[test]
    fn one_bit_flipped_in_what_was_signed_is_refused() {
        for vector in vectors() {
            for at in signed_range(&vector) {
                for bit in 0..8 {
                    let mut body = vector.body.clone();
                    body[at] ^= 1 << bit;
                    let verdict = check(&[&vector.secret], &vector.signature, &body);
                    assert_eq!(verdict, Err(SignatureError::Wrong), "{} byte {at} bit {bit}", vector.name);
                }
            }
        }
    }

    #[test]
    fn a_batchs_tail_is_signed_by_nobody() {
        let vectors = vectors();
        let batch = vectors.iter().find(|vector| vector.name == "slashes, html, quotes").unwrap();
        let forged = [&batch.body[..batch.body.len() - 1], b",{\"type\":\"track\"}]"].concat();
        assert_eq!(check(&[&batch.secret], &batch.signature, &forged), Ok(Covered::AsItCame));
    }

    #[test]
    fn members_added_behind_the_signed_ones_are_cut_off() {
        let signed = r#"{"type":"track","userId":"u1""#;
        let signature = keyed(&Secret::new("s".into())).chain_update(format!("{signed}}}")).finalize().into_bytes();
        let header: String = signature.iter().map(|byte| format!("{byte:02x}")).collect();
        let with_extras = |count: usize| format!("{signed}{}}}", r#","type":"delete""#.repeat(count));
        for count in [1, limits::EXTRAS_MEMBERS_MAX] {
            let verdict = check(&["s"], &header, with_extras(count).as_bytes());
            assert_eq!(verdict, Ok(Covered::Prefix(signed.len())), "{count}");
        }
        let too_many = with_extras(limits::EXTRAS_MEMBERS_MAX + 1);
        assert_eq!(check(&["s"], &header, too_many.as_bytes()), Err(SignatureError::Wrong));
    }

    #[test]
    fn what_is_no_signature_is_called_so() {
        assert_eq!(parse(None), Err(SignatureError::Missing));
        for text in ["", "sha1=b0c7a5958f09661f5cf53c7487e258f54d8409e2", &"+1".repeat(20), &"é".repeat(20)] {
            assert_eq!(parse(Some(text.as_bytes())), Err(SignatureError::Malformed), "{text}");
        }
        assert!(parse(Some(b" B0C7A5958F09661F5CF53C7487E258F54D8409E2 ")).is_ok());
    }
}
