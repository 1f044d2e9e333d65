//! Targets `split`, `signature`, `event` and `timestamp`: the door's parsers, on bytes from anywhere.

use std::collections::BTreeMap;

use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use serde_json::value::RawValue;
use sha1::Sha1;

use super::decode::{self, moment};
use super::outline::items;
use super::signature::{self, Covered, SignatureError};
use super::split::{self, Batch};
use crate::domain::{Event, ProfileId, Timestamp, limits};
use crate::mappings::Mappings;
use crate::tenants::Secret;

/// When everything arrives: 2026-01-02T03:05:00Z.
const ARRIVED: Timestamp = Timestamp::from_millis(1_767_323_100_000);
/// Bytes of the reason with which an element goes into quarantine.
const REASON_BYTES_MAX: usize = 512;
/// The last moment that is printed as RFC 3339, which ends with the year 9999 in every zone.
const WRITABLE_MS_MAX: i64 = 253_402_207_199_999;

/// Elements are slices of the body, in order; nothing but JSON's punctuation and the known wrapping stands between them;
/// and where the body is JSON, they are what a JSON parser finds.
pub(crate) fn split(body: &[u8]) {
    let parsed = serde_json::from_slice::<Vec<&RawValue>>(body).ok();
    let Ok(batch) = split::split(body) else {
        return assert!(parsed.is_none_or(|parsed| parsed.len() > limits::BATCH_EVENTS_MAX));
    };
    check_places(body, &batch);
    if let Some(parsed) = parsed {
        assert_eq!(batch.elements.len(), parsed.len());
        for (element, raw) in batch.elements.iter().zip(parsed) {
            assert!(is_same(&element.text, raw.get()), "{element:?} is not `{raw}`");
        }
    } else if let Ok(whole) = serde_json::from_slice::<&RawValue>(body) {
        let [element] = &batch.elements[..] else { panic!("{batch:?} should have one element") };
        assert!(is_same(&element.text, whole.get()), "{element:?} is not `{whole}`");
    }
}

fn check_places(body: &[u8], batch: &Batch<'_>) {
    let mut end = 0;
    for element in &batch.elements {
        assert!(body[element.at..].starts_with(&element.text), "{element:?} is not where it says");
        let gap = body[..element.at].get(end..).expect("elements should be in order");
        assert!(gap.iter().all(|byte| b"[]{},:\"json \t\r\n".contains(byte)), "`{}` was lost", gap.escape_ascii());
        end = element.at + element.text.len();
    }
}

/// The same, or without the extensible webhook's wrapping.
fn is_same(element: &[u8], raw: &str) -> bool {
    let unwrapped = || {
        let members: BTreeMap<String, &RawValue> = serde_json::from_str(raw).ok()?;
        members.get("json").filter(|_| members.len() == 1).map(|event| event.get().as_bytes())
    };
    element == raw.as_bytes() || unwrapped() == Some(element)
}

/// A signature counts when it was made with an active secret over one of the known shares of the body, and else not.
pub(crate) fn signature(input: &[u8]) {
    if let Ok(bytes) = signature::parse(Some(input)) {
        let digits: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(
            input.trim_ascii().eq_ignore_ascii_case(digits.as_bytes()),
            "`{}` is not {digits}",
            input.escape_ascii()
        );
    }
    let Ok(batch) = split::split(input) else { return };
    let first = batch.elements.first().map_or(&b""[..], |first| &first.text);
    let secrets = ["old", "new"].map(|text| Secret::new(text.to_owned()));
    let verify = |signature: &[u8; 20]| signature::verify(&secrets, signature, input, first);
    for signed in [input, first] {
        let mut right = sign("new", signed);
        assert_eq!(verify(&right), Ok(Covered::AsItCame));
        right[signed.len() % 20] ^= 1 << (signed.len() % 8);
        assert_eq!(verify(&right), Err(SignatureError::Wrong));
        assert_eq!(verify(&sign("other", signed)), Err(SignatureError::Wrong));
    }
    let ends: Vec<usize> = items(first).map(|items| items.map(|item| item.end).collect()).unwrap_or_default();
    for end in ends.into_iter().take(4) {
        check_prefix(input, first, end, verify(&sign("old", &[&first[..end], b"}"].concat())));
    }
}

