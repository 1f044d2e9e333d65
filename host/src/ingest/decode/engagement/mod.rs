//! Events that tell what became of a message, by the names in `table`: which message it was, wherever its vendor says so.

mod table;

use std::collections::HashMap;
use std::sync::LazyLock;

use self::table::{AIRSHIP, Actor, ENGAGEMENTS, NO_CHANNEL, Row};
use super::fields::Fields;
use super::vendor;
use crate::domain::{Engagement, EngagementKind, limits, spelling};

type Names = HashMap<String, &'static Row>;

static BY_SPELLING: LazyLock<Names> = LazyLock::new(|| by_spelling(ENGAGEMENTS));
static OF_AIRSHIP: LazyLock<Names> = LazyLock::new(|| by_spelling(AIRSHIP));

/// Where vendors put the campaign's name, its id, the step, what was touched, and what they call the message itself.
const CAMPAIGN_NAMES: [&str; 5] = ["campaign", "canvas_name", "automation_name", "journey_name", "message_name"];
const CAMPAIGN_IDS: [&str; 7] =
    ["campaign_id", "canvas_id", "automation_id", "journey_id", "newsletter_id", "broadcast_id", "campaign_code"];
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

/// What a track event of that name tells about a message, if it does.
pub(crate) fn of(name: &str, call: Fields<'_>) -> Option<Engagement> {
    let properties = call.within("properties");
    let told = told(name, call)?;
    let button = properties.first_text(&BUTTONS);
    let channel = if told.0 == NO_CHANNEL { properties.text("channel") } else { Some(told.0.to_owned()) };
    Some(Engagement {
        kind: kind(told, button.is_some(), properties),
        channel: channel.unwrap_or_default(),
        campaign: campaign(call),
        step: properties.first_text(&STEPS),
        detail: button.or_else(|| properties.first_text(&DETAILS)),
        by_machine: told.2 == Actor::Machine || properties.is_true("machine_open"),
        dispatch: properties.first_text(&DISPATCHES).filter(|id| id.len() <= limits::MESSAGE_ID_BYTES_MAX),
    })
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

/// Who enters a journey in its control group is held out of it.
static HELD_OUT: Row = Row(NO_CHANNEL, EngagementKind::HeldOut, Actor::Person, &["Canvas Entered"]);

/// A push that was opened by one of its buttons was clicked; a bounce that will pass is a failure.
fn kind(Row(channel, kind, ..): &Row, has_button: bool, properties: Fields<'_>) -> EngagementKind {
    match kind {
        EngagementKind::Opened if *channel == "push" && has_button => EngagementKind::Clicked,
        EngagementKind::Bounced if is_soft(properties) => EngagementKind::Failed,
        kind => *kind,
    }
}

fn is_soft(properties: Fields<'_>) -> bool {
    let class = properties.first_text(&["bounce_type", "bounce_class", "bounce_classification", "type"]);
    let class = class.map(|class| spelling::folded(&class)).unwrap_or_default();
    ["soft", "transient", "temporary", "block"].iter().any(|soft| class.starts_with(soft))
}

/// The campaign as a person would name it, else its id, else the link's tag.
fn campaign(call: Fields<'_>) -> Option<String> {
    let properties = call.within("properties");
    let journey = properties.within("journey_metadata");
    properties
        .text("campaign_name")
        .or_else(|| properties.within("campaign").text("name"))
        .or_else(|| properties.first_text(&CAMPAIGN_NAMES))
        .or_else(|| journey.text("journey_name"))
        .or_else(|| properties.first_text(&CAMPAIGN_IDS))
        .or_else(|| properties.within("campaign").text("id"))
        .or_else(|| journey.text("journey_id"))
        .or_else(|| call.within("context").within("campaign").text("name"))
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

    fn read(name: &str, call: Value) -> Option<Engagement> {
        of(name, Fields::of(&call))
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
}
