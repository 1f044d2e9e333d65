//! Events that tell what became of a message, by the names in `table`: which message it was, wherever its vendor says so.

mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use self::table::{AIRSHIP, Actor, ENGAGEMENTS, NO_CHANNEL, Row};
use super::fields::Fields;
use super::vendor;
use crate::domain::{ChannelName, Engagement, EngagementKind, limits, spelling};
use crate::mappings::{EventMapping, Mappings, Ours, Properties};

type Names = HashMap<String, &'static Row>;

static BY_SPELLING: LazyLock<Names> = LazyLock::new(|| by_spelling(ENGAGEMENTS));
static OF_AIRSHIP: LazyLock<Names> = LazyLock::new(|| by_spelling(AIRSHIP));

/// Where vendors put the campaign: as a person would name it, its id, the link's tag. The first that is there counts.
const CAMPAIGNS: [&[&str]; 18] = [
    &["properties", "campaign_name"],
    &["properties", "campaign", "name"],
    &["properties", "campaign"],
    &["properties", "canvas_name"],
    &["properties", "automation_name"],
    &["properties", "journey_name"],
    &["properties", "message_name"],
    &["properties", "journey_metadata", "journey_name"],
    &["properties", "campaign_id"],
    &["properties", "canvas_id"],
    &["properties", "automation_id"],
    &["properties", "journey_id"],
    &["properties", "newsletter_id"],
    &["properties", "broadcast_id"],
    &["properties", "campaign_code"],
    &["properties", "campaign", "id"],
    &["properties", "journey_metadata", "journey_id"],
    &["context", "campaign", "name"],
];
/// Where they put the step, what was touched, and what they call the message itself, among the properties.
const STEPS: [&str; 9] = [
    "step",
    "campaign_step",
    "canvas_step_name",
    "automation_step_name",
    "message_variation_name",
    "canvas_step_id",
    "automation_step_id",
    "action_id",
    "message_variation_id",
];
const BUTTONS: [&str; 3] = ["button_id", "button_name", "button_text"];
const DETAILS: [&str; 11] = [
    "link_alias",
    "link_name",
    "story_page",
    "page_name",
    "page_id",
    "card_name",
    "card_id",
    "link_url",
    "url",
    "href",
    "link_id",
];
const DISPATCHES: [&str; 6] = ["dispatch_id", "delivery_id", "sg_event_id", "sg_message_id", "event_id", "send_id"];

/// What is told: over which channel, of which kind, and by whom.
struct Told<'a> {
    channel: &'a str,
    kind: EngagementKind,
    actor: Actor,
}

/// What a track event of that name tells about a message, if it does. What the tenant mapped goes before the table.
pub(crate) fn of(mappings: &Mappings, name: &str, call: Fields<'_>) -> Option<Engagement> {
    let properties = call.within("properties");
    let mapped = mapped(mappings, name, call);
    let told = mapped.map(Told::from).or_else(|| told(name, call).map(Told::from))?;
    let button = properties.first_text(&BUTTONS);
    let channel = if told.channel == NO_CHANNEL { properties.text("channel") } else { Some(told.channel.to_owned()) };
    let places = mapped.map_or(&Properties::NONE, |mapped| &mapped.properties);
    let (campaign, step) = message(mappings, places, call);
    let dispatch = property(places.message.as_ref(), call).or_else(|| properties.first_text(&DISPATCHES));
    Some(Engagement {
        kind: kind(&told, button.is_some(), properties),
        channel: channel.unwrap_or_default(),
        campaign,
        step,
        detail: button.or_else(|| properties.first_text(&DETAILS)),
        by_machine: told.actor == Actor::Machine || properties.is_true("machine_open"),
        dispatch: dispatch.filter(|id| id.len() <= limits::MESSAGE_ID_BYTES_MAX),
    })
}

/// The tenant may name an event as it is sent, or as the specification does.
fn mapped<'a>(mappings: &'a Mappings, name: &str, call: Fields<'_>) -> Option<&'a EventMapping> {
    if mappings.is_empty() {
        return None;
    }
    let as_sent = call.text("event");
    as_sent.and_then(|as_sent| mappings.event(&as_sent)).or_else(|| mappings.event(name))
}