/// Members behind the signed ones are known as such; a prefix of anything else is not the event.
fn check_prefix(body: &[u8], first: &[u8], end: usize, answer: Result<Covered, SignatureError>) {
    match answer {
        Ok(Covered::Prefix(found)) => assert_eq!(first[..found], first[..end]),
        Ok(Covered::AsItCame) => {
            let signed = [&first[..end], b"}"].concat();
            assert!(signed == body || signed == first, "a part was taken for the whole");
        }
        Err(err) => assert_eq!(err, SignatureError::Wrong),
    }
}

fn sign(secret: &str, bytes: &[u8]) -> [u8; 20] {
    let key = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("hmac should take a key of any length");
    key.chain_update(bytes).finalize().into_bytes().into()
}

/// An element becomes an event that keeps every bound and is the same whenever it is read, or has a reason why not.
pub(crate) fn event(text: &[u8]) {
    // Looked at before it is read, whatever it is.
    decode::is_echo(text);
    match decode::decode(text, ARRIVED, &Mappings::default()) {
        Ok((profile, event)) => check_event(&profile, &event),
        Err(reason) => {
            let reason = reason.to_string();
            assert!(!reason.is_empty() && reason.len() <= REASON_BYTES_MAX, "{reason}");
        }
    }
}

fn check_event(profile: &ProfileId, event: &Event) {
    assert_eq!(event.identities.profile().as_ref(), Some(profile));
    assert!(event.at > Timestamp::EPOCH && event.at <= ARRIVED, "it happened at {}", event.at);
    assert!(event.name.len() <= limits::EVENT_NAME_BYTES_MAX, "{:?}", event.name);
    assert!(event.identities.email.iter().all(|email| email.len() <= limits::EMAIL_BYTES_MAX), "{event:?}");
    assert!(event.body.as_str().len() <= limits::EVENT_BYTES_MAX && event.body.value().is_object());
    let again = decode::decode(event.body.as_str().as_bytes(), ARRIVED, &Mappings::default())
        .expect("what was readable should stay so");
    assert_eq!((&again.0, &again.1), (profile, event), "read again, it should be the same");
}

/// What becomes of an element, for other rooms' targets.
pub(crate) fn decoded(text: &[u8]) -> Option<(ProfileId, Event)> {
    decode::decode(text, ARRIVED, &Mappings::default()).ok()
}

/// A moment is after the epoch, reads back as it prints, and is what `jiff` makes of RFC 3339.
pub(crate) fn timestamp(input: &[u8]) {
    if let Some(ms) = input.first_chunk().map(|bytes| i64::from_le_bytes(*bytes)) {
        let at = Timestamp::from_millis(ms);
        let read = moment(&Value::String(at.to_string()));
        assert!(!(1..=WRITABLE_MS_MAX).contains(&ms) || read == Some(at), "{at} was read as {read:?}");
    }
    let Ok(text) = str::from_utf8(input) else { return };
    let at = moment(&Value::String(text.to_owned()));
    check_moment(at);
    if let Ok(precise) = text.trim().parse::<jiff::Timestamp>() {
        let ms = precise.as_millisecond();
        assert_eq!(at.map(Timestamp::as_millis), (ms > 0).then_some(ms), "{text:?}");
    }
    if let Ok(value) = serde_json::from_str::<Value>(text) {
        check_moment(moment(&value));
    }
}

fn check_moment(at: Option<Timestamp>) {
    let Some(at) = at else { return };
    assert!(at > Timestamp::EPOCH, "{at}");
    if at.as_millis() <= WRITABLE_MS_MAX {
        assert_eq!(moment(&Value::String(at.to_string())), Some(at));
    }
}
