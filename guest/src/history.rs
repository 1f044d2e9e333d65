//! What may be asked about the past: a subject, and the host's answer.

use crate::{EngagementKind, Target, Timestamp};

/// What is looked up in a person's history.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Subject {
    /// An event by name, in the spelling of Segment's spec where it has one.
    Event(String),
    /// An engagement, and whose messages are meant.
    Engagement(EngagementKind, Target),
}

/// What the history says. Times are those of the occurrences, not of their arrival.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// How often it happened.
    pub count: u32,
    /// When it first happened.
    pub first: Option<Timestamp>,
    /// When it last happened.
    pub last: Option<Timestamp>,
    /// It happened more often since then than the host remembers: the count is the least that it can be.
    pub saturated: bool,
}

impl Subject {
    /// An event by name.
    pub fn event(name: impl Into<String>) -> Self {
        Self::Event(name.into())
    }

    /// An engagement with the messages of the target.
    pub fn engagement(kind: EngagementKind, target: Target) -> Self {
        Self::Engagement(kind, target)
    }
}

impl Answer {
    /// Whether it ever happened.
    pub const fn occurred(&self) -> bool {
        self.count > 0
    }
}