fn told(name: &str, call: Fields<'_>) -> Option<&'static Row> {
    let name = spelling::folded(name);
    let airships = || if vendor::is_airship(call) { OF_AIRSHIP.get(&name).copied() } else { None };
    let held_out = || {
        let is_held_out = name == "canvasentered" && call.within("properties").is_true("in_control_group");
        is_held_out.then_some(&HELD_OUT)
    };
    BY_SPELLING.get(&name).copied().or_else(airships).or_else(held_out)
}

impl From<&'static Row> for Told<'static> {
    fn from(Row(channel, kind, actor, _): &'static Row) -> Self {
        Self { channel, kind: *kind, actor: *actor }
    }
}

impl<'a> From<&'a EventMapping> for Told<'a> {
    fn from(mapping: &'a EventMapping) -> Self {
        let channel = mapping.channel.as_ref().map_or(NO_CHANNEL, ChannelName::as_str);
        Self { channel, kind: mapping.kind, actor: Actor::Person }
    }
}

/// Who enters a journey in its control group is held out of it.
static HELD_OUT: Row = Row(NO_CHANNEL, EngagementKind::HeldOut, Actor::Person, &["Canvas Entered"]);

/// A push that was opened by one of its buttons was clicked; a bounce that will pass is a failure.
fn kind(told: &Told<'_>, has_button: bool, properties: Fields<'_>) -> EngagementKind {
    match told.kind {
        EngagementKind::Opened if told.channel == "push" && has_button => EngagementKind::Clicked,
        EngagementKind::Bounced if is_soft(properties) => EngagementKind::Failed,
        kind => kind,
    }
}

fn is_soft(properties: Fields<'_>) -> bool {
    let class = properties.first_text(&["bounce_type", "bounce_class", "bounce_classification", "type"]);
    let class = class.map(|class| spelling::folded(&class)).unwrap_or_default();
    ["soft", "transient", "temporary", "block"].iter().any(|soft| class.starts_with(soft))
}

/// Campaign and step: ours where the tenant mapped the vendor's, else as the vendor says.
fn message(mappings: &Mappings, places: &Properties, call: Fields<'_>) -> (Option<String>, Option<String>) {
    let properties = call.within("properties");
    let own_step = property(places.step.as_ref(), call);
    let mut campaigns = property(places.campaign.as_ref(), call).into_iter().chain(campaigns(call));
    let mut steps = own_step.into_iter().chain(STEPS.iter().filter_map(|name| properties.text(name)));
    if mappings.is_empty() {
        return (campaigns.next(), steps.next());
    }
    let (campaigns, steps): (Vec<String>, Vec<String>) = (campaigns.collect(), steps.collect());
    let ours = mappings.ours(&campaigns, &steps);
    let (campaign, step) = (campaigns.into_iter().next(), steps.into_iter().next());
    match ours {
        Some(Ours { campaign, step: ours }) => (Some(campaign.to_string()), ours.clone().or(step)),
        None => (campaign, step),
    }
}

/// All the words by which an event calls its campaign.
fn campaigns(call: Fields<'_>) -> impl Iterator<Item = String> {
    CAMPAIGNS.iter().filter_map(move |path| {
        let (name, way) = path.split_last()?;
        way.iter().fold(call, |place, name| place.within(name)).text(name)
    })
}

/// What stands where the tenant said.
fn property(word: Option<&String>, call: Fields<'_>) -> Option<String> {
    call.property(word?)
}

