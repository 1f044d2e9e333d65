//! From what tenants set up to who is asked and which channels messages take: worked out anew whenever something changes, and swapped in
//! whole.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError, Weak};

use crate::channels::{self, Channel, Http, Line, Switchboard};
use crate::domain::{Cause, Context, Failure, FailureKind, ModuleDigest, Outcome, TenantId};
use crate::sandbox::{Guest, Sandbox, View};
use crate::tenants::{CampaignState, ChannelSettings, Directory, Published, Snapshot, Tenant};
use crate::worker::{Campaigns, Decider, Enlisted, Roster, Standing};

/// Works out both, and keeps them up to date.
pub(super) fn enlist(directory: &Arc<Directory>, sandbox: &Sandbox, http: Http) -> (Arc<Roster>, Arc<Switchboard>) {
    let (roster, switchboard) = (Arc::new(Roster::default()), Arc::new(Switchboard::default()));
    let seats = Seats { sandbox: sandbox.clone(), taken: Mutex::default() };
    let refresh = {
        let (directory, roster, switchboard) =
            (Arc::downgrade(directory), Arc::clone(&roster), Arc::clone(&switchboard));
        move || {
            let Some(directory) = directory.upgrade() else { return };
            let snapshot = directory.snapshot();
            roster.replace(seats.assign(&directory, &snapshot));
            switchboard.replace(lines(&snapshot, &http));
        }
    };
    refresh();
    directory.on_change(refresh);
    (roster, switchboard)
}

/// Opens the channels that tenants connected. One that cannot be opened refuses every message, so that its owner reads why.
fn lines(snapshot: &Snapshot, http: &Http) -> HashMap<Line, Arc<dyn Channel>> {
    let connected = snapshot.tenants().flat_map(|tenant| tenant.channels().map(move |settings| (tenant, settings)));
    let line = |(tenant, settings): (&Arc<Tenant>, &Arc<ChannelSettings>)| {
        let opened = channels::open(&settings.provider, &settings.settings.value(), http);
        let channel = opened.unwrap_or_else(|err| channels::closed(err.to_string()));
        ((tenant.id.clone(), settings.channel.to_string()), channel)
    };
    connected.map(line).collect()
}

/// The guests, by the component that they run: a revision that comes back finds its guest loaded.
struct Seats {
    sandbox: Sandbox,
    taken: Mutex<Taken>,
}

type Taken = HashMap<ModuleDigest, Arc<Seat>>;

impl Seats {
    fn assign(&self, directory: &Arc<Directory>, snapshot: &Snapshot) -> HashMap<TenantId, Campaigns> {
        let mut before = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let mut now = Taken::new();
        let mut campaigns = HashMap::new();
        for tenant in snapshot.tenants() {
            let enlisted = tenant.campaigns().filter_map(|campaign| {
                let published = campaign.current()?;
                let standing = standing(campaign.state)?;
                let known = before.get(&published.component).cloned();
                let seat = now
                    .entry(published.component)
                    .or_insert_with(|| known.unwrap_or_else(|| Arc::new(self.seat(directory, published))));
                Some(enlisted(published, standing, seat))
            });
            campaigns.insert(tenant.id.clone(), enlisted.collect());
        }
        *before = now;
        campaigns
    }

    fn seat(&self, directory: &Arc<Directory>, published: &Arc<Published>) -> Seat {
        Seat {
            sandbox: self.sandbox.clone(),
            directory: Arc::downgrade(directory),
            published: Arc::clone(published),
            guest: OnceLock::new(),
        }
    }
}

/// Whether a campaign in that state is asked; none when it is not to be known at all.
fn standing(state: CampaignState) -> Option<Standing> {
    match state {
        CampaignState::Active => Some(Standing::Active),
        CampaignState::Paused => Some(Standing::Paused),
        CampaignState::Suspended => Some(Standing::Suspended),
        CampaignState::Draft | CampaignState::Archived => None,
    }
}

fn enlisted(published: &Published, standing: Standing, seat: &Arc<Seat>) -> Enlisted {
    Enlisted {
        name: published.campaign.clone(),
        revision: published.revision,
        standing,
        streak: Arc::default(),
        manifest: Arc::clone(&published.manifest),
        decider: Arc::clone(seat) as Arc<dyn Decider>,
    }
}

/// A guest that is loaded when it is first asked, so that a start does not wait for all of them.
struct Seat {
    sandbox: Sandbox,
    directory: Weak<Directory>,
    published: Arc<Published>,
    /// Or why it cannot be loaded, which does not change with the next cause.
    guest: OnceLock<Result<Guest, String>>,
}

impl Seat {
    /// The guest. A file that cannot be read now may be read for the next cause; what is in it stays what it is.
    fn guest(&self) -> Result<&Guest, String> {
        let loaded = match self.guest.get() {
            Some(loaded) => loaded,
            None => {
                let component = self.component()?;
                let load = || self.sandbox.load(&component, &self.published.manifest);
                self.guest.get_or_init(|| load().map_err(|rejection| rejection.to_string()))
            }
        };
        loaded.as_ref().map_err(String::clone)
    }

    fn component(&self) -> Result<Vec<u8>, String> {
        let directory = self.directory.upgrade().ok_or("the house is being left")?;
        directory.component(&self.published).map_err(|err| err.to_string())
    }
}

impl Decider for Seat {
    fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome {
        match self.guest() {
            Ok(guest) => guest.decide(context, cause, view),
            Err(reason) => not_loaded(reason),
        }
    }
}

fn not_loaded(message: String) -> Outcome {
    let failure = Failure { kind: FailureKind::NotLoaded, message, backtrace: Vec::new(), fuel_used: 0 };
    Outcome { result: Err(failure), fuel_used: 0, log: Vec::new() }
}
