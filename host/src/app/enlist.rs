//! From what tenants set up to who is asked and which channels messages take: worked out anew whenever something changes, and swapped in
//! whole.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::channels::Switchboard;
use crate::domain::{Cause, Context, Failure, FailureKind, Manifest, ModuleDigest, Outcome};
use crate::sandbox::{Guest, Rejection, Sandbox, View};
use crate::tenants::{CampaignState, Directory, Snapshot, Tenant};
use crate::worker::{Campaigns, Decider, Enlisted, Roster};

/// Works out both, and keeps them up to date.
pub(super) fn enlist(directory: &Arc<Directory>, sandbox: &Arc<Sandbox>) -> (Arc<Roster>, Arc<Switchboard>) {
    let (roster, switchboard) = (Arc::new(Roster::default()), Arc::new(Switchboard::default()));
    let seats = Seats { sandbox: Arc::clone(sandbox), components: directory.components(), taken: Mutex::default() };
    let refresh = {
        let (roster, switchboard) = (Arc::clone(&roster), Arc::clone(&switchboard));
        move |snapshot: &Snapshot| {
            roster.replace(seats.assign(snapshot));
            switchboard.replace(wires(snapshot));
        }
    };
    directory.on_change(Box::new(refresh));
    (roster, switchboard)
}

/// The guests, by the component that they run: a revision that comes back finds its guest loaded.
struct Seats {
    sandbox: Arc<Sandbox>,
    components: PathBuf,
    taken: Mutex<HashMap<ModuleDigest, Arc<Seat>>>,
}

impl Seats {
    fn assign(&self, snapshot: &Snapshot) -> HashMap<crate::domain::TenantId, Campaigns> {
        let mut before = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = HashMap::new();
        let campaigns = snapshot.tenants().map(|tenant| (tenant.id.clone(), self.enlisted(tenant, &before, &mut now))).collect();
        *before = now;
        campaigns
    }

    fn enlisted(
        &self,
        tenant: &Tenant,
        before: &HashMap<ModuleDigest, Arc<Seat>>,
        now: &mut HashMap<ModuleDigest, Arc<Seat>>,
    ) -> Campaigns {
        let mut enlisted = Vec::new();
        for campaign in tenant.campaigns() {
            let paused = match campaign.state {
                CampaignState::Active => false,
                CampaignState::Paused => true,
                CampaignState::Draft | CampaignState::Archived => continue,
            };
            let Some(published) = campaign.current() else { continue };
            let seat = now.entry(published.component).or_insert_with(|| {
                let known = before.get(&published.component).cloned();
                known.unwrap_or_else(|| Arc::new(self.seat(published.component, &published.manifest)))
            });
            enlisted.push(Enlisted {
                name: campaign.name.clone(),
                revision: published.revision,
                paused,
                manifest: Arc::clone(&published.manifest),
                decider: Arc::clone(seat) as Arc<dyn Decider>,
            });
        }
        enlisted.into()
    }

    fn seat(&self, component: ModuleDigest, manifest: &Arc<Manifest>) -> Seat {
        let path = self.components.join(format!("{}.wasm", component.hex()));
        Seat { sandbox: Arc::clone(&self.sandbox), path, manifest: Arc::clone(manifest), guest: OnceLock::new() }
    }
}

/// A guest that is loaded when it is first asked, so that a start does not wait for all of them.
struct Seat {
    sandbox: Arc<Sandbox>,
    path: PathBuf,
    manifest: Arc<Manifest>,
    guest: OnceLock<Guest>,
}

impl Seat {
    fn load(&self) -> Result<Guest, String> {
        let component = std::fs::read(&self.path).map_err(|err| format!("cannot read `{}`: {err}", self.path.display()))?;
        self.sandbox.load(&component, &self.manifest).map_err(|rejection: Rejection| rejection.to_string())
    }
}

impl Decider for Seat {
    fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome {
        let guest = self.guest.get().map_or_else(|| self.load().map(|guest| self.guest.get_or_init(|| guest)), Ok);
        match guest {
            Ok(guest) => guest.decide(context, cause, view),
            Err(reason) => not_loaded(reason),
        }
    }
}

fn not_loaded(message: String) -> Outcome {
    let failure = Failure { kind: FailureKind::NotLoaded, message, backtrace: Vec::new(), fuel_used: 0 };
    Outcome { result: Err(failure), fuel_used: 0, log: Vec::new() }
}