fn by_spelling(rows: &'static [Row]) -> Names {
    let names = |row: &'static Row| row.3.iter().map(move |name| (spelling::folded(name), row));
    rows.iter().flat_map(names).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::domain::EngagementKind::{
        Bounced, Clicked, Complained, Converted, Delivered, Failed, HeldOut, Opened, Sent, Unsubscribed, Viewed,
    };
    use crate::ingest::decode::names;
    use crate::mappings::Mapping;

    fn read(name: &str, call: Value) -> Option<Engagement> {
        of(&Mappings::default(), name, Fields::of(&call))
    }

    #[test]
    fn the_recipes_names_are_engagements() {
        for (name, channel, kind) in [
            ("Push Notification Received", "push", Delivered),
            ("Push Notification Opened", "push", Opened),
            ("push_notification_tapped", "push", Opened),
            ("Email Delivered", "email", Delivered),
            ("emailOpened", "email", Opened),
            ("Email Marked As Spam", "email", Complained),
            ("Unsubscribed", "email", Unsubscribed),
            ("SMS Short Link Clicks", "sms", Clicked),
        ] {
            let engagement = read(name, json!({})).unwrap();
            assert_eq!((engagement.channel.as_str(), engagement.kind), (channel, kind), "{name}");
        }
        assert_eq!(read("Order Completed", json!({})), None);
        assert_eq!(read("", json!({})), None);
    }

    #[test]
    fn the_campaign_is_where_the_vendor_puts_it() {
        for (call, campaign) in [
            (json!({ "properties": { "campaign_name": "Spring", "campaign_id": "7" } }), Some("Spring")),
            (json!({ "properties": { "campaignName": "Spring" } }), Some("Spring")),
            (json!({ "properties": { "campaign": { "name": "Spring" } } }), Some("Spring")),
            (json!({ "properties": { "campaign": "Spring" } }), Some("Spring")),
            (json!({ "properties": { "campaign_id": 7, "canvas_name": "Spring" } }), Some("Spring")),
            (json!({ "properties": { "automation_name": "Spring" } }), Some("Spring")),
            (json!({ "properties": { "campaign_id": 7 }, "context": { "campaign": { "name": "utm" } } }), Some("7")),
            (json!({ "properties": null, "context": { "campaign": { "name": "utm" } } }), Some("utm")),
            (json!({ "properties": { "campaign_name": "" } }), None),
        ] {
            assert_eq!(read("Email Opened", call.clone()).unwrap().campaign.as_deref(), campaign, "{call}");
        }
    }

    #[test]
    fn a_machine_is_not_the_person() {
        assert!(!read("Email Opened", json!({ "properties": { "machine_open": false } })).unwrap().by_machine);
        assert!(read("Email Opened", json!({ "properties": { "machine_open": "true" } })).unwrap().by_machine);
        assert!(read("Email Opened", json!({ "properties": { "machine_open": true } })).unwrap().by_machine);
        assert!(read("Email Machine Opened", json!({})).unwrap().by_machine);
    }

    #[test]
    fn step_and_link_are_read() {
        let call = json!({ "properties": { "canvas_step_name": "second", "link_url": "https://shop.example/cart" } });
        let engagement = read("Email Link Clicked", call).unwrap();
        assert_eq!(engagement.step.as_deref(), Some("second"));
        assert_eq!(engagement.detail.as_deref(), Some("https://shop.example/cart"));
    }

    #[test]
    fn no_name_stands_in_two_rows() {
        assert_eq!(BY_SPELLING.len(), ENGAGEMENTS.iter().map(|row| row.3.len()).sum::<usize>());
    }

    /// At least one case of each vendor.
    #[test]
    fn every_vendor_is_understood() {
        let braze =
            json!({ "campaign_name": "Spring", "canvas_step_id": "s1", "dispatch_id": "d1", "machine_open": "false" });
        let spec = json!({ "campaign": { "name": "Spring", "source": "app" } });
        let iterable = json!({ "campaign_id": 7 });
        for (vendor, name, properties, channel, kind) in [
            ("Segment", "Push Notification Bounced", spec, "push", Bounced),
            ("Braze", "Content Card Clicked", braze.clone(), "content-card", Clicked),
            ("Braze", "News Feed Card Viewed", braze.clone(), "news-feed", Viewed),
            ("Braze", "Webhook Sent", braze.clone(), "webhook", Sent),
            ("Braze", "WhatsApp Read", braze.clone(), "whatsapp", Opened),
            ("Braze", "Campaign Converted", braze.clone(), "", Converted),
            ("Braze", "Canvas Converted", braze, "", Converted),
            ("Braze", "Campaign Control Group Entered", json!({ "campaign_name": "Spring" }), "", HeldOut),
            ("Braze", "Canvas Entered", json!({ "canvas_name": "Spring", "in_control_group": "true" }), "", HeldOut),
            ("Braze", "Push Story Page Clicked", json!({ "campaign_name": "Spring" }), "push", Clicked),
            ("Customer.io", "SMS Converted", json!({ "campaign_name": "Spring" }), "sms", Converted),
            ("Customer.io", "Email Undeliverable", json!({ "broadcast_id": 7 }), "email", Failed),
            ("Klaviyo", "Clicked Email", json!({ "Campaign Name": "Spring" }), "email", Clicked),
            ("Iterable", "In App Clicked", iterable.clone(), "in-app", Clicked),
            ("Iterable", "Web Push Clicked", iterable, "web-push", Opened),
            ("OneSignal", "Email Reported As Spam", json!({ "message_name": "Spring" }), "email", Complained),
            ("SendGrid", "Unsubscribed From Group", json!({ "automation_name": "Spring" }), "email", Unsubscribed),
            ("Pushwoosh", "Push Delivered", json!({ "campaign_code": "7" }), "push", Delivered),
            ("Leanplum", "Push Notification Tapped", json!({ "campaign_id": 7 }), "push", Opened),
            ("Engage", "Email Bounced", json!({ "journey_metadata": { "journey_id": "7" } }), "email", Bounced),
            ("Airship", "Open", json!({ "campaign_id": 7 }), "push", Opened),
            ("Airship", "Control", json!({ "campaign_id": 7 }), "push", HeldOut),
        ] {
            let call = json!({ "properties": properties, "context": { "integration": { "name": vendor } } });
            let engagement = read(name, call).unwrap_or_else(|| panic!("{vendor}: {name}"));
            assert_eq!((engagement.channel.as_str(), engagement.kind), (channel, kind), "{vendor}: {name}");
            assert!(matches!(engagement.campaign.as_deref(), Some("Spring" | "7")), "{vendor}: {name}");
        }
    }

    #[test]
    fn words_of_airships_are_anybodys_elsewhere_and_who_enters_a_journey_is_not_held_out() {
        assert_eq!(read("Open", json!({ "properties": { "campaign_id": 7 } })), None);
        assert_eq!(read("Canvas Entered", json!({ "properties": { "in_control_group": "false" } })), None);
        assert_eq!(read("SMS Sent to Carrier", json!({})), None);
    }

    #[test]
    fn a_button_of_a_push_is_clicked_and_a_soft_bounce_is_a_failure() {
        let button = read("Push Notification Tapped", json!({ "properties": { "button_id": "buy" } })).unwrap();
        assert_eq!((button.kind, button.detail.as_deref()), (Clicked, Some("buy")));
        for class in ["soft", "Transient", "blocked"] {
            let bounce = read("Email Bounced", json!({ "properties": { "bounce_type": class } })).unwrap();
            assert_eq!(bounce.kind, Failed, "{class}");
        }
        assert_eq!(read("Email Bounced", json!({ "properties": { "bounce_type": "hard" } })).unwrap().kind, Bounced);
    }

    #[test]
    fn the_vendors_own_name_for_a_message_is_kept() {
        let dispatch = |properties: Value| read("Email Opened", json!({ "properties": properties })).unwrap().dispatch;
        assert_eq!(dispatch(json!({ "dispatch_id": "d", "send_id": "s" })).as_deref(), Some("d"));
        assert_eq!(dispatch(json!({ "delivery_id": "x" })).as_deref(), Some("x"));
        assert_eq!(dispatch(json!({})), None);
    }

    /// What is read by one tenant's mappings: channel, kind, campaign, step, message.
    fn mapped(documents: &[Value], name: &str, call: Value) -> Option<String> {
        let mapping = |(number, document): (usize, &Value)| (format!("m{number}"), Mapping::read(document).unwrap());
        let mappings: Vec<(String, Mapping)> = documents.iter().enumerate().map(mapping).collect();
        let ready = Mappings::of(mappings.iter().map(|(name, mapping)| (name.as_str(), mapping))).unwrap();
        let Engagement { kind, channel, campaign, step, dispatch, .. } =
            of(&ready, &names::resolved(name), Fields::of(&call))?;
        let word = |word: Option<String>| word.unwrap_or_else(|| "-".to_owned());
        Some(format!("{channel} {} {} {} {}", kind.as_str(), word(campaign), word(step), word(dispatch)))
    }

    #[test]
    fn a_tenants_own_event_tells_what_became_of_a_message_wherever_it_says_of_which() {
        let plain = json!({"event": "Mail Seen", "engagement": "opened", "channel": "email"});
        let placed = |properties: Value| {
            let mut mapping = plain.clone();
            mapping["properties"] = properties;
            mapping
        };
        let usual = json!({"campaign_name": "spring", "step": "first", "dispatch_id": "d1"});
        let own = json!({"mailing": {"id": 7}, "parts": ["a", "b"], "Mail ID": "m1", "campaign_name": "spring"});
        for (mapping, properties, read) in [
            (plain.clone(), usual.clone(), "email opened spring first d1"),
            (plain.clone(), json!({}), "email opened - - -"),
            (placed(json!({"campaign": "mailing_id"})), usual.clone(), "email opened spring first d1"),
            (
                placed(
                    json!({"campaign": "/properties/mailing/id", "step": "/properties/parts/1", "message": "mail_id"}),
                ),
                own.clone(),
                "email opened 7 b m1",
            ),
            (placed(json!({"campaign": "campaign_name", "step": "parts"})), own, "email opened spring - -"),
            (
                json!({"event": "Mail Seen", "engagement": "converted"}),
                json!({"channel": "sms"}),
                "sms converted - - -",
            ),
        ] {
            let call = json!({"event": "mail_seen", "properties": properties});
            assert_eq!(mapped(std::slice::from_ref(&mapping), "mail_seen", call).as_deref(), Some(read), "{mapping}");
        }
        let at_the_root = placed(json!({"campaign": "/context/mailing"}));
        let call = json!({"event": "Mail Seen", "context": {"mailing": "spring"}});
        assert_eq!(mapped(&[at_the_root], "Mail Seen", call).as_deref(), Some("email opened spring - -"));
    }

    #[test]
    fn the_tenants_word_goes_before_the_tables_and_is_read_as_the_tables_are() {
        let opened = json!({"event": "Email Clicked", "engagement": "opened", "channel": "news"});
        let call = json!({"event": "Email Clicked"});
        assert_eq!(mapped(&[], "Email Clicked", call.clone()).as_deref(), Some("email clicked - - -"));
        assert_eq!(mapped(&[opened], "Email Clicked", call).as_deref(), Some("news opened - - -"));
        let bounced = json!({"event": "Mail Returned", "engagement": "bounced", "channel": "email"});
        let soft = json!({"event": "Mail Returned", "properties": {"bounce_type": "soft"}});
        assert_eq!(mapped(&[bounced], "Mail Returned", soft).as_deref(), Some("email failed - - -"));
        // An event of the first specification is meant by its own name and by the second's.
        for name in ["Completed Order", "Order Completed"] {
            let mapping = json!({"event": name, "engagement": "converted"});
            let call = json!({"event": "Completed Order"});
            assert_eq!(mapped(&[mapping], "Completed Order", call).as_deref(), Some(" converted - - -"), "{name}");
        }
    }

    #[test]
    fn a_vendors_campaign_is_ours_by_any_of_its_words() {
        let whole = json!({"campaign": "65f1", "is": {"campaign": "spring"}});
        let step = json!({"campaign": "Spring Sale 2026", "step": "variant_b", "is": {"campaign": "spring", "step": "second"}});
        let mappings = [whole, step];
        for (properties, read) in [
            (
                json!({"campaign_id": "65f1", "campaign_name": "SALE", "canvas_step_id": "s1"}),
                "email opened spring s1 -",
            ),
            (
                json!({"campaign_name": "spring_sale_2026", "message_variation_name": "Variant B"}),
                "email opened spring second -",
            ),
            (
                json!({"canvas_name": "Spring Sale 2026", "canvas_step_id": "s1", "message_variation_id": "variant-b"}),
                "email opened spring second -",
            ),
            (
                json!({"campaign_name": "Spring Sale 2026", "step": "variant_a"}),
                "email opened Spring Sale 2026 variant_a -",
            ),
            (json!({"campaign": {"id": "65f1"}}), "email opened spring - -"),
            (json!({"journey_metadata": {"journey_id": "65f1"}}), "email opened spring - -"),
            (json!({}), "email opened - - -"),
        ] {
            let call = json!({"event": "Email Opened", "properties": properties});
            assert_eq!(mapped(&mappings, "Email Opened", call.clone()).as_deref(), Some(read), "{call}");
        }
        let link = json!({"event": "Email Opened", "context": {"campaign": {"name": "65F1"}}});
        assert_eq!(mapped(&mappings, "Email Opened", link).as_deref(), Some("email opened spring - -"));
    }
}
