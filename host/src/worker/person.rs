//! What a campaign may ask about the person, prefetched: nothing waits, and nothing but this person can be reached.

use std::sync::{Arc, OnceLock};

use crate::domain::{CampaignName, Cause, Json, Occurrences, Subject, Timestamp};
use crate::profiles::Profile;
use crate::sandbox::View;

/// One person at one moment, as one campaign sees them.
pub(super) struct Person {
    pub(super) campaign: CampaignName,
    pub(super) profile: Arc<Profile>,
    pub(super) body: Option<Json>,
    tree: OnceLock<Option<serde_json::Value>>,
}

impl Person {
    pub(super) fn new(campaign: CampaignName, profile: Arc<Profile>, cause: &Cause) -> Self {
        let body = match cause {
            Cause::Event(event) | Cause::Engagement { event, .. } => Some(event.body.clone()),
            Cause::Timer(_) | Cause::TraitChanged(_) => None,
        };
        Self { campaign, profile, body, tree: OnceLock::new() }
    }
}

impl View for Person {
    fn body(&self) -> Option<&serde_json::Value> {
        self.tree.get_or_init(|| self.body.as_ref().map(Json::value)).as_ref()
    }

    fn history(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        self.profile.history.look_up(&self.campaign, subject, since)
    }

    fn trait_value(&self, name: &str) -> Option<Json> {
        self.profile.traits.get(name).map(|value| value.value.clone())
    }

    fn reachable(&self, channel: &str) -> bool {
        self.profile.reachable(channel)
    }
}
