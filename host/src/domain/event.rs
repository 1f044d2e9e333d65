//! What happened: one call of a source, in our words. The door makes it from the wire's many spellings.

use super::{Identities, Json, MessageId, PersonFacts, Timestamp};

/// The kinds of call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Call {
    /// Somebody did something.
    Track,
    /// Somebody is somebody.
    Identify,
    /// Somebody saw a page.
    Page,
    /// Somebody saw a screen.
    Screen,
    /// Somebody belongs to a group.
    Group,
    /// Two identities are one.
    Alias,
    /// Somebody wants to be forgotten.
    Delete,
}

impl Call {
    /// Every kind, in the order of the specification.
    pub const ALL: [Self; 7] =
        [Self::Track, Self::Identify, Self::Page, Self::Screen, Self::Group, Self::Alias, Self::Delete];

    /// The name on the wire and in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Track => "track",
            Self::Identify => "identify",
            Self::Page => "page",
            Self::Screen => "screen",
            Self::Group => "group",
            Self::Alias => "alias",
            Self::Delete => "delete",
        }
    }

    /// The kind of that name, in any case.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|call| call.as_str().eq_ignore_ascii_case(text.trim()))
    }
}

/// One call.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Recognises a repeated delivery.
    pub id: MessageId,
    /// What kind of call it is.
    pub call: Call,
    /// The track event's name (in the specification's spelling where it is known), the page's or screen's; else empty.
    pub name: String,
    /// When it happened, never later than it arrived.
    pub at: Timestamp,
    /// Whom it is about.
    pub identities: Identities,
    /// What it tells about the person.
    pub facts: PersonFacts,
    /// What it tells about a message, if it does.
    pub engagement: Option<Engagement>,
    /// Sent by Segment's Event Tester: answered, kept, never a reason to message anybody.
    pub test: bool,
    /// The whole call as it came.
    pub body: Json,
}

impl Event {
    /// Somebody wants to be forgotten.
    pub fn deletion(id: MessageId, at: Timestamp) -> Self {
        Self {
            id,
            call: Call::Delete,
            name: String::new(),
            at,
            identities: Identities::default(),
            facts: PersonFacts::default(),
            engagement: None,
            test: false,
            body: Json::from(&serde_json::Value::Null),
        }
    }
}

/// What became of a message, in one vocabulary for every provider.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Engagement {
    /// What became of it.
    pub kind: EngagementKind,
    /// The channel it went over: `push`, `email`, …
    pub channel: String,
    /// The campaign as the provider spells it.
    pub campaign: Option<String>,
    /// The step, when the provider carried it.
    pub step: Option<String>,
    /// The button, link or page, when one was named.
    pub detail: Option<String>,
    /// A machine opened it (mail privacy, link scanner), not the person.
    pub by_machine: bool,
    /// What the provider calls this one message, or what became of it: two reports of one thing share it.
    pub dispatch: Option<String>,
}

/// What can become of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[expect(missing_docs, reason = "the names are the documentation; the contract describes them")]
pub enum EngagementKind {
    Sent,
    Delivered,
    Viewed,
    Opened,
    Clicked,
    Dismissed,
    Bounced,
    Failed,
    Complained,
    Unsubscribed,
    Converted,
    HeldOut,
}

impl EngagementKind {
    /// Every kind.
    pub const ALL: [Self; 12] = [
        Self::Sent,
        Self::Delivered,
        Self::Viewed,
        Self::Opened,
        Self::Clicked,
        Self::Dismissed,
        Self::Bounced,
        Self::Failed,
        Self::Complained,
        Self::Unsubscribed,
        Self::Converted,
        Self::HeldOut,
    ];

    /// The name in the contract.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Delivered => "delivered",
            Self::Viewed => "viewed",
            Self::Opened => "opened",
            Self::Clicked => "clicked",
            Self::Dismissed => "dismissed",
            Self::Bounced => "bounced",
            Self::Failed => "failed",
            Self::Complained => "complained",
            Self::Unsubscribed => "unsubscribed",
            Self::Converted => "converted",
            Self::HeldOut => "held-out",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}
