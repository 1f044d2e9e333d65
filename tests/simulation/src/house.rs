//! The house: its real rooms over the embedded store in a temporary folder, on a clock that is moved by hand, with the stock journey as every
//! campaign's module.

use std::collections::HashMap;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use anyhow::{Context, Result, anyhow};
use rekindle::channels::{Channel, Switchboard};
use rekindle::domain::{
    self, Backlog, CampaignName, Cause, Clock, Inbound, KnownBy, ManualClock, Outcome, Revision, SourceId, Substance,
    TenantId, Timestamp,
};
use rekindle::ingest;
use rekindle::mappings::Mappings;
use rekindle::outbox::Dispatcher;
use rekindle::policy::TenantPolicy;
use rekindle::sandbox::{CompiledCode, Compiler, Guest, Sandbox, View};
use rekindle::settings::Settings;
use rekindle::store::{Appended, Embedded, Store};
use rekindle::worker::{Aside, Campaigns, Crew, Decider, Enlisted, Roster, Shared, Standing};
use serde_json::Value;
use tokio::runtime::Handle;

use crate::calendar::START;
use crate::chance::Chance;
use crate::documents::{Document, Documents};
use crate::provider::{Provider, Taken};

/// Channels, and how their provider knows people.
const CHANNELS: [(&str, KnownBy); 4] =
    [("ads", KnownBy::Id), ("email", KnownBy::Address), ("push", KnownBy::Address), ("sms", KnownBy::Address)];
/// Elements that are handed to the journal at one time.
const BATCH_MAX: usize = 500;

/// How the provider of a channel knows people.
pub(crate) fn known_by(channel: &str) -> KnownBy {
    CHANNELS.iter().find(|(name, _)| *name == channel).map_or(KnownBy::Id, |(_, known_by)| *known_by)
}

/// A running house.
pub(crate) struct House {
    pub(crate) tenant: TenantId,
    source: SourceId,
    clock: Arc<ManualClock>,
    pub(crate) store: Arc<Embedded>,
    pub(crate) crew: Crew,
    roster: Arc<Roster>,
    policy: Arc<TenantPolicy>,
    pub(crate) campaigns: Vec<Enlisted>,
    mappings: Arc<Mappings>,
}

