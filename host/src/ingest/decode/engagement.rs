//! Events that tell what became of a message, by name: Segment's specification, and the spellings of the vendors that
//! send into Segment (Braze, Customer.io, Iterable, Klaviyo, OneSignal, SendGrid, Insider, Pushwoosh). One more spelling
//! is one more name in the table.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::fields::Fields;
use super::spelling;
use crate::domain::EngagementKind::{
    Bounced, Clicked, Complained, Converted, Delivered, Dismissed, Failed, Opened, Sent, Unsubscribed, Viewed,
};
use crate::domain::{Engagement, EngagementKind};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Actor {
    Person,
    Machine,
}
use Actor::{Machine, Person};

struct Row(&'static str, EngagementKind, Actor, &'static [&'static str]);

/// Tapping a push opens it: vendors call that tapped, opened or clicked, and mean one thing. A soft bounce is a failure:
/// the address is good.
#[rustfmt::skip]
const ENGAGEMENTS: &[Row] = &[
    Row("push", Sent, Person, &["Push Notification Sent", "Push Sent"]),
    Row("push", Delivered, Person, &["Push Notification Received", "Push Notification Delivered", "Push Delivered", "Push Received"]),
    Row("push", Opened, Person, &["Push Notification Opened", "Push Notification Tapped", "Push Notification Clicked", "Push Opened", "Push Tapped", "Push Clicked"]),
    Row("push", Clicked, Person, &["Push Link Clicked"]),
    Row("push", Dismissed, Person, &["Push Notification Dismissed", "Push Dismissed"]),
    Row("push", Bounced, Person, &["Push Notification Bounced", "Push Bounced"]),
    Row("push", Failed, Person, &["Push Notification Failed", "Push Failed", "Push Dropped"]),
    Row("push", Converted, Person, &["Push Converted"]),
    Row("web-push", Sent, Person, &["Web Push Sent"]),
    Row("web-push", Delivered, Person, &["Web Push Delivered"]),
    Row("web-push", Opened, Person, &["Web Push Clicked", "Web Push Opened"]),
    Row("email", Sent, Person, &["Email Sent", "Email Processed"]),
    Row("email", Delivered, Person, &["Email Delivered", "Email Received"]),
    Row("email", Opened, Person, &["Email Opened", "Email Open"]),
    Row("email", Opened, Machine, &["Email Machine Opened"]),
    Row("email", Clicked, Person, &["Email Link Clicked", "Email Clicked", "Email Click"]),
    Row("email", Bounced, Person, &["Email Bounced", "Email Bounce"]),
    Row("email", Failed, Person, &["Email Soft Bounced", "Email Failed", "Email Dropped", "Email Suppressed"]),
    Row("email", Complained, Person, &["Email Marked as Spam", "Email Reported as Spam", "Email Spam Reported"]),
    Row("email", Unsubscribed, Person, &["Unsubscribed", "Email Unsubscribed", "Email Unsubscribe", "Hosted Unsubscribe Click", "Unsubscribed From Group", "Group Unsubscribed", "Email Group Unsubscribed"]),
    Row("email", Converted, Person, &["Email Converted"]),
    Row("sms", Sent, Person, &["SMS Sent"]),
    Row("sms", Delivered, Person, &["SMS Delivered"]),
    Row("sms", Clicked, Person, &["SMS Clicked", "SMS Link Clicked", "SMS Short Link Clicks", "SMS Short Link Clicked"]),
    Row("sms", Bounced, Person, &["SMS Bounced"]),
    Row("sms", Failed, Person, &["SMS Failed", "SMS Delivery Failed", "SMS Undelivered", "SMS Rejected"]),
    Row("in-app", Sent, Person, &["In-App Message Sent", "In App Sent"]),
    Row("in-app", Delivered, Person, &["In-App Message Delivered", "In App Delivered"]),
    Row("in-app", Viewed, Person, &["In-App Message Viewed", "In-App Message Impression"]),
    Row("in-app", Opened, Person, &["In-App Message Opened", "In App Opened"]),
    Row("in-app", Clicked, Person, &["In-App Message Clicked", "In App Clicked"]),
    Row("in-app", Dismissed, Person, &["In-App Message Dismissed"]),
    Row("content-card", Sent, Person, &["Content Card Sent"]),
    Row("content-card", Viewed, Person, &["Content Card Viewed"]),
    Row("content-card", Clicked, Person, &["Content Card Clicked"]),
    Row("content-card", Dismissed, Person, &["Content Card Dismissed"]),
    Row("whatsapp", Sent, Person, &["WhatsApp Send", "WhatsApp Message Sent"]),
    Row("whatsapp", Delivered, Person, &["WhatsApp Delivery", "WhatsApp Message Delivered"]),
    Row("whatsapp", Opened, Person, &["WhatsApp Read", "WhatsApp Message Read"]),
    Row("whatsapp", Failed, Person, &["WhatsApp Failure", "WhatsApp Message Failed"]),
];

static BY_SPELLING: LazyLock<HashMap<String, &'static Row>> = LazyLock::new(|| {
    let names = |row: &'static Row| row.3.iter().map(move |name| (spelling::folded(name), row));
    ENGAGEMENTS.iter().flat_map(names).collect()
});

/// Where vendors put the step, and what was clicked.
const STEPS: [&str; 4] = ["step", "campaign_step", "canvas_step_name", "message_variation_name"];
const DETAILS: [&str; 4] = ["button_id", "link_alias", "link_url", "link_id"];

/// What a track event of that name tells about a message, if it does.
pub(crate) fn of(name: &str, call: Fields<'_>) -> Option<Engagement> {
    let Row(channel, kind, actor, _) = BY_SPELLING.get(&spelling::folded(name))?;
    let properties = call.within("properties");
    Some(Engagement {
        kind: *kind,
        channel: (*channel).to_owned(),
        campaign: campaign(call),
        step: properties.first_text(&STEPS),
        detail: properties.first_text(&DETAILS),
        by_machine: *actor == Machine || properties.is_true("machine_open"),
    })
}

/// The campaign as a person would name it, else its id, else the link's tag.
fn campaign(call: Fields<'_>) -> Option<String> {
    let properties = call.within("properties");
    properties
        .text("campaign_name")
        .or_else(|| properties.within("campaign").text("name"))
        .or_else(|| properties.first_text(&["campaign", "canvas_name", "automation_name", "campaign_id", "canvas_id"]))
        .or_else(|| call.within("context").within("campaign").text("name"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

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
}
