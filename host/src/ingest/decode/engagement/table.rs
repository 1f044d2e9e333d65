//! Every vendor's names for what becomes of a message: Segment's specification, Braze, Customer.io, Klaviyo, Iterable, OneSignal,
//! SendGrid Marketing Campaigns, Engage, Pushwoosh, Leanplum, Insider, and Airship. One more spelling is one more name here.
//!
//! Steps on the way (`Email Drafted`, `Attempted`, `Queued`, `Deferred`, `SMS Sent to Carrier`) are no engagements: what they lead
//! to is told as well, and would be counted twice.

use crate::domain::EngagementKind::{
    self, Bounced, Clicked, Complained, Converted, Delivered, Dismissed, Failed, HeldOut, Opened, Sent, Unsubscribed,
    Viewed,
};

/// Who did it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Actor {
    Person,
    Machine,
}
use Actor::{Machine, Person};

pub(super) struct Row(
    pub(super) &'static str,
    pub(super) EngagementKind,
    pub(super) Actor,
    pub(super) &'static [&'static str],
);

/// The channel of what a campaign does as a whole: converting, holding somebody out.
pub(super) const NO_CHANNEL: &str = "";

/// Tapping a push opens it: vendors call that tapped, opened or clicked, and mean one thing. A soft bounce is a failure:
/// the address is good.
#[rustfmt::skip]
pub(super) const ENGAGEMENTS: &[Row] = &[
    Row("push", Sent, Person, &["Push Notification Sent", "Push Sent"]),
    Row("push", Delivered, Person, &["Push Notification Received", "Push Notification Delivered", "Push Delivered", "Push Received"]),
    Row("push", Viewed, Person, &["iOS Foreground Push Opened"]),
    Row("push", Opened, Person, &["Push Notification Opened", "Push Notification Tapped", "Push Notification Clicked", "Push Opened", "Push Tapped", "Push Clicked"]),
    Row("push", Clicked, Person, &["Push Link Clicked", "Push Notification Button Clicked", "Push Button Clicked", "Push Story Page Clicked", "Push Notification Story Page Clicked"]),
    Row("push", Dismissed, Person, &["Push Notification Dismissed", "Push Dismissed"]),
    Row("push", Bounced, Person, &["Push Notification Bounced", "Push Bounced"]),
    Row("push", Failed, Person, &["Push Notification Failed", "Push Notification Abort", "Push Notification Aborted", "Push Failed", "Push Dropped", "Push Suppressed", "Push Undeliverable"]),
    Row("push", Unsubscribed, Person, &["Push Unsubscribed", "Push Notification Unsubscribed", "Push Opted Out"]),
    Row("push", Converted, Person, &["Push Converted"]),
    Row("web-push", Sent, Person, &["Web Push Sent"]),
    Row("web-push", Delivered, Person, &["Web Push Delivered"]),
    Row("web-push", Opened, Person, &["Web Push Clicked", "Web Push Opened"]),
    Row("web-push", Bounced, Person, &["Web Push Bounced"]),
    Row("web-push", Failed, Person, &["Web Push Failed"]),
    Row("web-push", Unsubscribed, Person, &["Web Push Unsubscribed"]),
    Row("email", Sent, Person, &["Email Sent", "Email Processed"]),
    Row("email", Delivered, Person, &["Email Delivered", "Email Received", "Received Email"]),
    Row("email", Opened, Person, &["Email Opened", "Email Open", "Opened Email"]),
    Row("email", Opened, Machine, &["Email Machine Opened"]),
    Row("email", Clicked, Person, &["Email Link Clicked", "Email Clicked", "Email Click", "Clicked Email"]),
    Row("email", Bounced, Person, &["Email Bounced", "Email Bounce", "Email Hard Bounced", "Bounced Email"]),
    Row("email", Failed, Person, &["Email Soft Bounced", "Email Failed", "Email Dropped", "Email Suppressed", "Email Undeliverable", "Email Abort", "Email Aborted", "Dropped Email"]),
    Row("email", Complained, Person, &["Email Marked as Spam", "Email Reported as Spam", "Email Spam Reported", "Email Complained", "Spam Complaint", "Marked Email as Spam"]),
    Row("email", Unsubscribed, Person, &["Unsubscribed", "Email Unsubscribed", "Email Unsubscribe", "Hosted Unsubscribe Click", "Unsubscribed From Group", "Group Unsubscribed", "Email Group Unsubscribed", "Unsubscribed from Email Marketing", "Unsubscribed from List"]),
    Row("email", Converted, Person, &["Email Converted"]),
    Row("sms", Sent, Person, &["SMS Sent"]),
    Row("sms", Delivered, Person, &["SMS Delivered", "Received SMS"]),
    Row("sms", Clicked, Person, &["SMS Clicked", "SMS Link Clicked", "SMS Short Link Clicks", "SMS Short Link Clicked", "Clicked SMS"]),
    Row("sms", Bounced, Person, &["SMS Bounced"]),
    Row("sms", Failed, Person, &["SMS Failed", "SMS Delivery Failed", "SMS Undelivered", "SMS Rejected", "SMS Dropped", "SMS Suppressed", "SMS Abort", "SMS Aborted", "Failed to Deliver SMS"]),
    Row("sms", Unsubscribed, Person, &["SMS Unsubscribed", "SMS Unsubscribe", "SMS Opted Out", "Unsubscribed from SMS", "Unsubscribed from SMS Marketing"]),
    Row("sms", Converted, Person, &["SMS Converted"]),
    Row("in-app", Sent, Person, &["In-App Message Sent", "In App Sent"]),
    Row("in-app", Delivered, Person, &["In-App Message Delivered", "In App Delivered"]),
    Row("in-app", Viewed, Person, &["In-App Message Viewed", "In-App Message Impression", "In-App Message Page Displayed"]),
    Row("in-app", Opened, Person, &["In-App Message Opened", "In App Opened"]),
    Row("in-app", Clicked, Person, &["In-App Message Clicked", "In App Clicked", "In-App Message Button Clicked"]),
    Row("in-app", Dismissed, Person, &["In-App Message Dismissed"]),
    Row("in-app", Converted, Person, &["In-App Message Converted"]),
    Row("content-card", Sent, Person, &["Content Card Sent"]),
    Row("content-card", Viewed, Person, &["Content Card Viewed"]),
    Row("content-card", Clicked, Person, &["Content Card Clicked"]),
    Row("content-card", Dismissed, Person, &["Content Card Dismissed"]),
    Row("news-feed", Viewed, Person, &["News Feed Viewed", "News Feed Card Viewed"]),
    Row("news-feed", Clicked, Person, &["News Feed Card Clicked"]),
    Row("webhook", Sent, Person, &["Webhook Sent"]),
    Row("webhook", Clicked, Person, &["Webhook Link Clicked"]),
    Row("webhook", Failed, Person, &["Webhook Failed", "Webhook Abort", "Webhook Aborted"]),
    Row("whatsapp", Sent, Person, &["WhatsApp Send", "WhatsApp Sent", "WhatsApp Message Sent"]),
    Row("whatsapp", Delivered, Person, &["WhatsApp Delivery", "WhatsApp Delivered", "WhatsApp Message Delivered"]),
    Row("whatsapp", Opened, Person, &["WhatsApp Read", "WhatsApp Message Read"]),
    Row("whatsapp", Clicked, Person, &["WhatsApp Click", "WhatsApp Clicked", "WhatsApp Link Clicked", "WhatsApp Message Link Clicked"]),
    Row("whatsapp", Failed, Person, &["WhatsApp Failure", "WhatsApp Failed", "WhatsApp Message Failed", "WhatsApp Abort", "WhatsApp Message Undelivered"]),
    Row("whatsapp", Unsubscribed, Person, &["WhatsApp Unsubscribed", "WhatsApp Message Unsubscribed"]),
    Row(NO_CHANNEL, Converted, Person, &["Campaign Converted", "Canvas Converted"]),
    Row(NO_CHANNEL, HeldOut, Person, &["Campaign Control Group Entered", "Campaign Control Group Enrolled", "Canvas Control Group Entered"]),
];

/// Airship's names are words that any tenant may use for something else: they count in its own events only.
#[rustfmt::skip]
pub(super) const AIRSHIP: &[Row] = &[
    Row("push", Sent, Person, &["Send"]),
    Row("push", Opened, Person, &["Open"]),
    Row("push", HeldOut, Person, &["Control"]),
    Row("push", Bounced, Person, &["Uninstall"]),
    Row("in-app", Viewed, Person, &["In-App Message Display"]),
    Row("in-app", Dismissed, Person, &["In-App Message Expiration", "In-App Message Resolution"]),
];
