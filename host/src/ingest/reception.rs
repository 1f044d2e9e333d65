//! Decides what a request is, without IO: who may send it, what it holds, what each element becomes. The order matters:
//! nothing is kept before the sender has shown what the source asks for.

use std::borrow::Cow;

use axum::http::{HeaderMap, StatusCode, header};

use super::answer::Answer;
use super::audience::AudienceCall;
use super::credentials;
use super::decode::{self, Unreadable};
use super::digest;
use super::signature::{self, Covered};
use super::split::{Batch, Element, split};
use crate::domain::{Event, Inbound, MessageId, Quarantined, Substance, Timestamp, limits};
use crate::tenants::{Inlet, Source};

const X_SIGNATURE: &str = "x-signature";

/// What came.
pub(crate) struct Request {
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    pub(crate) arrived: Timestamp,
}

/// What to do about it.
#[derive(Debug)]
pub(crate) enum Reception {
    /// Keep it, then answer with the counts.
    Keep(Kept),
    /// Answer this; there is nothing to keep.
    Answer(Answer),
}

/// What of a request is to be kept.
#[derive(Debug)]
pub(crate) struct Kept {
    pub(crate) inbounds: Vec<Inbound>,
    /// Calls of our own that came back, which are passed over.
    pub(crate) echoes: u64,
    /// What the sender may want to hear besides the counts.
    pub(crate) message: Option<String>,
}

/// Judges a request that came through an inlet.
pub(crate) fn receive(inlet: &Inlet, request: &Request) -> Reception {
    judge(inlet, request).unwrap_or_else(Reception::Answer)
}

fn judge(inlet: &Inlet, request: &Request) -> Result<Reception, Answer> {
    let source = &inlet.source;
    let header = |name: &str| request.headers.get(name).map(|value| value.as_bytes());
    let unauthorized = |why: String| Answer::Refused(StatusCode::UNAUTHORIZED, why);
    credentials::check(source, header(header::AUTHORIZATION.as_str())).map_err(|err| unauthorized(err.to_string()))?;
    let mut batch =
        split(&request.body).map_err(|err| Answer::Refused(StatusCode::PAYLOAD_TOO_LARGE, err.to_string()))?;
    if header(X_SIGNATURE).is_none()
        && let Some(call) = AudienceCall::of(&batch)
    {
        return Ok(Reception::Answer(call.answer(source)));
    }
    check_signature(source, header(X_SIGNATURE), &request.body, &mut batch)
        .map_err(|err| unauthorized(err.to_string()))?;
    Ok(keep(inlet, &batch, request.arrived))
}

/// Checks the signature where the source has secrets, and leaves of the first element what was signed. A form's signature
/// is over a text that the form does not hold: it must be there, and the form goes no further than quarantine.
fn check_signature(
    source: &Source,
    header: Option<&[u8]>,
    body: &[u8],
    batch: &mut Batch<'_>,
) -> Result<(), signature::SignatureError> {
    let Some(first) = batch.elements.first_mut().filter(|_| !source.secrets.is_empty()) else { return Ok(()) };
    let signature = signature::parse(header)?;
    if batch.is_form {
        return Ok(());
    }
    if let Covered::Prefix(end) = signature::verify(&source.secrets, &signature, body, &first.text)? {
        first.text = Cow::Owned([&first.text[..end], b"}"].concat());
    }
    Ok(())
}

fn keep(inlet: &Inlet, batch: &Batch<'_>, arrived: Timestamp) -> Reception {
    let Inlet { source, mappings } = inlet;
    let mut remarks = Remarks { elements: batch.elements.len(), ..Remarks::default() };
    let mut inbounds = Vec::with_capacity(batch.elements.len());
    for element in &batch.elements {
        if decode::is_echo(&element.text) {
            remarks.echoes += 1;
            continue;
        }
        let read = if batch.is_form { Err(Unreadable::Form) } else { decode::decode(&element.text, arrived, mappings) };
        let substance = match read {
            Ok((profile, event)) => {
                remarks.see(&event);
                Substance::Event { profile, event: Box::new(event) }
            }
            Err(reason) => {
                remarks.regret(element, &reason);
                Substance::Quarantined(quarantined(&element.text, reason.to_string()))
            }
        };
        inbounds.push(Inbound { tenant: source.tenant.clone(), source: source.id.clone(), substance });
    }
    Reception::Keep(Kept { inbounds, echoes: remarks.echoes, message: remarks.message() })
}

