//! Why the campaign is asked now: the contract's `cause`, in types that a `match` reads well.

use serde_json::Value;

use crate::{Target, Timestamp};

/// Why the campaign is asked now.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Cause {
    /// The person did something.
    Event(Event),
    /// Something became of a message.
    Engagement(Engagement),
    /// A timer that this campaign set, by name.
    Timer(String),
    /// A trait changed; the subject is its name.
    TraitChanged(Change),
    /// An item that the person viewed or put into the cart changed; the subject is `item-id/attribute`.
    ItemChanged(Change),
    /// A scheduled campaign's moment has come, for this person.
    Schedule(Timestamp),
    /// What this SDK does not know yet.
    Other {
        /// What the host calls it.
        kind: String,
        /// What the host says about it.
        body: Value,
    },
}

/// A Segment call; its body is read through [`Context::read`](crate::Context::read).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Event {
    /// Segment's id of the message.
    pub message_id: String,
    /// Which call it was.
    pub call: Call,
    /// The track event's name, the page's or screen's name; empty for the other calls. Names that
    /// Segment's spec knows arrive in the spec's spelling, whatever the sender wrote.
    pub name: String,
    /// When it happened, not when it arrived.
    pub at: Timestamp,
}

/// What became of a message, in one vocabulary for every provider.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Engagement {
    /// What it was.
    pub kind: EngagementKind,
    /// The channel of the message.
    pub channel: String,
    /// The campaign that the message belongs to; none when the provider did not say.
    pub campaign: Option<String>,
    /// The step that the message belongs to; none when the provider did not say.
    pub step: Option<String>,
    /// The button, link, link alias or story page, when one was named.
    pub detail: Option<String>,
    /// A machine did it (mail privacy, a link scanner), not the person.
    pub by_machine: bool,
    /// When it happened.
    pub at: Timestamp,
}

/// A value that changed.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Change {
    /// What changed.
    pub subject: String,
    /// Its value before; none when it is new.
    pub before: Option<Value>,
    /// Its value now; none when it went away.
    pub after: Option<Value>,
}

/// The type of a Segment call.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Call {
    /// The person did something.
    Track,
    /// Who the person is.
    Identify,
    /// The person saw a page.
    Page,
    /// The person saw a screen of an app.
    Screen,
    /// The person belongs to a group.
    Group,
    /// Two ids are one person.
    Alias,
    /// A call that this SDK does not know yet.
    Other(String),
}

/// What became of a message.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum EngagementKind {
    /// It left for the provider.
    Sent,
    /// It reached the device or the mailbox; a push was received.
    Delivered,
    /// It was seen, without being opened.
    Viewed,
    /// It was opened.
    Opened,
    /// Something in it was clicked or tapped.
    Clicked,
    /// It was put away.
    Dismissed,
    /// The address did not take it.
    Bounced,
    /// The provider could not send it.
    Failed,
    /// The person marked it as spam.
    Complained,
    /// The person wants no more of them.
    Unsubscribed,
    /// The person did what it was for.
    Converted,
    /// It was withheld, because the person is in the control group.
    HeldOut,
    /// A kind that this SDK does not know yet.
    Other(String),
}

impl Engagement {
    /// Whether it is with the target's messages, for the campaign of that name. Providers spell names as they like: only
    /// letters and digits count. A label is the host's to know.
    pub fn is_of(&self, target: &Target, asking: &str) -> bool {
        let letters = |name: &str| name.to_lowercase().replace(|c: char| !c.is_alphanumeric(), "");
        let is_campaign = |name: &str| self.campaign.as_deref().is_some_and(|own| letters(own) == letters(name));
        match target {
            Target::Any => true,
            Target::Mine => is_campaign(asking),
            Target::Channel(channel) => self.channel == *channel,
            Target::Campaign(name) => is_campaign(name),
            Target::Step { campaign, step } => is_campaign(campaign) && self.step.as_ref() == Some(step),
            Target::Label(_) => false,
        }
    }
}

/// The contract's words for calls.
static CALLS: [(Call, &str); 6] = [
    (Call::Track, "track"),
    (Call::Identify, "identify"),
    (Call::Page, "page"),
    (Call::Screen, "screen"),
    (Call::Group, "group"),
    (Call::Alias, "alias"),
];

/// The contract's words for engagements.
static KINDS: [(EngagementKind, &str); 12] = [
    (EngagementKind::Sent, "sent"),
    (EngagementKind::Delivered, "delivered"),
    (EngagementKind::Viewed, "viewed"),
    (EngagementKind::Opened, "opened"),
    (EngagementKind::Clicked, "clicked"),
    (EngagementKind::Dismissed, "dismissed"),
    (EngagementKind::Bounced, "bounced"),
    (EngagementKind::Failed, "failed"),
    (EngagementKind::Complained, "complained"),
    (EngagementKind::Unsubscribed, "unsubscribed"),
    (EngagementKind::Converted, "converted"),
    (EngagementKind::HeldOut, "held-out"),
];

impl Call {
    /// The contract's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(word) => word,
            known => word_of(&CALLS, known),
        }
    }
}

impl From<&str> for Call {
    fn from(word: &str) -> Self {
        known(&CALLS, word).unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

impl EngagementKind {
    /// The contract's word for it.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Other(word) => word,
            known => word_of(&KINDS, known),
        }
    }
}

impl From<&str> for EngagementKind {
    fn from(word: &str) -> Self {
        known(&KINDS, word).unwrap_or_else(|| Self::Other(word.to_owned()))
    }
}

fn word_of<T: PartialEq>(table: &'static [(T, &'static str)], value: &T) -> &'static str {
    table
        .iter()
        .find_map(|(known, word)| (known == value).then_some(*word))
        .expect("every known value should be in its table")
}

fn known<T: Clone>(table: &[(T, &str)], text: &str) -> Option<T> {
    table.iter().find_map(|(known, word)| (*word == text).then(|| known.clone()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_word_of_the_contract_reads_as_itself() {
        for (call, word) in &CALLS {
            assert_eq!((&Call::from(*word), call.as_str()), (call, *word));
        }
        for (kind, word) in &KINDS {
            assert_eq!((&EngagementKind::from(*word), kind.as_str()), (kind, *word));
        }
    }

    #[test]
    fn a_word_from_a_later_host_is_kept() {
        assert_eq!(EngagementKind::from("hummed").as_str(), "hummed");
    }
}
