//! Who an event is about: the names that it carries, wherever it carries them.

use super::fields::{Fields, text};
use crate::domain::{Call, Identities, limits};
use crate::ingest::digest;

/// The person's names in a call.
pub(crate) fn identities(kind: Call, call: Fields<'_>) -> Identities {
    let anonymous_id = call.text("anonymousId");
    let email = email(kind, call).or_else(|| address(anonymous_id.as_deref()?));
    let previous_id = (kind == Call::Alias).then(|| call.text("previousId")).flatten();
    Identities { user_id: call.text("userId"), anonymous_id, email, previous_id }
}

/// In Segment's order: traits, the context's traits, properties, the Event Tester's own member, external ids. A group's
/// traits are not the person's.
fn email(kind: Call, call: Fields<'_>) -> Option<String> {
    let context = call.within("context");
    let traits = (kind != Call::Group).then(|| call.within("traits"));
    let places = [traits, Some(context.within("traits")), Some(call.within("properties")), Some(call)];
    let stated = places.into_iter().flatten().find_map(|place| address(&place.text("email")?));
    stated.or_else(|| external_email(context)).or_else(|| external_email(call))
}

fn external_email(place: Fields<'_>) -> Option<String> {
    let ids = place.list("externalIds").iter().map(Fields::of);
    let emails = ids.filter(|id| id.text("type").is_some_and(|kind| kind.eq_ignore_ascii_case("email")));
    emails.filter_map(|id| id.text("id")).find_map(|id| address(&id))
}

/// An e-mail address in lower case: something, an `@`, something; no blanks.
fn address(text: &str) -> Option<String> {
    let (person, host) = text.rsplit_once('@')?;
    let is_whole = !person.is_empty() && !host.is_empty() && text.len() <= limits::EMAIL_BYTES_MAX;
    let is_clean = !text.contains(|letter: char| letter.is_whitespace() || letter.is_control());
    (is_whole && is_clean).then(|| text.to_lowercase())
}

/// Whether Segment's Event Tester made this up (connections/test-connections).
pub(crate) fn is_test(message_id: Option<&str>, identities: &Identities) -> bool {
    let begins = |text: Option<&str>, with: &str| text.is_some_and(|text| text.starts_with(with));
    begins(message_id, "segment-test-message")
        || begins(identities.user_id.as_deref(), "test-user-")
        || identities.email.as_deref() == Some("test@example.org")
}

