//! What a campaign may ask about the person, prefetched: nothing waits, and nothing but this person can be reached.

use std::sync::{Arc, OnceLock};

use serde_json::Value;

use super::catalogue::Catalogue;
use super::roster::{Campaigns, Enlisted};
use crate::channels::Switchboard;
use crate::conditions::{self, Audiences, Condition, Scene};
use crate::domain::{Asking, CampaignName, Cause, ItemId, Json, Occurrences, Subject, TenantId, Timestamp};
use crate::profiles::Profile;
use crate::sandbox::View;

/// Where the tenant's channels lead.
pub(super) struct Lines {
    pub(super) switchboard: Arc<Switchboard>,
    pub(super) tenant: TenantId,
}

/// One person at one moment, as one campaign sees them.
pub(super) struct Person {
    campaign: CampaignName,
    audiences: Arc<Audiences>,
    campaigns: Campaigns,
    profile: Arc<Profile>,
    lines: Lines,
    now: Timestamp,
    cause: Arc<Cause>,
    catalogue: Catalogue,
    tree: OnceLock<Option<Value>>,
}

impl Person {
    /// As `campaign` sees them, which is one of `campaigns`.
    pub(super) fn new(
        (asking, campaigns): (&Enlisted, &Campaigns),
        (profile, lines): (Arc<Profile>, Lines),
        (now, cause): (Timestamp, Arc<Cause>),
        catalogue: Catalogue,
    ) -> Self {
        Self {
            campaign: asking.name.clone(),
            audiences: Arc::clone(&asking.audiences),
            campaigns: campaigns.clone(),
            profile,
            lines,
            now,
            cause,
            catalogue,
            tree: OnceLock::new(),
        }
    }

    fn asking(&self) -> Asking<'_> {
        Asking { campaign: &self.campaign, labels: &self.campaigns }
    }

    fn event(&self) -> Option<&Json> {
        match &*self.cause {
            Cause::Event(event) | Cause::Engagement { event, .. } => Some(&event.body),
            Cause::ItemChanged { body, .. } => Some(body),
            Cause::Timer(_) | Cause::TraitChanged(_) | Cause::Schedule(_) => None,
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
            asking: self.asking(),
            now: self.now,
            cause: Some(&self.cause),
            body: self.body(),
            trigger,
        })
    }
}

impl conditions::Person for Person {
    fn occurrences(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        self.profile.history.look_up(self.asking(), subject, since)
    }

    fn trait_value(&self, name: &str) -> Option<Json> {
        self.profile.trait_value(name).cloned()
    }

    fn reachable(&self, channel: &str) -> bool {
        let known_by = self.lines.switchboard.known_by(&self.lines.tenant, channel);
        self.profile.obstacle(channel, known_by).is_none()
    }

    /// A tenant's own audience goes over Segment's of the same name.
    fn is_in_audience(&self, name: &str) -> bool {
        match self.audiences.get(name) {
            Some(condition) => self.holds(condition, &Value::Null),
            None => self.profile.is_in_audience(name),
        }
    }

    fn item(&self, id: &str) -> Option<Json> {
        self.catalogue.attributes(id)
    }

    fn viewed(&self, item: &str) -> Option<Timestamp> {
        self.profile.interests.of(&ItemId::parse(item).ok()?, self.now)?.viewed
    }

    fn has_in_cart(&self, item: Option<&str>) -> bool {
        self.profile.interests.cart(self.now).any(|known| item.is_none_or(|item| known.as_str() == item))
    }
}
