//! What a channel is given, and what it gives back: the two plain values at this room's door.

use std::time::Duration;

use crate::domain::{CampaignName, InstructionId, Json, ProfileId, TenantId, Timestamp};

/// One message, for one attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The same at every attempt, so that a provider recognises a repetition.
    pub id: InstructionId,
    /// Whose message it is.
    pub tenant: TenantId,
    /// The campaign that instructed it.
    pub campaign: CampaignName,
    /// The campaign's step.
    pub step: String,
    /// The channel that the campaign named.
    pub channel: String,
    /// For whom.
    pub profile: ProfileId,
    /// Where the person can be reached.
    pub addresses: Addresses,
    /// What to say.
    pub content: Json,
    /// When the message was promised.
    pub promised_at: Timestamp,
    /// When this attempt is made.
    pub at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// Where a person can be reached, as far as it was known when the message was promised.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses {
    /// For push messages.
    pub push_token: Option<String>,
    /// For e-mail.
    pub email: Option<String>,
}

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Receipt {
    /// The provider took it over.
    Accepted {
        /// What the provider said, for the eye.
        note: Option<String>,
    },
    /// Not now, or nobody knows: try again.
    Retry {
        /// What went wrong.
        reason: String,
        /// How long the provider asked to be left alone, as it said it.
        after: Option<Duration>,
    },
    /// Never: trying again cannot help.
    Refused {
        /// What is wrong.
        reason: String,
    },
}

impl Receipt {
    /// The outcome's name in metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Retry { .. } => "retry",
            Self::Refused { .. } => "refused",
        }
    }
}
