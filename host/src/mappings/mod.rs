//! Mappings: a tenant's words for what is ours. An event of its own sender tells what became of a message; a campaign that a
//! vendor knows under another name is one of ours; a category of Segment's consent is about channels. `docs/people.md` is for
//! those who write them.
//!
//! One document, read by place, is all three: what is sent, what a scenario file says, and what is kept. [`Mappings`] is all of a
//! tenant's, ready to be asked: the door has it at hand and decodes by it, so that the journal holds what was meant when an
//! event arrived. It is pure.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod read;
mod ready;

#[cfg(test)]
mod tests;

use serde_json::{Value, json};

use crate::domain::{CampaignName, ChannelName, EngagementKind, spelling};

pub use ready::{Clash, Mappings};

/// One thing of a tenant's, and what it is with us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mapping {
    /// A track event tells what became of a message.
    Event(EventMapping),
    /// A campaign of a vendor's is one of ours.
    Campaign(CampaignMapping),
    /// A category of consent is about channels.
    Consent(ConsentMapping),
}

/// A track event that tells what became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventMapping {
    /// The event's name.
    pub event: String,
    /// What became of the message.
    pub kind: EngagementKind,
    /// Over which channel it went; none where the event itself says it, or none is meant.
    pub channel: Option<ChannelName>,
    /// Where the event says which message it was, if not where others do.
    pub properties: Properties,
}

/// Properties that say which message it was: names, or JSON Pointers from the event's root.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Properties {
    /// The campaign's name or id.
    pub campaign: Option<String>,
    /// The step's.
    pub step: Option<String>,
    /// What the sender calls this one message.
    pub message: Option<String>,
}

/// A campaign of a vendor's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CampaignMapping {
    /// Its name or id there.
    pub campaign: String,
    /// The step, variation or message there; none where all of the campaign are meant.
    pub step: Option<String>,
    /// What it is with us.
    pub is: Ours,
}

/// One of our campaigns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ours {
    /// The campaign.
    pub campaign: CampaignName,
    /// Its step; none where the vendor's word for it stands.
    pub step: Option<String>,
}

/// A category of Segment's consent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConsentMapping {
    /// The category's id, as it stands among `context.consent.categoryPreferences`.
    pub category: String,
    /// The channels that it is about.
    pub channels: Vec<ChannelName>,
}

/// What of a tenant's a mapping speaks of, in the spelling that tables keep. No two mappings speak of the same.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Subject {
    Event(String),
    Campaign(String, Option<String>),
    Category(String),
}

impl Mapping {
    /// The document that reads as this.
    pub fn document(&self) -> Value {
        without_nulls(match self {
            Self::Event(EventMapping { event, kind, channel, properties }) => json!({
                "event": event,
                "engagement": kind.as_str(),
                "channel": channel.as_ref().map(ChannelName::as_str),
                "properties": properties.document(),
            }),
            Self::Campaign(CampaignMapping { campaign, step, is }) => json!({
                "campaign": campaign,
                "step": step,
                "is": without_nulls(json!({"campaign": is.campaign.as_str(), "step": is.step})),
            }),
            Self::Consent(ConsentMapping { category, channels }) => json!({
                "consent": category,
                "channels": channels.iter().map(ChannelName::as_str).collect::<Vec<_>>(),
            }),
        })
    }

    pub(crate) fn subject(&self) -> Subject {
        let folded = |text: &str| spelling::folded(text);
        match self {
            Self::Event(mapping) => Subject::Event(folded(&mapping.event)),
            Self::Campaign(CampaignMapping { campaign, step, .. }) => {
                Subject::Campaign(folded(campaign), step.as_deref().map(folded))
            }
            Self::Consent(mapping) => Subject::Category(folded(&mapping.category)),
        }
    }
}

impl Properties {
    /// Nothing is said.
    pub const NONE: Self = Self { campaign: None, step: None, message: None };

    /// None where nothing is said.
    fn document(&self) -> Option<Value> {
        let Self { campaign, step, message } = self;
        let said = without_nulls(json!({"campaign": campaign, "step": step, "message": message}));
        Some(said).filter(|said| said.as_object().is_some_and(|members| !members.is_empty()))
    }
}

/// What is not said is left out.
fn without_nulls(mut document: Value) -> Value {
    if let Some(members) = document.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    document
}