/// An element that cannot be read, for its owner to look at.
pub(crate) fn quarantined(text: &[u8], reason: String) -> Quarantined {
    let id = format!("quarantine:{}", digest::hex(text));
    let head = &text[..text.len().min(limits::QUARANTINE_RAW_BYTES_MAX)];
    let mut raw = String::from_utf8_lossy(head).into_owned();
    raw.truncate(raw.floor_char_boundary(limits::QUARANTINE_RAW_BYTES_MAX));
    Quarantined { id: MessageId::parse(&id).expect("a digest should be a message id"), reason, raw }
}

/// What the sender may want to hear besides the counts.
#[derive(Default)]
struct Remarks {
    elements: usize,
    quarantined: usize,
    echoes: u64,
    first_regret: Option<String>,
    test: Option<String>,
}

impl Remarks {
    fn see(&mut self, event: &Event) {
        if event.test && self.test.is_none() {
            let name = if event.name.is_empty() { String::new() } else { format!(" `{}`", event.name) };
            let call = event.call.as_str();
            self.test =
                Some(format!("the test event arrived and reads well: {call}{name}; nobody is messaged because of it"));
        }
    }

    fn regret(&mut self, element: &Element<'_>, reason: &Unreadable) {
        self.quarantined += 1;
        self.first_regret.get_or_insert_with(|| format!("at byte {}: {reason}", element.at));
    }

