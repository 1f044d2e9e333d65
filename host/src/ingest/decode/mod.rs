//! One element's raw text becomes an event in our words, or a reason why it cannot. Lenient to everything that Segment's
//! sources are known to send; what is refused here is kept in quarantine, so a reason says what its owner can do.

mod consent;
mod echo;
mod engagement;
mod facts;
mod fields;
mod identities;
mod items;
mod membership;
mod names;
mod phone;
mod surrogates;
mod timestamps;
mod vendor;

use serde_json::Value;

pub(super) use self::echo::is_echo;
pub(crate) use self::fields::Fields;
#[cfg(any(test, fuzzing))]
pub(super) use self::timestamps::moment;
use super::digest;
use super::outline::{Excess, excess};
use crate::domain::{Call, Event, ItemFacts, Json, MessageId, PersonFacts, ProfileId, Timestamp, limits};
use crate::mappings::Mappings;

/// Letters of a foreign value that a reason repeats.
const SHOWN_LETTERS_MAX: usize = 40;

/// Why a text is no event.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "their texts are the documentation")]
pub enum Unreadable {
    #[error("it has {0} bytes, and an event may have {max}: send less in its properties", max = limits::EVENT_BYTES_MAX)]
    TooLarge(usize),
    #[error("it is nested deeper than {max} levels from its byte {0} on: flatten its properties", max = limits::EVENT_DEPTH_MAX)]
    TooDeep(usize),
    #[error("it has more than {max} values from its byte {0} on: send less in its properties", max = limits::EVENT_VALUES_MAX)]
    TooMany(usize),
    #[error("it is not utf-8 from its byte {0} on")]
    NotUtf8(usize),
    #[error("it is not json: {0}")]
    NotJson(serde_json::Error),
    #[error("it is form-encoded, which has no events: set the mapping's content type to `application/json`")]
    Form,
    #[error("it is {0}, not an object: map the whole event (`$.`) in the destination's `data`")]
    NotAnObject(&'static str),
    #[error("its type `{0}` is unknown: use `track`, `identify`, `page`, `screen`, `group`, `alias` or `delete`")]
    UnknownType(String),
    #[error("it has no `type` and no `event`: map the whole event (`$.`) in the destination's `data`")]
    NoType,
    #[error("it is a `track` without an `event`: send the event's name")]
    NoName,
    #[error("it names nobody: send a `userId`, an `anonymousId` or an e-mail address")]
    NoIdentity,
}

/// Reads one element, in the words of its tenant.
pub fn decode(text: &[u8], arrived: Timestamp, mappings: &Mappings) -> Result<(ProfileId, Event), Unreadable> {
    let (body, value) = document(text)?;
    if !value.is_object() {
        return Err(Unreadable::NotAnObject(kind_of(&value)));
    }
    event((body, &value), arrived, mappings)
}

/// An element's tree, where it keeps an event's bounds.
pub(crate) fn document(text: &[u8]) -> Result<(Json, Value), Unreadable> {
    if text.len() > limits::EVENT_BYTES_MAX {
        return Err(Unreadable::TooLarge(text.len()));
    }
    match excess(text, limits::EVENT_DEPTH_MAX, limits::EVENT_VALUES_MAX) {
        Some(Excess::Depth(at)) => return Err(Unreadable::TooDeep(at)),
        Some(Excess::Values(at)) => return Err(Unreadable::TooMany(at)),
        None => {}
    }
    let text = str::from_utf8(text).map_err(|err| Unreadable::NotUtf8(err.valid_up_to()))?;
    parse(text)
}

fn parse(text: &str) -> Result<(Json, Value), Unreadable> {
    let repaired = |err| match surrogates::repaired(text) {
        Some(text) => Json::read(&text),
        None => Err(err),
    };
    Json::read(text).or_else(repaired).map_err(Unreadable::NotJson)
}

fn event(
    (body, value): (Json, &Value),
    arrived: Timestamp,
    mappings: &Mappings,
) -> Result<(ProfileId, Event), Unreadable> {
    let call = Fields::of(value);
    let kind = kind(call)?;
    let name = name(kind, call)?;
    let identities = identities::identities(kind, call);
    let profile = identities.profile().ok_or(Unreadable::NoIdentity)?;
    let message_id = identities::message_id(call);
    let engagement = (kind == Call::Track).then(|| engagement::of(mappings, &name, call)).flatten();
    let read = facts::Read { kind, name: &name, identities: &identities, engagement: engagement.as_ref(), mappings };
    let event = Event {
        test: identities::is_test(message_id.as_deref(), &identities),
        id: known_or_made(message_id, value),
        call: kind,
        at: timestamps::happened_at(call, arrived),
        facts: PersonFacts { items: items_of(kind, &name, call), ..facts::facts(&read, call) },
        engagement,
        name,
        identities,
        body,
    };
    Ok((profile, event))
}

fn items_of(kind: Call, name: &str, call: Fields<'_>) -> Option<ItemFacts> {
    if kind == Call::Track { items::items(name, call) } else { None }
}

/// The kind of call: its type; else the `action` of the e-mail specification's examples; else its having an event's name.
fn kind(call: Fields<'_>) -> Result<Call, Unreadable> {
    if let Some(stated) = call.text("type") {
        let shown = || Unreadable::UnknownType(stated.chars().take(SHOWN_LETTERS_MAX).collect());
        return Call::parse(&stated).ok_or_else(shown);
    }
    let action = call.text("action").and_then(|action| Call::parse(&action));
    action.or_else(|| call.text("event").map(|_| Call::Track)).ok_or(Unreadable::NoType)
}

fn name(kind: Call, call: Fields<'_>) -> Result<String, Unreadable> {
    match kind {
        Call::Track => call.text("event").map(|name| names::resolved(&name)).ok_or(Unreadable::NoName),
        Call::Page | Call::Screen => Ok(call.text("name").map(|name| names::cut(&name).to_owned()).unwrap_or_default()),
        Call::Identify | Call::Group | Call::Alias | Call::Delete => Ok(String::new()),
    }
}

/// Without an id of its own, an event is recognised by what it says, whatever the order of its members.
fn known_or_made(id: Option<String>, value: &Value) -> MessageId {
    let id = id.unwrap_or_else(|| digest::identity(value.to_string().as_bytes()));
    MessageId::parse(&id).expect("a fit id or a digest should be a message id")
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "`null`",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::mappings::Mapping;

    fn arrived() -> Timestamp {
        Timestamp::from_millis(1_767_323_100_000)
    }

    fn picture(text: &str) -> String {
        let (profile, event) = match decode(text.as_bytes(), arrived(), &Mappings::default()) {
            Ok(decoded) => decoded,
            Err(reason) => return format!("quarantined: {reason}"),
        };
        let engagement = event.engagement.map_or(String::new(), |engagement| {
            format!(" [{} {} {:?}]", engagement.channel, engagement.kind.as_str(), engagement.campaign)
        });
        let test = if event.test { " (test)" } else { "" };
        format!(
            "{} `{}` of {profile} at {} as {}{engagement}{test}",
            event.call.as_str(),
            event.name,
            event.at,
            event.id
        )
    }

    fn check(text: &str, expected: Expect) {
        expected.assert_eq(&picture(text));
    }

    #[test]
    fn the_plain_case() {
        check(
            r#"{"type":"track","event":"Product Added","messageId":"m-1","userId":"u1","timestamp":"2026-01-02T03:04:05.678Z","properties":{"cart_id":"c1"}}"#,
            expect!["track `Product Added` of u1 at 2026-01-02T03:04:05.678Z as m-1"],
        );
    }

    #[test]
    fn an_engagement() {
        check(
            r#"{"type":"track","event":"Push Notification Received","messageId":"m-1","userId":"u1","properties":{"campaign_name":"three-lines"}}"#,
            expect![[
                r#"track `Push Notification Received` of u1 at 2026-01-02T03:05:00.000Z as m-1 [push delivered Some("three-lines")]"#
            ]],
        );
    }

    #[test]
    fn the_event_tester() {
        check(
            r#"{"messageId":"segment-test-message-uozjhr","timestamp":"2026-01-02T03:04:05.678Z","type":"track","email":"test@example.org","projectId":"p","properties":{"property1":1},"userId":"test-user-1tgg9e","event":"Segment Test Event Name"}"#,
            expect![
                "track `Segment Test Event Name` of test-user-1tgg9e at 2026-01-02T03:04:05.678Z as segment-test-message-uozjhr (test)"
            ],
        );
    }

    #[test]
    fn a_deletion() {
        check(
            r#"{"type":"delete","channel":"server","userId":"507f191e81","context":null,"integrations":null,"messageId":"delete-reg-6543321::job-2","originalTimestamp":"2020-05-09 23:54:49.209808489 +0000 UTC m=+70366.298768264"}"#,
            expect!["delete `` of 507f191e81 at 2020-05-09T23:54:49.209Z as delete-reg-6543321::job-2"],
        );
    }

    /// Oddities of our own making, one a line: what is odd, the raw text, what becomes of it.
    #[test]
    fn every_oddity_is_read_or_has_its_reason() {
        let lines = include_str!("../../../../tests/fixtures/oddities.jsonl").lines();
        for line in lines {
            let oddity: Value = serde_json::from_str(line).unwrap();
            let text = |name: &str| oddity[name].as_str().unwrap();
            assert_eq!(picture(text("raw")), text("becomes"), "{}", text("about"));
        }
    }

    #[test]
    fn the_body_is_the_text_as_it_came_and_readable() {
        let body = |text: &str| decode(text.as_bytes(), arrived(), &Mappings::default()).unwrap().1.body;
        let odd = r#"{"type":"track", "event":"e","userId":1e2,"z":1,"a":123456789012345680000}"#;
        assert_eq!(body(odd).as_str(), odd);
        let half = body(r#"{"type":"track","event":"e","userId":"u","s":"bad\ud83dtail"}"#);
        assert_eq!(half.value()["s"], "bad\u{fffd}tail");
    }

    #[test]
    fn without_an_id_the_same_event_is_the_same_whatever_its_order() {
        let id = |text: &str| decode(text.as_bytes(), arrived(), &Mappings::default()).unwrap().1.id;
        let one = id(r#"{"type":"track","event":"e","userId":"u","a":1}"#);
        assert_eq!(one, id(r#"{ "a":1, "userId":"u","event":"e","type":"track"}"#));
        assert_ne!(one, id(r#"{"type":"track","event":"e","userId":"u","a":2}"#));
    }

    #[test]
    fn bounds_are_kept() {
        let nested = |levels: usize| {
            format!(r#"{{"type":"track","event":"e","userId":"u","p":{}{}}}"#, "[".repeat(levels), "]".repeat(levels))
        };
        let filled =
            |bytes: usize| format!(r#"{{"type":"track","event":"e","userId":"u","p":"{}"}}"#, "p".repeat(bytes));
        assert!(picture(&nested(limits::EVENT_DEPTH_MAX - 1)).starts_with("track"));
        assert!(picture(&filled(limits::EVENT_BYTES_MAX - 100)).starts_with("track"));
        check(
            &nested(100_000),
            expect!["quarantined: it is nested deeper than 64 levels from its byte 108 on: flatten its properties"],
        );
        let many = |values: usize| {
            format!(r#"{{"type":"track","event":"e","userId":"u","p":[{}]}}"#, vec!["1"; values].join(","))
        };
        assert!(picture(&many(limits::EVENT_VALUES_MAX - 10)).starts_with("track"));
        check(
            &many(100_000),
            expect!["quarantined: it has more than 20000 values from its byte 40037 on: send less in its properties"],
        );
        check(
            &filled(limits::EVENT_BYTES_MAX),
            expect!["quarantined: it has 262192 bytes, and an event may have 262144: send less in its properties"],
        );
        assert!(matches!(decode(b"{\"a\":\"\xff\"}", arrived(), &Mappings::default()), Err(Unreadable::NotUtf8(6))));
    }

    /// Mappings and events over few words, so that some name each other.
    fn mapping() -> impl Strategy<Value = Mapping> {
        let word = || "[a-c]";
        let document = prop_oneof![
            word().prop_map(|name| json!({"event": name, "engagement": "opened", "channel": "email"})),
            word().prop_map(|name| json!({"campaign": name, "is": {"campaign": "ours"}})),
            (word(), word()).prop_map(
                |(name, step)| json!({"campaign": name, "step": step, "is": {"campaign": "ours", "step": "first"}})
            ),
            word().prop_map(|name| json!({"consent": name, "channels": ["push"]})),
        ];
        document.prop_map(|document| Mapping::read(&document).unwrap())
    }

    proptest! {
        #[test]
        fn mappings_change_no_event_that_they_do_not_name(
            mappings in proptest::collection::vec(mapping(), 0..4),
            (name, campaign, step, category) in ("[a-d]|Email Opened", "[a-d]", "[a-d]", "[a-d]"), given: bool,
        ) {
            let names: Vec<String> = (0..mappings.len()).map(|number| number.to_string()).collect();
            let Ok(ready) = Mappings::of(names.iter().map(String::as_str).zip(&mappings)) else { return Ok(()) };
            let call = json!({
                "type": "track", "event": name, "userId": "u1", "properties": {"campaign_name": campaign, "step": step},
                "context": {"consent": {"categoryPreferences": {&category: given}}},
            });
            let read = |mappings: &Mappings| decode(call.to_string().as_bytes(), arrived(), mappings).unwrap();
            let (plain, mapped) = (read(&Mappings::default()), read(&ready));
            let is_named = |mapping: &Mapping| match mapping {
                Mapping::Event(mapping) => mapping.event == name,
                Mapping::Campaign(mapping) => {
                    mapping.campaign == campaign && mapping.step.as_ref().is_none_or(|named| *named == step)
                }
                Mapping::Consent(mapping) => mapping.category == category,
            };
            if !mappings.iter().any(is_named) {
                prop_assert_eq!(&plain, &mapped);
            }
            // Whoever is told of, when, and under which id it is known: no mapping changes that.
            prop_assert_eq!((plain.0, plain.1.id, plain.1.at, plain.1.body), (mapped.0, mapped.1.id, mapped.1.at, mapped.1.body));
        }

        #[test]
        fn no_bytes_make_it_panic(text in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = decode(&text, arrived(), &Mappings::default());
        }

        #[test]
        fn no_object_makes_it_panic(members in proptest::collection::vec(
            (r#"type|event|userId|anonymous_id|messageId|context|traits|properties|timestamp|email|[a-z]{1,3}"#,
             r#""track"|"Identify"|"[a-z@:\\n0-9]{0,9}"|null|\[\]|\{"token":1,"email":"a@b","device":\{\}\}|-?[0-9]{1,16}|"\\ud83d""#), 0..8)) {
            let members: Vec<String> = members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
            let text = format!("{{{}}}", members.join(","));
            if let Ok((_, event)) = decode(text.as_bytes(), arrived(), &Mappings::default()) {
                prop_assert!(event.at <= arrived());
                event.body.value();
            }
        }
    }
}
