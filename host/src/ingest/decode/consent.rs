//! What a call says about being written to, in every vendor's spelling. Unsubscribing and complaining are engagements, and stand in
//! `engagement/table.rs`; here stands all that is no engagement: coming back, states of subscriptions, traits.

use std::collections::BTreeMap;

use serde_json::Value;

use super::facts::Read;
use super::fields::{Fields, text};
use super::vendor;
use crate::domain::{Call, Consent, Scope, Wish, limits, spelling};

/// Track events that say one thing, by their folded names.
const SAID: &[(&str, Option<&str>, Wish)] = &[
    ("resubscribed", Some("email"), Wish::Welcome),
    ("resubscribedtogroup", Some("email"), Wish::Welcome),
    ("groupresubscribed", Some("email"), Wish::Welcome),
    ("groupsubscribed", Some("email"), Wish::Welcome),
    ("emailgroupsubscribed", Some("email"), Wish::Welcome),
    ("emailsubscribed", Some("email"), Wish::Welcome),
    ("emailresubscribed", Some("email"), Wish::Welcome),
    ("subscribedtoemailmarketing", Some("email"), Wish::Welcome),
    ("smssubscribed", Some("sms"), Wish::Welcome),
    ("smsresubscribed", Some("sms"), Wish::Welcome),
    ("subscribedtosms", Some("sms"), Wish::Welcome),
    ("subscribedtosmsmarketing", Some("sms"), Wish::Welcome),
    ("pushsubscribed", Some("push"), Wish::Welcome),
    ("pushoptedin", Some("push"), Wish::Welcome),
    ("whatsappsubscribed", Some("whatsapp"), Wish::Welcome),
    ("usersuppressed", None, Wish::Unwanted),
    ("userunsuppressed", None, Wish::Welcome),
];

/// Track events that tell the state of a subscription, with its channel and state among the properties.
const STATES: [&str; 5] = [
    "subscriptiongroupstatechanged",
    "subscriptiongroupstatechange",
    "globalsubscriptiongroupstatechange",
    "channelsubscriptionupdated",
    "groupsubscriptionupdated",
];

/// The track event by which a change of Segment's consent is told (privacy/consent-management/consent-in-unify).
const PREFERENCES_TOLD: &str = "segmentconsentpreferenceupdated";

/// Traits whose text is a state.
const STATE_TRAITS: &[(&str, &str)] = &[
    ("email_subscribe", "email"),
    ("email_subscription_status", "email"),
    ("push_subscribe", "push"),
    ("push_subscription_status", "push"),
    ("sms_subscribe", "sms"),
    ("sms_subscription_status", "sms"),
];

/// Traits that are true or false, and what true means.
const FLAG_TRAITS: &[(&str, Option<&str>, Wish)] = &[
    ("unsubscribed", None, Wish::Unwanted),
    ("email_opt_out", Some("email"), Wish::Unwanted),
    ("email_unsubscribed", Some("email"), Wish::Unwanted),
    ("email_opt_in", Some("email"), Wish::Welcome),
    ("push_opt_out", Some("push"), Wish::Unwanted),
    ("push_unsubscribed", Some("push"), Wish::Unwanted),
    ("push_opt_in", Some("push"), Wish::Welcome),
    ("sms_opt_out", Some("sms"), Wish::Unwanted),
    ("sms_unsubscribed", Some("sms"), Wish::Unwanted),
    ("sms_opt_in", Some("sms"), Wish::Welcome),
];

/// All that a call says, the strictest word of each scope. What an identify says of itself counts either way; the context's traits
/// are carried along with every call for months and may be stale, so that they only close.
pub(crate) fn consents(read: &Read<'_>, call: Fields<'_>) -> Vec<Consent> {
    let context = call.within("context");
    let name = spelling::folded(read.name);
    let mut said = of_preferences(read, &name, context.within("consent"));
    if read.kind == Call::Track {
        said.extend(of_event(&name, call));
    }
    if read.kind == Call::Identify {
        said.extend(of_traits(call.within("traits")));
    }
    said.extend(of_traits(context.within("traits")).filter(|consent| consent.wish == Wish::Unwanted));
    let subscriptions = [context, call.within("traits"), call].map(|place| place.list("messaging_subscriptions"));
    said.extend(subscriptions.into_iter().flatten().filter_map(of_subscription));
    said.truncate(limits::CONSENTS_PER_EVENT_MAX);
    said
}

