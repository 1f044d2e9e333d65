//! What a campaign may ask about one person at one moment, prefetched by the worker: every answer is at hand, nothing
//! waits, so that no guest ever holds anything up.

use serde_json::Value;

use crate::conditions::{Condition, Person};

/// The answers to what a campaign may ask: about the person, as conditions do, and about what happens now.
pub trait View: Person + Send + Sync {
    /// The event that is the cause, or that came with it.
    fn body(&self) -> Option<&Value>;

    /// Whether a condition holds; `trigger` is the event that began the run, null where none did.
    fn holds(&self, condition: &Condition, trigger: &Value) -> bool;
}