impl House {
    /// Opens one with all campaigns published.
    pub(crate) fn open(
        folder: &Path,
        module: &[u8],
        documents: &Documents,
        (chance, record): (Chance, &Arc<Mutex<Vec<Taken>>>),
    ) -> Result<Self> {
        let tenant = TenantId::parse("simulation")?;
        let clock = Arc::new(ManualClock::new(START));
        let store = Arc::new(Embedded::open(&folder.join("store"), Arc::<ManualClock>::clone(&clock))?);
        let campaigns = publish(folder, module, documents)?;
        let switchboard = Arc::new(Switchboard::default());
        switchboard.replace(lines(&tenant, chance, record));
        let roster = Arc::new(Roster::default());
        let shared = Shared {
            clock: Arc::<ManualClock>::clone(&clock),
            roster: Arc::clone(&roster),
            reports: store.reports(),
            switchboard,
            dispatcher: Dispatcher::new(Handle::current(), Arc::<ManualClock>::clone(&clock)),
            sync_beat: Duration::ZERO,
            backlog: Arc::new(Backlog::default()),
            aside: Arc::new(Aside::start()?),
            suspend: Box::new(drop),
        };
        let crew = Crew::start(store.as_ref(), shared)?;
        let source = SourceId::parse("segment")?;
        let policy = TenantPolicy::read(&documents.tenant).map_err(|err| anyhow!("the tenant's policy: {err}"))?;
        let (policy, mappings) = (Arc::new(policy), Arc::default());
        let house = Self { tenant, source, clock, store, crew, roster, policy, campaigns, mappings };
        house.enlist(&house.campaigns);
        Ok(house)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Lets time pass; everything happens at its moment.
    pub(crate) async fn pass_to(&self, moment: Timestamp) -> Result<()> {
        Ok(self.crew.advance_to(moment, self.store.as_ref(), &self.clock).await?)
    }

    /// Takes in calls as the door does, and waits until all that they bring about is done. Says of each whether it was new.
    pub(crate) async fn hear(&self, calls: &[String]) -> Result<Vec<bool>> {
        let mut fresh = Vec::with_capacity(calls.len());
        for calls in calls.chunks(BATCH_MAX) {
            let batch = calls.iter().map(|call| self.inbound(call)).collect::<Result<Vec<_>>>()?;
            let appended = self.store.append(batch).await?;
            fresh.extend(appended.into_iter().map(|appended| appended == Appended::Fresh));
        }
        self.settle().await?;
        Ok(fresh)
    }

    /// Waits until everything that can be done now is done.
    pub(crate) async fn settle(&self) -> Result<()> {
        Ok(self.crew.settle(self.store.as_ref(), self.clock.as_ref()).await?)
    }

    fn inbound(&self, call: &str) -> Result<Inbound> {
        let decoded = ingest::decode(call.as_bytes(), self.now(), &self.mappings);
        let (profile, event) = decoded.map_err(|err| anyhow!("the house does not understand `{call}`: {err}"))?;
        let substance = Substance::Event { profile, event: Box::new(event) };
        Ok(Inbound { tenant: self.tenant.clone(), source: self.source.clone(), substance })
    }

    /// Pauses a campaign, or has it go on.
    pub(crate) fn stand(&mut self, campaign: &str, standing: Standing) {
        for enlisted in self.campaigns.iter_mut().filter(|enlisted| enlisted.name.as_str() == campaign) {
            enlisted.standing = standing;
        }
        self.enlist(&self.campaigns);
    }

    fn enlist(&self, campaigns: &[Enlisted]) {
        let campaigns = Campaigns::new(campaigns.to_vec(), []).under(Arc::clone(&self.policy));
        self.roster.replace([(self.tenant.clone(), campaigns)].into());
    }
}

impl Drop for House {
    fn drop(&mut self) {
        self.crew.stop();
    }
}

fn lines(
    tenant: &TenantId,
    chance: Chance,
    record: &Arc<Mutex<Vec<Taken>>>,
) -> HashMap<(TenantId, String), Arc<dyn Channel>> {
    let line = |(channel, knows_by): (&str, KnownBy)| {
        let provider: Arc<dyn Channel> = Arc::new(Provider::new(chance, knows_by, record));
        ((tenant.clone(), channel.to_owned()), provider)
    };
    CHANNELS.into_iter().map(line).collect()
}

fn publish(folder: &Path, module: &[u8], documents: &Documents) -> Result<Vec<Enlisted>> {
    let compiled = CompiledCode::open(folder.join("compiled"), [7; 32])?;
    let sandbox = Sandbox::with(Compiler::InProcess, compiled)?;
    documents.campaigns.iter().map(|document| enlisted(&sandbox, module, document)).collect()
}

fn enlisted(sandbox: &Sandbox, module: &[u8], document: &Document) -> Result<Enlisted> {
    let Document { name, configuration, settings } = document;
    let configured = sandbox.configure(module, &configuration.to_string());
    let configured = configured.map_err(|err| anyhow!("`{name}` cannot be configured: {err}"))?;
    let guest = sandbox.load(&configured.component, &configured.manifest);
    let guest = guest.map_err(|err| anyhow!("`{name}` cannot be loaded: {err}"))?;
    let settings = read_settings(settings).with_context(|| format!("the settings of `{name}`"))?;
    Ok(Enlisted {
        name: CampaignName::parse(name)?,
        revision: Revision(1),
        published: START,
        audiences: Arc::default(),
        standing: Standing::Active,
        since: START,
        catches_up_since: None,
        settings: Arc::new(settings),
        streak: Arc::default(),
        manifest: Arc::new(configured.manifest),
        decider: Arc::new(Loaded(guest)),
    })
}

fn read_settings(document: &Value) -> Result<Settings> {
    Settings::read(document).map_err(|err| anyhow!("{err}"))
}

/// A guest in its sandbox.
struct Loaded(Guest);

impl Decider for Loaded {
    fn decide(&self, context: &domain::Context, cause: &Cause, view: Arc<dyn View>) -> Outcome {
        self.0.decide(context, cause, view)
    }
}
