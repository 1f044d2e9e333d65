//! Who is to be asked: every tenant's campaigns, ready to run; a tenant's are replaced as a whole when something is published. A cause that is being
//! worked on keeps the roster it began with, so that a change of campaigns loses none. Labels stand for what they stand for here.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::{Arc, Mutex, PoisonError};

use arc_swap::ArcSwap;

use super::suspension::Streak;
use crate::conditions::Audiences;
use crate::domain::{CampaignName, Cause, Context, Labels, Manifest, Outcome, Revision, TenantId, Timestamp};
use crate::policy::TenantPolicy;
use crate::sandbox::View;
use crate::settings::Settings;

/// Something that decides: a guest in its sandbox.
pub trait Decider: Send + Sync {
    /// Whether it can answer at once. One that cannot is made ready soon, or not at all: then its outcome says so.
    fn is_ready(&self) -> bool {
        true
    }

    /// Asks for a decision. Whatever goes wrong is in the outcome.
    fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome;
}

/// Whether a campaign is asked. Where it is not, its timers and messages wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// It is.
    Active,
    /// Its tenant paused it.
    Paused,
    /// It failed too often.
    Suspended,
}

/// A campaign that runs, or waits.
#[derive(Clone)]
pub struct Enlisted {
    /// Its name.
    pub name: CampaignName,
    /// Its current revision.
    pub revision: Revision,
    /// When that was published.
    pub published: Timestamp,
    /// The tenant's audiences.
    pub audiences: Arc<Audiences>,
    /// As its tenant knows it.
    pub standing: Standing,
    /// When the first revision under its name was published.
    pub since: Timestamp,
    /// Since when it takes up what was before that; none where it does not.
    pub catches_up_since: Option<Timestamp>,
    /// What its tenant wants of the house for it.
    pub settings: Arc<Settings>,
    /// How often it failed in a row. `Roster::replace` sees to it that an active revision keeps its own.
    pub streak: Arc<Streak>,
    /// What it wants to be asked about.
    pub manifest: Arc<Manifest>,
    /// Who answers.
    pub decider: Arc<dyn Decider>,
}

impl Enlisted {
    /// As it is at this moment: one that has just failed too often is suspended before its tenant knows.
    pub(super) fn standing(&self) -> Standing {
        match self.standing {
            Standing::Active if self.streak.is_over() => Standing::Suspended,
            standing => standing,
        }
    }

    /// Why it is not asked, if it is not.
    pub(super) fn reason_to_wait(&self) -> Option<&'static str> {
        match self.standing() {
            Standing::Active => None,
            Standing::Paused => Some("the campaign is paused"),
            Standing::Suspended => Some("the campaign is suspended: it failed too often in a row"),
        }
    }

    fn goes_on_from(&self, before: &Self) -> bool {
        let name = |enlisted: &Self| (enlisted.name.clone(), enlisted.revision, enlisted.standing);
        self.standing == Standing::Active && name(self) == name(before)
    }
}

/// All campaigns of one tenant that are active, paused or suspended; the names of those that are over; and what the tenant wants for all.
#[derive(Clone, Default)]
pub struct Campaigns {
    enlisted: Arc<[Enlisted]>,
    archived: Arc<[CampaignName]>,
    policy: Arc<TenantPolicy>,
}

impl Campaigns {
    /// These, and the names of those that are over.
    pub fn new(enlisted: impl IntoIterator<Item = Enlisted>, archived: impl IntoIterator<Item = CampaignName>) -> Self {
        Self {
            enlisted: enlisted.into_iter().collect(),
            archived: archived.into_iter().collect(),
            policy: Arc::default(),
        }
    }

    /// The same, under what the tenant wants for all.
    #[must_use]
    pub fn under(self, policy: Arc<TenantPolicy>) -> Self {
        Self { policy, ..self }
    }

    /// What the tenant wants for all.
    pub(super) fn policy(&self) -> &TenantPolicy {
        &self.policy
    }

