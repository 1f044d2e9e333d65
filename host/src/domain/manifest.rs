//! What a module is and wants to be asked about.

use super::{CampaignName, EngagementKind, Json};

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

/// Whose messages are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// Anybody's.
    Any,
    /// The asking campaign's own.
    Mine,
    /// Those over a channel.
    Channel(String),
    /// Those of a campaign, by name.
    Campaign(String),
    /// Those of a campaign's step.
    Step(String, String),
    /// Those of every campaign with this label.
    Label(String),
}

impl Target {
    /// Whether a message of `campaign` and `step` over `channel` is meant, when `asking` asks.
    pub fn covers(&self, asking: &CampaignName, channel: &str, campaign: Option<&str>, step: Option<&str>) -> bool {
        let is_of = |name: &str| {
            let known = CampaignName::parse(name);
            campaign.is_some_and(|carried| known.as_ref().map_or(carried == name, |known| known.is_spelled(carried)))
        };
        match self {
            Self::Any => true,
            Self::Mine => is_of(asking.as_str()),
            Self::Channel(wanted) => channel == wanted,
            Self::Campaign(wanted) => is_of(wanted),
            Self::Step(wanted, wanted_step) => is_of(wanted) && step == Some(wanted_step),
            Self::Label(_) => false,
        }
    }
}
