//! What a module is and wants to be asked about.

use super::{EngagementKind, Json, Target};

/// A configured module's description of itself.
#[derive(Debug, Clone, PartialEq)]
pub struct Manifest {
    /// The module's name, not the campaign's.
    pub name: String,
    /// The module's version.
    pub version: String,
    /// What it does, in a sentence.
    pub summary: String,
    /// What it is asked about; nothing else.
    pub triggers: Vec<Trigger>,
    /// Channels that it may name in an instruction.
    pub channels: Vec<String>,
    /// Steps that it may name in an instruction.
    pub steps: Vec<String>,
    /// JSON Schema of its configuration.
    pub configuration: Json,
}

/// One thing a campaign wants to be asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Trigger {
    /// A track event by name, or `*`.
    Event(String),
    /// Every call of a type, by its name on the wire.
    Call(String),
    /// Something became of a message.
    Engagement {
        /// What.
        kind: EngagementKind,
        /// Of whose message.
        target: Target,
    },
    /// A trait changed, by name.
    TraitChanged(String),
    /// An attribute of an item changed, by name, or `*`.
    ItemChanged(String),
    /// Moments, as the module wrote them.
    Schedule(Json),
}
