//! What an event tells about the person: traits, addresses and which are lost, consents, the time zone.

use std::collections::BTreeMap;

use super::fields::Fields;
use super::membership::membership;
use super::{consent, phone};
use crate::domain::{Call, Engagement, EngagementKind, Identities, Json, Lost, Medium, PersonFacts, limits, spelling};
use crate::mappings::Mappings;

/// IANA's longest name has 32 letters.
const TIME_ZONE_BYTES_MAX: usize = 64;

/// Events after which an application is on its device no more.
const UNINSTALLED: [&str; 4] = ["applicationuninstalled", "mobileappuninstalled", "appuninstalled", "uninstalled"];

/// What was read of the call so far.
pub(crate) struct Read<'a> {
    pub(crate) kind: Call,
    pub(crate) name: &'a str,
    pub(crate) identities: &'a Identities,
    pub(crate) engagement: Option<&'a Engagement>,
    pub(crate) mappings: &'a Mappings,
}

/// What a call tells. An identify's traits go over the context's; a group's are not the person's.
pub(crate) fn facts(read: &Read<'_>, call: Fields<'_>) -> PersonFacts {
    let context = call.within("context");
    let own = (read.kind == Call::Identify).then(|| call.within("traits"));
    let traits: BTreeMap<_, _> =
        context.within("traits").members().chain(own.into_iter().flat_map(Fields::members)).collect();
    let places: Vec<Fields<'_>> = own.into_iter().chain([context.within("traits")]).collect();
    let phone = phone::phone(&places, call);
    let lost = lost(read, (token(call), phone.as_deref()));
    let has_lost = |medium| lost.iter().any(|lost| lost.medium == medium);
    PersonFacts {
        traits: traits.into_iter().map(|(name, value)| (name.clone(), Json::from(value))).collect(),
        push_token: fit(context.within("device").text("token")).filter(|_| !has_lost(Medium::Push)),
        phone,
        time_zone: context.text("timezone").filter(|zone| is_time_zone(zone)),
        consents: consent::consents(read, call),
        lost: lost.into_iter().collect(),
        items: None,
        audience: membership(read.kind, call),
    }
}

/// The address that a bounce or an uninstallation is about: the one that the call names, else all of its kind.
fn lost(read: &Read<'_>, (token, phone): (Option<String>, Option<&str>)) -> Option<Lost> {
    let bounced = read.engagement.filter(|engagement| engagement.kind == EngagementKind::Bounced);
    let bounced = bounced.and_then(|engagement| Medium::of(&engagement.channel));
    let is_uninstalled = read.kind == Call::Track && UNINSTALLED.contains(&spelling::folded(read.name).as_str());
    let medium = bounced.or(is_uninstalled.then_some(Medium::Push))?;
    let address = match medium {
        Medium::Push => token,
        Medium::Email => read.identities.email.clone(),
        Medium::Phone => phone.map(str::to_owned),
    };
    Some(Lost { medium, address })
}

/// The token of the device that the call is about.
fn token(call: Fields<'_>) -> Option<String> {
    let properties = call.within("properties");
    let named = properties.first_text(&["push_token", "device_token", "token"]);
    let device = |place: Fields<'_>| place.within("device").text("token");
    fit(named.or_else(|| device(properties)).or_else(|| device(call.within("context"))))
}

fn fit(token: Option<String>) -> Option<String> {
    token.filter(|token| token.len() <= limits::PUSH_TOKEN_BYTES_MAX)
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
    use crate::ingest::decode::{engagement, identities};

    fn of(kind: Call, name: &str, call: &Value) -> PersonFacts {
        let call = Fields::of(call);
        let mappings = &Mappings::default();
        let engagement = engagement::of(mappings, name, call);
        let identities = identities::identities(kind, call);
        facts(&Read { kind, name, identities: &identities, engagement: engagement.as_ref(), mappings }, call)
    }

    fn traits(kind: Call, call: Value) -> String {
        let facts = of(kind, "", &call);
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
        let token =
            |token: Value| of(Call::Track, "e", &json!({ "context": { "device": { "token": token } } })).push_token;
        assert_eq!(token(json!("ff15")).as_deref(), Some("ff15"));
        for none in [json!(null), json!(""), json!({}), json!("f".repeat(limits::PUSH_TOKEN_BYTES_MAX + 1))] {
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

    #[test]
    fn a_bounce_or_an_uninstallation_takes_the_address_that_it_names_or_all() {
        let device = json!({ "context": { "device": { "token": "ff15" } } });
        let named = json!({ "properties": { "token": "ff16" }, "context": { "device": { "token": "ff15" } } });
        let mail = json!({ "context": { "traits": { "email": "ada@shop.example" } } });
        let soft = json!({ "email": "ada@shop.example", "properties": { "bounce_type": "soft" } });
        for (name, call, medium, address) in [
            ("Push Notification Bounced", device.clone(), Some(Medium::Push), Some("ff15")),
            ("Push Bounced", named, Some(Medium::Push), Some("ff16")),
            ("Push Bounced", json!({}), Some(Medium::Push), None),
            ("Application Uninstalled", device.clone(), Some(Medium::Push), Some("ff15")),
            ("Mobile App Uninstalled", json!({}), Some(Medium::Push), None),
            ("Email Bounced", mail, Some(Medium::Email), Some("ada@shop.example")),
            ("Email Bounced", soft.clone(), None, None),
            ("Email Soft Bounced", soft, None, None),
            ("SMS Bounced", json!({}), Some(Medium::Phone), None),
            ("In-App Message Viewed", device.clone(), None, None),
        ] {
            let facts = of(Call::Track, name, &call);
            let lost = facts.lost.first();
            assert_eq!(lost.map(|lost| lost.medium), medium, "{name} {call}");
            assert_eq!(lost.and_then(|lost| lost.address.as_deref()), address, "{name} {call}");
            let is_heard = call == device && medium.is_none();
            assert_eq!(facts.push_token.is_some(), is_heard, "{name} {call}: what is lost is not heard of");
        }
    }
}
