//! Conversions that campaigns mark themselves: what the campaign was for has happened, which other campaigns may want to be asked about,
//! as about a conversion that a provider tells of.

use serde_json::json;

use super::triggers::Named;
use crate::domain::{
    Call, CampaignName, Cause, CauseId, Engagement, EngagementKind, Event, Identities, Json, MessageId, PersonFacts,
    Timestamp,
};

/// A mark that is to become an engagement.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Conversion {
    /// Whose.
    pub(super) campaign: CampaignName,
    /// What it was worth.
    pub(super) value: f64,
    /// When what the campaign was asked about happened.
    pub(super) at: Timestamp,
    /// The same for the same cause.
    pub(super) digest: [u8; 32],
}

impl Conversion {
    /// The event that tells of it.
    pub(super) fn event(&self) -> Event {
        let digits: String = self.digest[..16].iter().map(|byte| format!("{byte:02x}")).collect();
        let properties = json!({"campaign_name": self.campaign.as_str(), "value": self.value});
        Event {
            id: MessageId::parse(&format!("converted:{digits}")).expect("a digest should be a message id"),
            call: Call::Track,
            // It is counted as an engagement, and not as something that the person did.
            name: String::new(),
            at: self.at,
            identities: Identities::default(),
            facts: PersonFacts::default(),
            engagement: Some(Engagement {
                kind: EngagementKind::Converted,
                channel: String::new(),
                campaign: Some(self.campaign.to_string()),
                step: None,
                detail: None,
                by_machine: false,
                dispatch: None,
            }),
            test: false,
            body: Json::from(&json!({"type": "track", "event": "Campaign Converted", "properties": properties})),
        }
    }
}

/// The cause that it is for others.
pub(super) fn cause(event: &Event) -> Named {
    let id = CauseId(format!("engagement:{}", event.id));
    let engagement = event.engagement.clone().expect("a conversion should be an engagement");
    Named { id, cause: Cause::Engagement { engagement, event: Box::new(event.clone()) }.into() }
}
