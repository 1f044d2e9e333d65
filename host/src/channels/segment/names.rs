//! What Segment calls what became of a message. Its specifications' own names where they have one (`spec/email`, `spec/mobile`), else
//! such as other senders use (Braze's: `Push Notification Sent`, `SMS Sent`), so that the tenant's other tools understand them.

use crate::domain::EngagementKind::{
    self, Bounced, Clicked, Complained, Converted, Delivered, Dismissed, Failed, HeldOut, Opened, Sent, Unsubscribed,
    Viewed,
};

/// Names that do not follow from what the channel's messages are called.
const SPECIFIED: &[(&str, EngagementKind, &str)] = &[
    ("email", Clicked, "Email Link Clicked"),
    ("email", Unsubscribed, "Unsubscribed"),
    ("push", Delivered, "Push Notification Received"),
    ("push", Opened, "Push Notification Tapped"),
];

/// What messages of a channel are called; those of others are messages.
const MESSAGES: &[(&str, &str)] = &[
    ("email", "Email"),
    ("in-app", "In-App Message"),
    ("push", "Push Notification"),
    ("sms", "SMS"),
    ("web-push", "Web Push"),
    ("whatsapp", "WhatsApp Message"),
];

/// The event's name.
pub(super) fn event(channel: &str, kind: EngagementKind) -> String {
    let specified = SPECIFIED.iter().find(|(of, what, _)| (*of, *what) == (channel, kind));
    if let Some((.., name)) = specified {
        return (*name).to_owned();
    }
    let message = MESSAGES.iter().find(|(of, _)| *of == channel).map_or("Message", |(_, message)| message);
    format!("{message} {}", became(kind))
}

fn became(kind: EngagementKind) -> &'static str {
    match kind {
        Sent => "Sent",
        Delivered => "Delivered",
        Viewed => "Viewed",
        Opened => "Opened",
        Clicked => "Clicked",
        Dismissed => "Dismissed",
        Bounced => "Bounced",
        Failed => "Failed",
        Complained => "Marked as Spam",
        Unsubscribed => "Unsubscribed",
        Converted => "Converted",
        HeldOut => "Held Out",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_specifications_names_are_kept() {
        for (channel, kind, name) in [
            ("email", Sent, "Email Sent"),
            ("email", Delivered, "Email Delivered"),
            ("email", Opened, "Email Opened"),
            ("email", Clicked, "Email Link Clicked"),
            ("email", Bounced, "Email Bounced"),
            ("email", Complained, "Email Marked as Spam"),
            ("email", Unsubscribed, "Unsubscribed"),
            ("push", Sent, "Push Notification Sent"),
            ("push", Delivered, "Push Notification Received"),
            ("push", Opened, "Push Notification Tapped"),
            ("push", Bounced, "Push Notification Bounced"),
            ("sms", Sent, "SMS Sent"),
            ("sms", Failed, "SMS Failed"),
            ("in-app", Clicked, "In-App Message Clicked"),
            ("ads", Sent, "Message Sent"),
            ("letters", Bounced, "Message Bounced"),
        ] {
            assert_eq!(event(channel, kind), name);
        }
    }
}
