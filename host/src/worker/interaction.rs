//! What becomes of campaigns without a provider telling: that a person did what one is for, that a person is held out of one. Other campaigns
//! may want to be asked about it, as about what a provider tells of.

use serde_json::json;

use super::triggers::Named;
use crate::domain::{
    Call, CampaignName, Cause, CauseId, Engagement, EngagementKind, Event, Identities, Json, MessageId, PersonFacts,
    Timestamp,
};

/// What is to become an engagement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Interaction {
    /// With which campaign.
    pub(super) campaign: CampaignName,
    pub(super) what: Became,
    /// When what the campaign was asked about happened.
    pub(super) at: Timestamp,
    /// The same for the same cause.
    pub(super) digest: [u8; 32],
}

/// What became of a campaign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Became {
    /// It did what it is for, which was worth so much.
    Converted(f64),
    /// The person belongs to those who get nothing of it.
    HeldOut,
}

impl Interaction {
    /// The event that tells of it.
    pub(super) fn event(&self) -> Event {
        let campaign = self.campaign.as_str();
        let (kind, name, properties) = match self.what {
            Became::Converted(value) => {
                (EngagementKind::Converted, "Campaign Converted", json!({"campaign_name": campaign, "value": value}))
            }
            Became::HeldOut => {
                (EngagementKind::HeldOut, "Campaign Control Group Entered", json!({"campaign_name": campaign}))
            }
        };
        Event {
            id: self.id(kind),
            call: Call::Track,
            // It is counted as an engagement, and not as something that the person did.
            name: String::new(),
            at: self.at,
            identities: Identities::default(),
            facts: PersonFacts::default(),
            engagement: Some(Engagement {
                kind,
                channel: String::new(),
                campaign: Some(self.campaign.to_string()),
                step: None,
                detail: None,
                by_machine: false,
                dispatch: None,
            }),
            test: false,
            body: Json::from(&json!({"type": "track", "event": name, "properties": properties})),
        }
    }

    fn id(&self, kind: EngagementKind) -> MessageId {
        let digits: String = self.digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        MessageId::parse(&format!("{}:{digits}", kind.as_str())).expect("a digest should be a message id")
    }
}

/// The cause that it is for others.
pub(super) fn cause(event: &Event) -> Named {
    let id = CauseId(format!("engagement:{}", event.id));
    let engagement = event.engagement.clone().expect("an interaction should be an engagement");
    Named { id, cause: Cause::Engagement { engagement, event: Box::new(event.clone()) }.into() }
}
