//! What a campaign is and wants: it is asked about its triggers and nothing else.

use serde_json::Value;

use crate::EngagementKind;

/// What this campaign is and wants.
///
/// The JSON Schema of the configuration is not here: it is derived from
/// [`Campaign::Configuration`](crate::Campaign::Configuration).
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Manifest {
    /// The module's name.
    pub name: String,
    /// The module's version.
    pub version: String,
    /// What it does, in one sentence.
    pub summary: String,
    /// What it is asked about.
    pub triggers: Vec<Trigger>,
    /// The channels that it may name in an instruction.
    pub channels: Vec<String>,
    /// The steps that it may name in an instruction.
    pub steps: Vec<String>,
}

/// What a campaign is asked about.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Trigger {
    /// A track event by name, or `*`.
    Event(String),
    /// Every call of a type.
    Call(String),
    /// Something that became of a message.
    Engagement(EngagementKind, Target),
    /// A trait, by name.
    TraitChanged(String),
    /// An attribute of the catalogue's items that the person viewed or has in the cart, by name, or `*`.
    ItemChanged(String),
    /// A moment, or moments that come again; the host's documentation says how they are written.
    Schedule(Value),
    /// What this SDK does not know yet.
    Other {
        /// What the host calls it.
        kind: String,
        /// What the host needs to know about it.
        body: Value,
    },
}

/// Whose messages are meant.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Target {
    /// Anybody's.
    Any,
    /// This campaign's own.
    Mine,
    /// Those of a channel.
    Channel(String),
    /// Those of a campaign.
    Campaign(String),
    /// Those of one step of a campaign.
    Step {
        /// The campaign.
        campaign: String,
        /// Its step.
        step: String,
    },
    /// Those of every campaign with this label.
    Label(String),
}

impl Manifest {
    /// A campaign with no trigger yet.
    ///
    /// ```
    /// # use rekindle_guest::Manifest;
    /// Manifest::new("welcome", env!("CARGO_PKG_VERSION"), "greets people who sign up")
    ///     .on_event("Signed Up")
    ///     .channel("email")
    ///     .step("greeting");
    /// ```
    pub fn new(name: impl Into<String>, version: impl Into<String>, summary: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            version: version.into(),
            summary: summary.into(),
            triggers: Vec::new(),
            channels: Vec::new(),
            steps: Vec::new(),
        }
    }

    /// Also asked about this.
    #[must_use]
    pub fn on(mut self, trigger: Trigger) -> Self {
        self.triggers.push(trigger);
        self
    }

    /// Also asked about track events of this name.
    #[must_use]
    pub fn on_event(self, name: impl Into<String>) -> Self {
        self.on(Trigger::Event(name.into()))
    }

    /// Also asked about what became of the target's messages.
    #[must_use]
    pub fn on_engagement(self, kind: EngagementKind, target: Target) -> Self {
        self.on(Trigger::Engagement(kind, target))
    }

    /// May name this channel in an instruction.
    #[must_use]
    pub fn channel(mut self, channel: impl Into<String>) -> Self {
        let channel = channel.into();
        if !self.channels.contains(&channel) {
            self.channels.push(channel);
        }
        self
    }

    /// May name this step in an instruction.
    #[must_use]
    pub fn step(mut self, step: impl Into<String>) -> Self {
        self.steps.push(step.into());
        self
    }
}
