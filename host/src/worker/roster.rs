//! Who is to be asked: every tenant's campaigns, ready to run; a tenant's are replaced as a whole when something is published. A cause that is being
//! worked on keeps the roster it began with, so that a change of campaigns loses none.

use std::collections::HashMap;
use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::domain::{CampaignName, Cause, Context, Manifest, Outcome, Revision, TenantId};
use crate::sandbox::View;

/// Something that decides: a guest in its sandbox.
pub trait Decider: Send + Sync {
    /// Asks for a decision. Whatever goes wrong is in the outcome.
    fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome;
}

/// A campaign that runs, or is paused.
#[derive(Clone)]
pub struct Enlisted {
    /// Its name.
    pub name: CampaignName,
    /// Its current revision.
    pub revision: Revision,
    /// Not asked; its timers and messages wait.
    pub paused: bool,
    /// What it wants to be asked about.
    pub manifest: Arc<Manifest>,
    /// Who answers.
    pub decider: Arc<dyn Decider>,
}

/// All campaigns of one tenant that are active or paused.
pub type Campaigns = Arc<[Enlisted]>;

/// All campaigns, by tenant.
#[derive(Default)]
pub struct Roster(ArcSwap<HashMap<TenantId, Campaigns>>);

impl Roster {
    /// The tenant's campaigns, as they are now.
    pub fn of(&self, tenant: &TenantId) -> Campaigns {
        self.0.load().get(tenant).cloned().unwrap_or_default()
    }

    /// Replaces one tenant's campaigns.
    pub fn replace_of(&self, tenant: &TenantId, campaigns: &Campaigns) {
        self.0.rcu(|all| {
            let mut all = HashMap::clone(all);
            all.insert(tenant.clone(), Arc::clone(campaigns));
            all
        });
    }

    /// Replaces all of them.
    pub fn replace(&self, campaigns: HashMap<TenantId, Campaigns>) {
        self.0.store(Arc::new(campaigns));
    }
}
