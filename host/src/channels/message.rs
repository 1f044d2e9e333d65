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
    /// What the tenant calls the person, by its last word: not always what the person is kept under. None where nobody said.
    pub user_id: Option<String>,
    /// Where the person can be reached.
    pub addresses: Addresses,
    /// What to say.
    pub content: Json,
    /// What is known of the person, as one object, where the channel speaks of it.
    pub traits: Option<Json>,
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
    /// For push messages: of every device, the one that was heard of last first.
    pub push_tokens: Vec<String>,
    /// For e-mail.
    pub email: Option<String>,
    /// For SMS and the like, as E.164 writes it.
    pub phone: Option<String>,
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
    /// The provider took it over for some of the person's addresses; the others reach nobody any more.
    Partly {
        /// Addresses of the message that are gone.
        gone: Vec<String>,
        /// What the provider said, for the eye.
        note: Option<String>,
    },
    /// Never: none of the message's addresses reaches anybody any more.
    Gone {
        /// Addresses of the message that are gone.
        gone: Vec<String>,
        /// What is wrong.
        reason: String,
    },
}

impl Addresses {
    /// Whether the message went to that address.
    pub fn holds(&self, address: &str) -> bool {
        let all = self.push_tokens.iter().chain(&self.email).chain(&self.phone);
        all.into_iter().any(|held| held == address)
    }
}

impl Receipt {
    /// Addresses that reach nobody any more, as the provider says.
    pub fn gone(&self) -> &[String] {
        match self {
            Self::Partly { gone, .. } | Self::Gone { gone, .. } => gone,
            Self::Accepted { .. } | Self::Retry { .. } | Self::Refused { .. } => &[],
        }
    }

    /// The outcome's name in metrics.
    pub fn outcome(&self) -> &'static str {
        match self {
            Self::Accepted { .. } => "accepted",
            Self::Retry { .. } => "retry",
            Self::Refused { .. } => "refused",
            Self::Partly { .. } => "partly",
            Self::Gone { .. } => "gone",
        }
    }
}
