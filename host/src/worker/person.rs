//! What a campaign may ask about the person, prefetched: nothing waits, and nothing but this person can be reached.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use crate::conditions::{self, Condition, Scene};
use crate::domain::{CampaignName, Cause, Json, Occurrences, Subject, Timestamp};
use crate::profiles::Profile;
use crate::sandbox::View;

/// One person at one moment, as one campaign sees them.
pub(super) struct Person {
    campaign: CampaignName,
    profile: Arc<Profile>,
    now: Timestamp,
    cause: Arc<Cause>,
    tree: OnceLock<Option<Value>>,
}

impl Person {
    pub(super) fn new(campaign: CampaignName, profile: Arc<Profile>, now: Timestamp, cause: Arc<Cause>) -> Self {
        Self { campaign, profile, now, cause, tree: OnceLock::new() }
    }

    fn event(&self) -> Option<&Json> {
        match &*self.cause {
            Cause::Event(event) | Cause::Engagement { event, .. } => Some(&event.body),
            Cause::Timer(_) | Cause::TraitChanged(_) | Cause::ItemChanged(_) | Cause::Schedule(_) => None,
        }
    }
}

impl View for Person {
    fn body(&self) -> Option<&Value> {
        self.tree.get_or_init(|| self.event().map(Json::value)).as_ref()
    }

    fn holds(&self, condition: &Condition, trigger: &Value) -> bool {
        condition.holds(&Scene {
            person: self,
            campaign: &self.campaign,
            now: self.now,
            cause: Some(&self.cause),
            body: self.body(),
            trigger,
        })
    }
}

impl conditions::Person for Person {
    fn occurrences(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        self.profile.history.look_up(&self.campaign, subject, since)
    }

    fn trait_value(&self, name: &str) -> Option<Json> {
        self.profile.traits.get(name).map(|value| value.value.clone())
    }

    fn reachable(&self, channel: &str) -> bool {
        self.profile.reachable(channel)
    }

    fn is_in_audience(&self, _: &str) -> bool {
        false
    }

    fn item(&self, _: &str) -> Option<Json> {
        None
    }
}
