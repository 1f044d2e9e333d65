//! What an event tells about the person: traits, the push token, the time zone.

use std::collections::BTreeMap;

use super::fields::Fields;
use crate::domain::{Call, Json, PersonFacts, limits};

/// IANA's longest name has 32 letters.
const TIME_ZONE_BYTES_MAX: usize = 64;

/// What a call tells. An identify's traits go over the context's; a group's are not the person's.
pub(crate) fn facts(kind: Call, call: Fields<'_>) -> PersonFacts {
    let context = call.within("context");
    let own = (kind == Call::Identify).then(|| call.within("traits"));
    let traits: BTreeMap<_, _> =
        context.within("traits").members().chain(own.into_iter().flat_map(Fields::members)).collect();
    PersonFacts {
        traits: traits.into_iter().map(|(name, value)| (name.clone(), Json::from(value))).collect(),
        push_token: context.within("device").text("token").filter(|token| token.len() <= limits::TRAIT_BYTES_MAX),
        time_zone: context.text("timezone").filter(|zone| is_time_zone(zone)),
    }
}

/// Whether it looks like a name of IANA's: `Area/City`, or the one that has no area. The names themselves change too often
/// to be checked at a door.
fn is_time_zone(zone: &str) -> bool {
    let is_word = |word: &str| {
        word.starts_with(|letter: char| letter.is_ascii_alphabetic())
            && word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-+".contains(&byte))
    };
    let is_named = zone.contains('/') || matches!(zone, "UTC" | "GMT");
    is_named && zone.len() <= TIME_ZONE_BYTES_MAX && zone.split('/').all(is_word)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn traits(kind: Call, call: Value) -> String {
        let facts = facts(kind, Fields::of(&call));
        facts.traits.iter().map(|(name, value)| format!("{name}={value:?};")).collect()
    }

    #[test]
    fn an_identifys_own_traits_go_over_the_contexts() {
        let call = json!({
            "traits": { "plan": "Gold", "old": null, "tags": ["a"] },
            "context": { "traits": { "plan": "Silver", "city": "Köln" } },
        });
        assert_eq!(traits(Call::Identify, call.clone()), r#"city="Köln";old=null;plan="Gold";tags=["a"];"#);
        assert_eq!(traits(Call::Group, call.clone()), r#"city="Köln";plan="Silver";"#);
        assert_eq!(traits(Call::Track, call), r#"city="Köln";plan="Silver";"#);
    }

    #[test]
    fn a_push_token_is_a_text() {
        let token = |token: Value| {
            facts(Call::Track, Fields::of(&json!({ "context": { "device": { "token": token } } }))).push_token
        };
        assert_eq!(token(json!("ff15")).as_deref(), Some("ff15"));
        for none in [json!(null), json!(""), json!({}), json!("f".repeat(limits::TRAIT_BYTES_MAX + 1))] {
            assert_eq!(token(none), None);
        }
    }

    #[test]
    fn a_time_zone_looks_like_one() {
        for zone in
            ["Europe/Amsterdam", "America/Argentina/Buenos_Aires", "Etc/GMT+5", "America/Port-au-Prince", "UTC", "GMT"]
        {
            assert!(is_time_zone(zone), "{zone}");
        }
        for none in ["", "CEST", "+02:00", "Europe/", "/etc/passwd", "../..", "Europe/Amster dam", &"a/".repeat(40)] {
            assert!(!is_time_zone(none), "{none}");
        }
    }
}
