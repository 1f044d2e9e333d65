//! From what tenants set up to who is asked and which channels messages take: worked out for all tenants at the start, and anew
//! for each whenever it changes something.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::loader::{Loader, Queue};
use super::seat::{Seat, Seated};
use crate::channels::{self, Channel, Http, Line, Press, Switchboard, Templated};
use crate::conditions::Audiences;
use crate::domain::{ChannelName, ModuleDigest, TenantId};
use crate::sandbox::Sandbox;
use crate::tenants::{Campaign, CampaignState, ChannelSettings, Directory, Published, Tenant};
use crate::worker::{Campaigns, Enlisted, Roster, Standing};

/// Works out both, and keeps them up to date.
pub(super) fn enlist(directory: &Arc<Directory>, loader: &Loader, wires: Wires) -> (Arc<Roster>, Arc<Switchboard>) {
    let (roster, switchboard) = (Arc::new(Roster::default()), Arc::new(Switchboard::default()));
    let mut seats = Seats { sandbox: loader.sandbox.clone(), loading: Arc::clone(&loader.queue), known: Known::new() };
    let snapshot = directory.snapshot();
    roster.replace(
        snapshot.tenants().map(|tenant| (tenant.id.clone(), seats.assign(tenant, Seats::load_later))).collect(),
    );
    switchboard.replace(snapshot.tenants().flat_map(|tenant| wires.lines(tenant)).collect());
    let refresh = {
        let (roster, switchboard) = (Arc::clone(&roster), Arc::clone(&switchboard));
        // Held until the roster is replaced, so that of two changes the later one stays.
        let (directory, seats) = (Arc::downgrade(directory), Mutex::new(seats));
        move |changed: &TenantId| {
            let mut seats = seats.lock().unwrap_or_else(PoisonError::into_inner);
            let Some(tenant) = directory.upgrade().and_then(|directory| directory.snapshot().tenant(changed).cloned())
            else {
                return;
            };
            roster.replace_of(changed, &seats.assign(&tenant, Seats::load_at_once));
            switchboard.replace_of(changed, &wires.lines(&tenant));
        }
    };
    directory.on_change(refresh);
    (roster, switchboard)
}

/// What lines are made of.
pub(super) struct Wires {
    /// The way to providers.
    pub(super) http: Http,
    /// Where templates are rendered.
    pub(super) press: Press,
}

impl Wires {
    /// Opens the channels that a tenant connected, or has templates for. One that cannot be opened refuses every message, so that its
    /// owner reads why.
    fn lines(&self, tenant: &Tenant) -> HashMap<Line, Arc<dyn Channel>> {
        let connected = tenant.channels().map(|settings| (settings.channel.clone(), self.open(settings)));
        let mut channels: HashMap<ChannelName, Arc<dyn Channel>> = connected.collect();
        for (channel, templates) in templates(tenant) {
            let open = channels.remove(&channel).unwrap_or_else(channels::unset);
            let templated = Templated::new(open, channels::layout(channel.as_str()), templates, self.press.clone());
            channels.insert(channel, Arc::new(templated));
        }
        channels.into_iter().map(|(name, channel)| ((tenant.id.clone(), name.to_string()), channel)).collect()
    }

    fn open(&self, settings: &ChannelSettings) -> Arc<dyn Channel> {
        let opened = channels::open(&settings.provider, &settings.settings.value(), &self.http);
        opened.unwrap_or_else(|err| channels::closed(err.to_string()))
    }
}

/// What a tenant's templates say now, by channel and name.
fn templates(tenant: &Tenant) -> HashMap<ChannelName, HashMap<String, Arc<str>>> {
    let mut templates: HashMap<ChannelName, HashMap<String, Arc<str>>> = HashMap::new();
    for template in tenant.templates() {
        let of_channel = templates.entry(template.key.channel.clone()).or_default();
        of_channel.insert(template.key.name.to_string(), Arc::clone(&template.text));
    }
    templates
}

/// The seats in the roster, by the component that their guests run: a revision that comes back finds its guest loaded.
struct Seats {
    sandbox: Sandbox,
    loading: Arc<Queue>,
    known: Known,
}

type Known = HashMap<ModuleDigest, Weak<Seat>>;

impl Seats {
    /// The tenant's campaigns; those that will be asked are loaded by `load`.
    fn assign(&mut self, tenant: &Tenant, load: fn(&Self, &Arc<Seat>)) -> Campaigns {
        self.known.retain(|_, seat| seat.strong_count() > 0);
        let conditions = tenant.audiences().map(|audience| (audience.name.as_str(), audience.condition.value()));
        let audiences = Arc::new(Audiences::kept(conditions));
        let archived = tenant.campaigns().filter(|campaign| campaign.state == CampaignState::Archived);
        let archived: Vec<_> = archived.map(|campaign| campaign.name.clone()).collect();
        let enlisted = tenant.campaigns().filter_map(|campaign| self.enlist(campaign, &audiences, load));
        Campaigns::new(enlisted, archived).under(Arc::clone(tenant.policy()))
    }

    fn enlist(
        &mut self,
        campaign: &Campaign,
        audiences: &Arc<Audiences>,
        load: fn(&Self, &Arc<Seat>),
    ) -> Option<Enlisted> {
        let published = campaign.current()?;
        let standing = standing(campaign.state)?;
        let seat = self.seat(published);
        if standing == Standing::Active && !seat.is_taken() {
            load(self, &seat);
        }
        let since = campaign.first_published_at.unwrap_or(published.published_at);
        Some(Enlisted {
            name: published.campaign.clone(),
            revision: published.revision,
            published: published.published_at,
            audiences: Arc::clone(audiences),
            standing,
            since,
            catches_up_since: campaign.catches_up_since(),
            settings: Arc::clone(&published.settings),
            streak: Arc::default(),
            manifest: Arc::clone(&published.manifest),
            decider: Arc::new(Seated(seat)),
        })
    }

    fn seat(&mut self, published: &Arc<Published>) -> Arc<Seat> {
        if let Some(known) = self.known.get(&published.component).and_then(Weak::upgrade) {
            return known;
        }
        let seat = Arc::new(Seat::new(published, Arc::clone(&self.loading)));
        self.known.insert(published.component, Arc::downgrade(&seat));
        seat
    }

    /// After a start: there may be thousands.
    fn load_later(&self, seat: &Arc<Seat>) {
        self.loading.add(seat);
    }

    /// After a change: who made it has had the code compiled.
    fn load_at_once(&self, seat: &Arc<Seat>) {
        seat.recall(&self.sandbox);
        if !seat.is_taken() {
            self.loading.add(seat);
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