    /// Whether nothing was replaced between the two.
    pub(super) fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.enlisted, &other.enlisted)
    }

    /// Whether all that are asked can answer at once.
    pub(super) fn are_ready(&self) -> bool {
        self.enlisted.iter().all(|campaign| campaign.reason_to_wait().is_some() || campaign.decider.is_ready())
    }

    /// The campaign of that name.
    pub(super) fn named(&self, name: &CampaignName) -> Option<&Enlisted> {
        self.enlisted.iter().find(|enlisted| enlisted.name == *name)
    }

    /// The campaign that a provider spells so.
    pub(super) fn spelled(&self, carried: &str) -> Option<&Enlisted> {
        self.enlisted.iter().find(|enlisted| enlisted.name.is_spelled(carried))
    }

    /// From when on what becomes of the messages of a campaign, which a provider spells so, may count: one that is none of ours was there
    /// always.
    pub(super) fn since(&self, carried: Option<&str>) -> Timestamp {
        carried.and_then(|carried| self.spelled(carried)).map_or(Timestamp::EPOCH, |parent| parent.since)
    }

    /// Why what becomes of the messages of a campaign, which a provider spells so, begins nothing; none where it may: where the campaign
    /// is asked itself, and where it is none of ours.
    pub(super) fn reason_not_to_follow(&self, carried: &str) -> Option<String> {
        if let Some(parent) = self.spelled(carried) {
            let is = match parent.standing() {
                Standing::Active => return None,
                Standing::Paused => "paused",
                Standing::Suspended => "suspended",
            };
            return Some(format!("it is about a message of `{}`, which is {is}", parent.name));
        }
        let archived = self.archived.iter().find(|name| name.is_spelled(carried))?;
        Some(format!("it is about a message of `{archived}`, which is archived"))
    }
}

impl Deref for Campaigns {
    type Target = [Enlisted];

    fn deref(&self) -> &[Enlisted] {
        &self.enlisted
    }
}

impl FromIterator<Enlisted> for Campaigns {
    fn from_iter<I: IntoIterator<Item = Enlisted>>(enlisted: I) -> Self {
        Self::new(enlisted, [])
    }
}

impl Labels for Campaigns {
    fn has(&self, campaign: &str, label: &str) -> bool {
        self.spelled(campaign).is_some_and(|enlisted| enlisted.settings.has_label(label))
    }
}

/// All campaigns, by tenant.
#[derive(Default)]
pub struct Roster {
    campaigns: ArcSwap<HashMap<TenantId, Campaigns>>,
    /// Called after every change.
    listeners: Mutex<Vec<Listener>>,
}

type Listener = Box<dyn Fn() + Send + Sync>;

impl Roster {
    /// The tenant's campaigns, as they are now.
    pub fn of(&self, tenant: &TenantId) -> Campaigns {
        self.campaigns.load().get(tenant).cloned().unwrap_or_default()
    }

    /// All campaigns, as they are now.
    pub(super) fn all(&self) -> Arc<HashMap<TenantId, Campaigns>> {
        self.campaigns.load_full()
    }

    /// Replaces one tenant's campaigns. What is asked as before goes on counting its failures.
    pub fn replace_of(&self, tenant: &TenantId, campaigns: &Campaigns) {
        let before = self.of(tenant);
        let go_on = |new: &Enlisted| {
            let streak = before.iter().find(|before| new.goes_on_from(before)).map(|before| &before.streak);
            Enlisted { streak: Arc::clone(streak.unwrap_or(&new.streak)), ..new.clone() }
        };
        let campaigns = Campaigns { enlisted: campaigns.iter().map(go_on).collect(), ..campaigns.clone() };
        self.campaigns.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.insert(tenant.clone(), campaigns.clone());
            all
        });
        self.announce();
    }

    /// Replaces all of them.
    pub fn replace(&self, campaigns: HashMap<TenantId, Campaigns>) {
        self.campaigns.store(Arc::new(campaigns));
        self.announce();
    }

    /// Has somebody told of every change: their next moment may be another one now.
    pub(super) fn on_change(&self, listener: impl Fn() + Send + Sync + 'static) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(Box::new(listener));
    }

    fn announce(&self) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter().for_each(|listener| listener());
    }
}