/// Segment's consent, of the categories that the tenant mapped. Every event is stamped with it; the one that tells of a change
/// counts either way, and the others only close: what is stamped on a page view is no answer to an unsubscription.
fn of_preferences(read: &Read<'_>, name: &str, consent: Fields<'_>) -> Vec<Consent> {
    if read.mappings.is_empty() {
        return Vec::new();
    }
    let is_told = read.kind == Call::Track && name == PREFERENCES_TOLD;
    let mut said: BTreeMap<&str, Wish> = BTreeMap::new();
    for (category, preference) in consent.within("categoryPreferences").members() {
        let Some(is_given) = flag(preference) else { continue };
        let wish = if is_given { Wish::Welcome } else { Wish::Unwanted };
        for channel in read.mappings.channels(category) {
            let strictest = said.entry(channel.as_str()).or_insert(wish);
            *strictest = wish.max(*strictest);
        }
    }
    said.retain(|_, wish| is_told || *wish == Wish::Unwanted);
    said.into_iter().map(|(channel, wish)| self::consent(Some(channel), wish)).collect()
}

fn of_event(name: &str, call: Fields<'_>) -> Option<Consent> {
    if STATES.contains(&name) {
        return of_state(name, call.within("properties"));
    }
    let is_first_opt_in = name == "firstoptin" && vendor::is_airship(call);
    if is_first_opt_in {
        return Some(consent(Some("push"), Wish::Welcome));
    }
    if name == "subscribed" && vendor::says_subscribed(call) {
        return Some(consent(Some("email"), Wish::Welcome));
    }
    let (_, channel, wish) = SAID.iter().find(|(said, ..)| *said == name)?;
    Some(consent(*channel, *wish))
}

/// Braze's groups are for e-mail, SMS or WhatsApp; where the channel is not said, it is e-mail.
fn of_state(name: &str, properties: Fields<'_>) -> Option<Consent> {
    let status = ["subscription_status", "status", "state", "subscription_state"];
    let wish = wish(&properties.first_text(&status)?)?;
    let channel = properties.first_text(&["channel", "channel_type", "type", "subscription_type"]);
    match channel {
        Some(channel) => Some(consent(Some(channel_of(&channel)?), wish)),
        None if name == "channelsubscriptionupdated" => None,
        None => Some(consent(Some("email"), wish)),
    }
}

fn of_traits(traits: Fields<'_>) -> impl Iterator<Item = Consent> {
    let states =
        STATE_TRAITS.iter().filter_map(move |(name, channel)| Some(consent(Some(channel), wish(&traits.text(name)?)?)));
    let flags = FLAG_TRAITS.iter().filter_map(move |(name, channel, meant)| {
        let is_set = flag(traits.get(name)?)?;
        Some(consent(*channel, if is_set { *meant } else { opposite(*meant) }))
    });
    states.chain(flags)
}

fn of_subscription(subscription: &Value) -> Option<Consent> {
    let subscription = Fields::of(subscription);
    let channel = channel_of(&subscription.first_text(&["type", "channel"])?)?;
    Some(consent(Some(channel), wish(&subscription.text("status")?)?))
}

/// A state's word, in any vendor's spelling.
fn wish(state: &str) -> Option<Wish> {
    match spelling::folded(state).as_str() {
        "subscribed" | "optedin" | "optin" | "resubscribed" | "true" => Some(Wish::Welcome),
        "unsubscribed" | "optedout" | "optout" | "didnotsubscribe" | "suppressed" | "false" => Some(Wish::Unwanted),
        _ => None,
    }
}

fn channel_of(name: &str) -> Option<&'static str> {
    match spelling::folded(name).as_str() {
        "email" => Some("email"),
        "sms" | "phone" | "mms" => Some("sms"),
        "whatsapp" => Some("whatsapp"),
        "push" | "iospush" | "androidpush" | "mobilepush" => Some("push"),
        "webpush" => Some("web-push"),
        _ => None,
    }
}

