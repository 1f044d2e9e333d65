//! What a campaign may ask about one person at one moment, prefetched by the worker: every answer is at hand, nothing
//! waits, so that no guest ever holds anything up.

use serde_json::Value;

use crate::conditions::Condition;
use crate::domain::{Json, Occurrences, Subject, Timestamp};

/// The answers to what a campaign may ask.
pub trait View: Send + Sync {
    /// The event that is the cause, or that came with it.
    fn body(&self) -> Option<&Value>;

    /// How often and when the person did or received something, counted from `since`.
    fn history(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences;

    /// A trait of the person.
    fn trait_value(&self, name: &str) -> Option<Json>;

    /// Whether the person has an address on that channel and has not opted out.
    fn reachable(&self, channel: &str) -> bool;

    /// Whether a condition holds; `trigger` is the event that began the run, null where none did.
    fn holds(&self, condition: &Condition, trigger: &Value) -> bool;
}
