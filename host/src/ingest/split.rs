//! Cuts a request's body into the raw texts of its events, before anything is parsed: signatures are over raw bytes, and
//! one element that cannot be read must not spoil its neighbours. Knows every wrapping that Segment puts around events.

use std::borrow::Cow;

use super::outline::{items, member, trim};
use crate::domain::limits;

/// One element of a request.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Element<'a> {
    /// Its raw text, without the wrapping.
    pub(crate) text: Cow<'a, [u8]>,
    /// Where in the body it begins, in bytes.
    pub(crate) at: usize,
}

/// What a body holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Batch<'a> {
    /// Its elements, in order.
    pub(crate) elements: Vec<Element<'a>>,
    /// Form-encoded by Segment's extensible webhook: no event can be read from it, nor its signature checked.
    pub(crate) is_form: bool,
}

/// The body has more elements than `limits::BATCH_EVENTS_MAX`.
#[derive(Debug, PartialEq, thiserror::Error)]
#[error("the batch has more than {} elements: send it in parts", limits::BATCH_EVENTS_MAX)]
pub(crate) struct TooMany;

/// Cuts a body. An array is a batch; anything else is one element, unless it is blank.
pub(crate) fn split(body: &[u8]) -> Result<Batch<'_>, TooMany> {
    let whole = trim(body);
    let mut elements = Vec::new();
    if whole.first() == Some(&b'[') {
        for item in items(body).into_iter().flatten() {
            if elements.len() == limits::BATCH_EVENTS_MAX {
                return Err(TooMany);
            }
            elements.push(&body[item]);
        }
    } else if !whole.is_empty() {
        elements.push(whole);
    }
    let is_form = elements.first().is_some_and(|first| is_form(first));
    let elements = elements.into_iter().map(unwrapped).map(|text| element(body, text)).collect();
    Ok(Batch { elements, is_form })
}

fn element<'a>(body: &'a [u8], text: &'a [u8]) -> Element<'a> {
    let at = text.as_ptr().addr() - body.as_ptr().addr();
    Element { text: Cow::Borrowed(text), at }
}

/// The extensible webhook's batches carry its own request options: `{"json": event}`.
fn unwrapped(element: &[u8]) -> &[u8] {
    match only_member(element) {
        Some((b"\"json\"", value)) if value.starts_with(b"{") => value,
        _ => element,
    }
}

/// The same for a mapping with a form's content type: `{"body": "a=1&b=2"}`; single ones are the form itself.
fn is_form(element: &[u8]) -> bool {
    match only_member(element) {
        Some((key, value)) => key == b"\"body\"" && value.starts_with(b"\""),
        None => is_form_text(element),
    }
}

fn is_form_text(text: &[u8]) -> bool {
    let first_pair = text.split(|byte| *byte == b'&').next().unwrap_or_default();
    let key_end = first_pair.iter().position(|byte| *byte == b'=').unwrap_or_default();
    let is_encoded = |byte: &u8| byte.is_ascii_alphanumeric() || b"%+-_.*=&".contains(byte);
    key_end > 0 && text.iter().all(is_encoded)
}

fn only_member(object: &[u8]) -> Option<(&[u8], &[u8])> {
    object.first().filter(|byte| **byte == b'{')?;
    let mut members = items(object)?;
    let only = members.next()?;
    if members.next().is_some() { None } else { member(&object[only]) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn texts(body: &str) -> Vec<String> {
        let batch = split(body.as_bytes()).unwrap();
        batch.elements.iter().map(|element| String::from_utf8_lossy(&element.text).into_owned()).collect()
    }

    #[test]
    fn every_wrapping_comes_off() {
        for (body, elements) in [
            (r#" {"type":"track"} "#, vec![r#"{"type":"track"}"#]),
            (r#"[{"a":1}, {"b":[2]}]"#, vec![r#"{"a":1}"#, r#"{"b":[2]}"#]),
            (r#"[{"json":{"a":1}},{ "json" : {"b":2} }]"#, vec![r#"{"a":1}"#, r#"{"b":2}"#]),
            (r#"{"json":{"a":1}}"#, vec![r#"{"a":1}"#]),
            (r#"{"json":{"a":1},"type":"track"}"#, vec![r#"{"json":{"a":1},"type":"track"}"#]),
            (r#"{"json":"text"}"#, vec![r#"{"json":"text"}"#]),
            (r#"[{"a":1},garbage,{"b":2}]"#, vec![r#"{"a":1}"#, "garbage", r#"{"b":2}"#]),
            ("not json at all", vec!["not json at all"]),
            ("[]", vec![]),
            (" \n", vec![]),
            ("", vec![]),
        ] {
            assert_eq!(texts(body), elements, "{body}");
        }
    }

    #[test]
    fn an_element_says_where_it_stands() {
        let batch = split(br#" [{"a":1}, {"json":{"b":2}}]"#).unwrap();
        assert_eq!(batch.elements.iter().map(|element| element.at).collect::<Vec<_>>(), [2, 19]);
    }

    #[test]
    fn forms_are_recognised() {
        for form in [r#"[{"body":"type=track&userId=1"}]"#, "type=track&properties=%5Bobject+Object%5D", "a="] {
            assert!(split(form.as_bytes()).unwrap().is_form, "{form}");
        }
        for other in [r#"{"type":"track"}"#, r#"[{"body":{"a":1}}]"#, r#"{"body":"a","type":"track"}"#, "garbage", "=x"]
        {
            assert!(!split(other.as_bytes()).unwrap().is_form, "{other}");
        }
    }

    #[test]
    fn a_batch_beyond_the_limit_is_refused_as_a_whole() {
        let largest = format!("[{}]", vec!["1"; limits::BATCH_EVENTS_MAX].join(","));
        assert_eq!(split(largest.as_bytes()).unwrap().elements.len(), limits::BATCH_EVENTS_MAX);
        let larger = format!("[{}]", vec!["1"; limits::BATCH_EVENTS_MAX + 1].join(","));
        assert_eq!(split(larger.as_bytes()), Err(TooMany));
    }

    proptest! {
        #[test]
        fn joining_and_splitting_changes_nothing(events in proptest::collection::vec(r#"\{"a":("[a-z,\[\]{}]{0,9}"|[0-9]{1,9}|null)\}"#, 0..9)) {
            prop_assert_eq!(texts(&format!("[{}]", events.join(","))), events);
        }

        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..64)) {
            split(&body).unwrap();
        }
    }
}