/// The id by which a repeated delivery is recognised, where the call carries one that can be kept as it is.
pub(crate) fn message_id(call: Fields<'_>) -> Option<String> {
    let id = call.get("messageId").and_then(text)?;
    let is_fit = id.len() <= limits::MESSAGE_ID_BYTES_MAX && !id.contains(char::is_control);
    Some(if is_fit { id } else { digest::identity(id.as_bytes()) })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;

    fn email_of(kind: Call, call: Value) -> Option<String> {
        identities(kind, Fields::of(&call)).email
    }

    fn kept_as(user_id: Option<&str>, anonymous_id: Option<&str>, email: Option<&str>) -> Option<String> {
        let own = |text: Option<&str>| text.map(str::to_owned);
        let (user_id, anonymous_id, email) = (own(user_id), own(anonymous_id), own(email));
        let identities = Identities { user_id, anonymous_id, email, previous_id: None };
        identities.profile().map(|id| id.as_str().to_owned())
    }

    #[test]
    fn an_address_is_found_wherever_segment_puts_one() {
        for call in [
            json!({ "traits": { "email": " A@Shop.Example " } }),
            json!({ "traits": { "email": null }, "context": { "traits": { "Email": "a@shop.example" } } }),
            json!({ "context": null, "properties": { "email": "a@shop.example" } }),
            json!({ "context": [], "email": "a@shop.example" }),
            json!({ "context": { "externalIds": [{ "type": "ios.token", "id": "x@y" }, { "type": "email", "id": "a@shop.example" }] } }),
            json!({ "anonymousId": "a@shop.example" }),
        ] {
            assert_eq!(email_of(Call::Identify, call.clone()).as_deref(), Some("a@shop.example"), "{call}");
        }
    }

    #[test]
    fn the_nearer_address_counts() {
        let call = json!({ "traits": { "email": "a@x" }, "properties": { "email": "b@x" }, "email": "c@x" });
        assert_eq!(email_of(Call::Identify, call.clone()).as_deref(), Some("a@x"));
        assert_eq!(email_of(Call::Group, call).as_deref(), Some("b@x"), "a group's address is not the person's");
    }

    #[test]
    fn what_is_no_address_is_none() {
        for text in ["", "a", "@x", "a@", "a b@x", "a@x\n.y", &format!("{}@x", "a".repeat(254))] {
            assert_eq!(email_of(Call::Track, json!({ "email": text })), None, "{text}");
        }
        assert_eq!(email_of(Call::Track, json!({ "email": ["a@x"] })), None);
    }

    #[test]
    fn the_strongest_identity_names_the_profile() {
        assert_eq!(kept_as(Some(" u1 "), Some("a1"), Some("a@x")).as_deref(), Some("u1"));
        assert_eq!(kept_as(None, Some("a1"), Some("a@x")).as_deref(), Some("email:a@x"));
        assert_eq!(kept_as(None, Some("a1"), None).as_deref(), Some("anonymous:a1"));
        assert_eq!(kept_as(None, None, Some("a@x")).as_deref(), Some("email:a@x"));
        assert_eq!(kept_as(Some(" "), None, None), None);
        assert_eq!(kept_as(None, None, None), None);
    }

    #[test]
    fn an_odd_id_is_kept_by_its_digest() {
        for odd in ["u".repeat(257), "u\0".to_owned(), "u\n1".to_owned()] {
            assert_eq!(kept_as(Some(&odd), None, None).unwrap(), digest::identity(odd.as_bytes()));
        }
        assert_eq!(kept_as(Some(&"u".repeat(256)), None, None).unwrap(), "u".repeat(256));
        let long = "a".repeat(250);
        let marked = format!("anonymous:{}", digest::identity(long.as_bytes()));
        assert_eq!(kept_as(None, Some(&long), None).unwrap(), marked);
    }

    #[test]
    fn a_tenants_id_is_never_taken_for_a_weaker_one() {
        assert_eq!(kept_as(Some("anonymous:a1"), None, None).as_deref(), Some("user:anonymous:a1"));
        assert_eq!(kept_as(Some("user:anonymous:a1"), None, None).as_deref(), Some("user:user:anonymous:a1"));
        assert_eq!(kept_as(Some("user:a1"), None, None).as_deref(), Some("user:a1"));
    }

    #[test]
    fn the_event_testers_inventions_are_recognised() {
        let test = |call: Value| {
            let call = Fields::of(&call);
            is_test(message_id(call).as_deref(), &identities(Call::Track, call))
        };
        assert!(test(json!({ "messageId": "segment-test-message-uozjhr", "userId": "u1" })));
        assert!(test(json!({ "messageId": "segment-test-message", "userId": "u1" })));
        assert!(test(json!({ "userId": "test-user-1tgg9e" })));
        assert!(test(json!({ "userId": "u1", "email": "test@example.org" })));
        assert!(!test(json!({ "userId": "u1", "messageId": "m-1" })));
    }

    #[test]
    fn a_message_id_is_kept_where_it_fits() {
        assert_eq!(message_id(Fields::of(&json!({ "message_id": 42 }))).as_deref(), Some("42"));
        assert_eq!(message_id(Fields::of(&json!({ "messageId": "" }))), None);
        let long = "m".repeat(257);
        assert_eq!(message_id(Fields::of(&json!({ "messageId": long }))), Some(digest::identity(long.as_bytes())));
        assert_eq!(message_id(Fields::of(&json!({ "messageId": "m\u{0}1" }))), Some(digest::identity(b"m\x001")));
    }

    proptest! {
        #[test]
        fn two_identities_never_share_a_profile(one in "(user:|anonymous:|email:){0,3}[a-c]", other in "(user:|anonymous:|email:){0,3}[a-c]") {
            let names = |id: &str| [kept_as(Some(id), None, None), kept_as(None, Some(id), None), kept_as(None, None, Some(id))];
            let (ours, theirs) = (names(&one), names(&other));
            for (at, name) in ours.iter().enumerate() {
                let same = theirs.iter().position(|theirs| theirs == name);
                prop_assert_eq!(same, (one == other).then_some(at));
            }
        }
    }
}