fn flag(value: &Value) -> Option<bool> {
    match value {
        Value::Bool(flag) => Some(*flag),
        value => match text(value)?.to_lowercase().as_str() {
            "true" | "yes" | "1" => Some(true),
            "false" | "no" | "0" => Some(false),
            _ => None,
        },
    }
}

fn opposite(wish: Wish) -> Wish {
    match wish {
        Wish::Welcome => Wish::Unwanted,
        Wish::Unwanted => Wish::Welcome,
    }
}

fn consent(channel: Option<&str>, wish: Wish) -> Consent {
    let scope = channel.map_or(Scope::Everything, |channel| Scope::Channel(channel.to_owned()));
    Consent { scope, wish }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::domain::Identities;
    use crate::mappings::Mappings;

    fn picture(kind: Call, name: &str, call: Value) -> String {
        picture_of(read(&Mappings::default(), kind, name, &call))
    }

    fn picture_of(said: Vec<Consent>) -> String {
        let said = said.into_iter().map(|consent| {
            let scope = match consent.scope {
                Scope::Channel(channel) => channel,
                Scope::Everything => "everything".to_owned(),
            };
            format!("{scope} {}", consent.wish.as_str())
        });
        said.collect::<Vec<_>>().join(", ")
    }

    fn read(mappings: &Mappings, kind: Call, name: &str, call: &Value) -> Vec<Consent> {
        let identities = Identities::default();
        consents(&Read { kind, name, identities: &identities, engagement: None, mappings }, Fields::of(call))
    }

    #[test]
    fn every_spelling_of_an_event_is_understood() {
        let from = |vendor: &str| json!({ "context": { "integration": { "name": vendor } } });
        let told = |properties: Value| json!({ "properties": properties });
        for (name, call, said) in [
            ("Resubscribed To Group", json!({}), "email welcome"),
            ("email_resubscribed", json!({}), "email welcome"),
            ("Group Subscribed", json!({}), "email welcome"),
            ("Subscribed to SMS Marketing", json!({}), "sms welcome"),
            ("Subscribed", from("Iterable"), "email welcome"),
            ("Subscribed", json!({}), ""),
            ("First Opt-in", from("Airship"), "push welcome"),
            ("First Opt-in", json!({}), ""),
            ("User Suppressed", json!({}), "everything unwanted"),
            ("User Unsuppressed", json!({}), "everything welcome"),
            (
                "Subscription Group State Changed",
                told(json!({ "subscription_status": "Unsubscribed" })),
                "email unwanted",
            ),
            (
                "Subscription Group State Changed",
                told(json!({ "subscription_status": "subscribed", "channel": "sms" })),
                "sms welcome",
            ),
            (
                "Global Subscription Group State Change",
                told(json!({ "subscription_status": "Opted In", "channel": "push" })),
                "push welcome",
            ),
            ("Channel Subscription Updated", told(json!({ "type": "SMS", "status": "UNSUBSCRIBED" })), "sms unwanted"),
            ("Channel Subscription Updated", told(json!({ "status": "UNSUBSCRIBED" })), ""),
            ("Order Completed", json!({}), ""),
        ] {
            assert_eq!(picture(Call::Track, name, call), said, "{name}");
        }
    }

    #[test]
    fn every_spelling_of_a_trait_is_understood() {
        for (traits, said) in [
            (json!({ "email_subscribe": "unsubscribed" }), "email unwanted"),
            (json!({ "email_subscribe": "opted_in" }), "email welcome"),
            (json!({ "pushSubscribe": "subscribed" }), "push welcome"),
            (json!({ "unsubscribed": true }), "everything unwanted"),
            (json!({ "unsubscribed": "false" }), "everything welcome"),
            (json!({ "emailOptOut": true }), "email unwanted"),
            (json!({ "sms_opt_in": false }), "sms unwanted"),
            (json!({ "unsubscribed": null, "email_subscribe": "often" }), ""),
        ] {
            assert_eq!(picture(Call::Identify, "", json!({ "traits": traits })), said, "{traits}");
        }
    }

    #[test]
    fn what_is_carried_along_only_closes() {
        let carried = |traits: Value| json!({ "context": { "traits": traits } });
        assert_eq!(picture(Call::Track, "e", carried(json!({ "unsubscribed": true }))), "everything unwanted");
        assert_eq!(picture(Call::Track, "e", carried(json!({ "unsubscribed": false }))), "");
        assert_eq!(
            picture(Call::Group, "", json!({ "traits": { "unsubscribed": true } })),
            "",
            "a group's are not the person's"
        );
    }

    #[test]
    fn engages_subscriptions_are_read() {
        let subscriptions = json!([
            { "key": "a@x", "type": "EMAIL", "status": "SUBSCRIBED" },
            { "key": "+49", "type": "SMS", "status": "DID_NOT_SUBSCRIBE" },
            { "type": "ANDROID_PUSH", "status": "UNSUBSCRIBED" },
            { "type": "PIGEON", "status": "SUBSCRIBED" },
        ]);
        let call = json!({ "context": { "messaging_subscriptions": subscriptions } });
        assert_eq!(picture(Call::Identify, "", call), "email welcome, sms unwanted, push unwanted");
    }

    #[test]
    fn what_one_call_may_say_is_bounded() {
        let many = vec![json!({ "type": "EMAIL", "status": "SUBSCRIBED" }); 1_000];
        let call = json!({ "messaging_subscriptions": many });
        assert_eq!(read(&Mappings::default(), Call::Identify, "", &call).len(), limits::CONSENTS_PER_EVENT_MAX);
    }

    /// What a call says of consent to a tenant that mapped two categories.
    fn preferences(kind: Call, name: &str, preferences: Value) -> String {
        let mapping = |document: Value| crate::mappings::Mapping::read(&document).unwrap();
        let advertising = mapping(json!({"consent": "Advertising", "channels": ["ads", "push"]}));
        let news = mapping(json!({"consent": "C0004", "channels": ["email", "push"]}));
        let mappings = Mappings::of([("advertising", &advertising), ("news", &news)]).unwrap();
        let call = json!({"context": {"consent": {"categoryPreferences": preferences}}});
        picture_of(read(&mappings, kind, name, &call))
    }

    #[test]
    fn a_category_that_the_tenant_mapped_is_about_its_channels_and_any_other_about_none() {
        let told = |given: Value| preferences(Call::Track, "Segment Consent Preference Updated", given);
        assert_eq!(told(json!({"Advertising": true, "Analytics": false})), "ads welcome, push welcome");
        assert_eq!(told(json!({"advertising": false})), "ads unwanted, push unwanted");
        assert_eq!(
            told(json!({"Advertising": true, "c0004": false})),
            "ads welcome, email unwanted, push unwanted",
            "of two words about one channel, the stricter"
        );
        assert_eq!(told(json!({"Advertising": "true", "C0004": 1})), "ads welcome, email welcome, push welcome");
        assert_eq!(told(json!({"Analytics": false})), "");
        assert_eq!(told(json!({"Advertising": null})), "");
        assert_eq!(told(json!([])), "");
    }

    #[test]
    fn a_preference_that_an_event_is_stamped_with_only_closes() {
        let given = json!({"Advertising": true, "C0004": false});
        for (kind, name) in [(Call::Page, "Home"), (Call::Track, "Order Completed"), (Call::Identify, "")] {
            assert_eq!(preferences(kind, name, given.clone()), "email unwanted, push unwanted", "{name}");
        }
        let page = preferences(Call::Page, "Segment Consent Preference Updated", given);
        assert_eq!(page, "email unwanted, push unwanted", "a page of that name tells nothing");
    }

    #[test]
    fn without_a_mapping_no_preference_says_anything() {
        let call = json!({"context": {"consent": {"categoryPreferences": {"Advertising": false}}}});
        assert_eq!(picture(Call::Track, "Segment Consent Preference Updated", call), "");
    }
}