    fn message(self) -> Option<String> {
        let Self { elements, quarantined, echoes, first_regret, test } = self;
        if elements == 0 {
            return Some("the body holds no events".to_owned());
        }
        let regret = |first| format!("{quarantined} of {elements} cannot be read, the first {first}");
        let passed_over =
            || (echoes > 0).then(|| format!("{echoes} of {elements} are calls of this house that came back"));
        first_regret.map(regret).or(test).or_else(passed_over)
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;

    use super::*;
    use crate::ingest::testing;

    fn request(headers: &[(&str, &str)], body: &[u8]) -> Request {
        let headers = headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        Request { headers: headers.collect(), body: body.to_vec(), arrived: testing::arrived() }
    }

    fn picture(inlet: &Inlet, headers: &[(&str, &str)], body: &str) -> String {
        let Kept { inbounds, message, .. } = match receive(inlet, &request(headers, body.as_bytes())) {
            Reception::Answer(answer) => return format!("{answer:?}\n"),
            Reception::Keep(kept) => kept,
        };
        let lines = inbounds.iter().map(|inbound| match &inbound.substance {
            Substance::Event { profile, event } => format!("{} of {profile}: {:?}\n", event.call.as_str(), event.body),
            Substance::Quarantined(quarantined) => format!("quarantined {:?}\n", quarantined.raw),
            Substance::Told(_) | Substance::Item(_) => panic!("nobody who sends events tells so"),
        });
        lines.chain(message.map(|message| format!("says: {message}\n"))).collect()
    }

    fn check(inlet: &Inlet, headers: &[(&str, &str)], body: &str, expected: Expect) {
        expected.assert_eq(&picture(inlet, headers, body));
    }

    #[test]
    fn one_bad_element_does_not_fail_its_batch() {
        check(
            &testing::inlet(&[]),
            &[],
            r#"[{"type":"identify","userId":"u1"}, {"type":"identify"}, nonsense, {"type":"page","userId":"u2"}]"#,
            expect![[r#"
                identify of u1: {"type":"identify","userId":"u1"}
                quarantined "{\"type\":\"identify\"}"
                quarantined "nonsense"
                page of u2: {"type":"page","userId":"u2"}
                says: 2 of 4 cannot be read, the first at byte 36: it names nobody: send a `userId`, an `anonymousId` or an e-mail address
            "#]],
        );
    }

    #[test]
    fn calls_of_our_own_that_come_back_are_passed_over_and_counted() {
        check(
            &testing::inlet(&[]),
            &[],
            r#"[{"type":"track","event":"Email Sent","userId":"u1","context":{"integration":{"name":"Rekindle"}}},
                {"type":"page","userId":"u2"},
                {"type":"track","event":"Email Sent","messageId":"rekindle:msg_00112233445566778899aabbccddeeff"}]"#,
            expect![[r#"
                page of u2: {"type":"page","userId":"u2"}
                says: 2 of 3 are calls of this house that came back
            "#]],
        );
    }

    #[test]
    fn a_missing_signature_is_refused_only_where_there_is_something_to_sign() {
        let source = testing::inlet(&["shh"]);
        check(
            &source,
            &[],
            r#"{"type":"identify","userId":"u1"}"#,
            expect![[r#"
                Refused(401, "`x-signature` is missing: set the source's secret as the destination's shared secret in segment")
            "#]],
        );
        check(
            &source,
            &[],
            "[]",
            expect![[r#"
            says: the body holds no events
        "#]],
        );
        check(
            &source,
            &[],
            r#"{"audienceName":"VIPs"}"#,
            expect![[r#"
            Audience("aud_1788b524ba015adcfcb43832f582a59b")
        "#]],
        );
    }

    #[test]
    fn of_an_audiences_event_only_what_was_signed_is_kept() {
        let signed = r#"{"type":"identify","userId":"u1"}"#;
        let forged = r#"{"type":"identify","userId":"u1","type":"delete"}"#;
        let signature = testing::signature("shh", signed.as_bytes());
        check(
            &testing::inlet(&["shh"]),
            &[("x-signature", &signature)],
            forged,
            expect![[r#"
                identify of u1: {"type":"identify","userId":"u1"}
            "#]],
        );
    }

    #[test]
    fn a_form_is_quarantined_with_the_way_out_and_only_with_a_signature() {
        let source = testing::inlet(&["shh"]);
        let signature = testing::signature("shh", b"whatever");
        for form in [r#"[{"body":"type=track&userId=u1"},{"type":"identify","userId":"u1"}]"#, "type=track&userId=u1"] {
            let picture = picture(&source, &[("x-signature", &signature)], form);
            assert!(picture.contains("set the mapping's content type to `application/json`"), "{picture}");
            assert!(
                picture.lines().all(|line| line.starts_with("quarantined ") || line.starts_with("says: ")),
                "{picture}"
            );
        }
        assert!(picture(&source, &[], "type=track&userId=u1").contains("401"));
    }

    #[test]
    fn a_body_that_is_no_json_is_kept_with_its_place_when_its_sender_is_known() {
        let garbage = r#"{"type":"track",}"#;
        let signature = testing::signature("shh", garbage.as_bytes());
        let source = testing::inlet(&["shh"]);
        check(
            &source,
            &[("x-signature", &signature)],
            garbage,
            expect![[r#"
                quarantined "{\"type\":\"track\",}"
                says: 1 of 1 cannot be read, the first at byte 0: it is not json: trailing comma at line 1 column 17
            "#]],
        );
        let other = testing::signature("other", garbage.as_bytes());
        assert!(picture(&source, &[("x-signature", &other)], garbage).starts_with("Refused(401"));
    }

    #[test]
    fn what_is_kept_in_quarantine_is_bounded() {
        let large = "é".repeat(limits::EVENT_BYTES_MAX);
        let Reception::Keep(kept) = receive(&testing::inlet(&[]), &request(&[], large.as_bytes())) else {
            panic!("nothing is refused here")
        };
        let Substance::Quarantined(quarantined) = &kept.inbounds[0].substance else { panic!("this is no event") };
        assert_eq!(quarantined.raw.len(), limits::QUARANTINE_RAW_BYTES_MAX);
    }

    #[test]
    fn a_mended_event_is_no_repetition_of_the_quarantined_one() {
        let id = |body: &str| match receive(&testing::inlet(&[]), &request(&[], body.as_bytes())) {
            Reception::Keep(kept) => kept.inbounds[0].message_id().clone(),
            Reception::Answer(answer) => panic!("{answer:?}"),
        };
        let broken = id(r#"{"messageId":"m-1","type":"identify"}"#);
        assert_eq!(broken, id(r#" {"messageId":"m-1","type":"identify"} "#));
        assert_ne!(broken, id(r#"{"messageId":"m-1","type":"identify","userId":"u1"}"#));
    }

    proptest! {
        #[test]
        fn no_bytes_make_it_panic(body in proptest::collection::vec(any::<u8>(), 0..64), signed: bool) {
            let source = testing::inlet(if signed { &["shh"] } else { &[] });
            let signature = testing::signature("shh", &body);
            receive(&source, &request(&[("x-signature", &signature)], &body));
        }
    }
}
