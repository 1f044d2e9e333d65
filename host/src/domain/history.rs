//! Questions about what a person did and received, and their answers.

use super::{EngagementKind, Target, Timestamp};

/// What is asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Subject {
    /// An event, by its name in the specification's spelling.
    Event(String),
    /// What became of messages.
    Engagement(EngagementKind, Target),
}

/// How often and when.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Occurrences {
    /// How often, since the moment that was asked for.
    pub count: u32,
    /// The first of those counted that is remembered.
    pub first: Option<Timestamp>,
    /// The last.
    pub last: Option<Timestamp>,
    /// There may have been more since then than are remembered: the count is the least that it can be.
    pub saturated: bool,
}
