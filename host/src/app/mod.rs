//! Builds the rooms, opens the door, and stops everything in reverse.

mod descriptors;
mod enlist;
mod loader;
mod seat;
mod serve;
mod suspend;
mod timepiece;
mod winners;

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result};
use axum::Router;
use ipnet::IpNet;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use crate::admin::{self, Admin, ItemDesk, Readiness, Workshop};
use crate::callbacks::{self, Callbacks};
use crate::channels::{Http, Press, Reach};
use crate::domain::{Backlog, Timestamp, limits};
use crate::ingest::{self, Door, Intake, Pressure, Space};
use enlist::Wires;
use loader::Loader;

use crate::keyring::Keyring;
use crate::listener;
use crate::outbox::Dispatcher;
use crate::sandbox::{CompiledCode, Renderer, Sandbox};
use crate::store::{Embedded, Store};
use crate::telemetry;
use crate::tenants::Directory;
use crate::worker::{self, Aside, Crew};

pub use serve::{ServeOptions, serve};
pub use timepiece::Timepiece;

pub use crate::domain::Secret;
pub use crate::ingest::Rates;
pub use crate::keyring::{MasterKeys, draw as draw_master_key};
pub use crate::listener::{Bounds, Pace};
pub use crate::sandbox::{COMPILE_COMMAND, Compiler, compile_module};
pub use crate::telemetry::LogFormat;

/// What a house is built from.
#[derive(Debug, Clone)]
pub struct AppOptions {
    /// The directory that holds everything that is kept.
    pub data: PathBuf,
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The key that creates tenants, where it is not to be generated.
    pub bootstrap_key: Option<Secret>,
    /// Where the master keys come from.
    pub master_keys: MasterKeys,
    /// How the world reaches this server.
    pub public_url: Option<String>,
    /// What tells the time.
    pub timepiece: Timepiece,
    /// How long a commit may wait for its sync.
    pub sync_beat: Duration,
    /// Where channels may lead besides public addresses.
    pub allow_outgoing: Vec<IpNet>,
    /// What connections may take.
    pub bounds: Bounds,
    /// What every tenant may send.
    pub rates: Rates,
    /// Who compiles modules.
    pub compiler: Compiler,
    /// The component that renders templates.
    pub renderer: PathBuf,
}

/// A running house.
pub struct App {
    address: SocketAddr,
    bootstrap_key: Option<Secret>,
    house: Arc<House>,
    dispatcher: Dispatcher,
    loader: Loader,
    stop: watch::Sender<bool>,
    server: JoinHandle<()>,
    directory: Arc<Directory>,
    /// Writes down from time to time when keys were used.
    uses: JoinHandle<()>,
    /// Looks at experiments from time to time.
    winners: JoinHandle<()>,
}

/// What runs inside, for who waits for it.
struct House {
    store: Arc<dyn Store>,
    crew: Arc<Crew>,
    timepiece: Timepiece,
}

impl App {
    /// Builds the house and opens its door.
    pub async fn start(options: AppOptions) -> Result<Self> {
        std::fs::create_dir_all(&options.data)
            .with_context(|| format!("cannot make the data directory `{}`", options.data.display()))?;
        options.timepiece.admit(&options.data)?;
        let listener = bind(options.listen)?;
        let clock = options.timepiece.clock();
        let store: Arc<dyn Store> = Arc::new(Embedded::open(&options.data, Arc::clone(&clock))?);
        let keyring = Arc::new(Keyring::open(options.master_keys, &options.data)?);
        let directory = Arc::new(Directory::open(&options.data, Arc::clone(&clock), Arc::clone(&keyring))?);
        let bootstrap_key = directory.bootstrap(options.bootstrap_key.as_ref().map(Secret::expose))?;
        let reach = Reach::new(options.allow_outgoing);
        let http = Http::new(limits::ATTEMPT_MAX, reach.clone())?;
        let compiled = compiled_code(&options.data, &keyring)?;
        let (sandbox, renderer) = sandbox(options.compiler, compiled, options.renderer, &directory)?;
        let press = Press::new(Arc::new(renderer));
        let loader = Loader::start(&directory, &sandbox)?;
        let (roster, switchboard) = enlist::enlist(&directory, &loader, Wires { http, press: press.clone() });
        let backlog = Arc::new(Backlog::default());
        let dispatcher = Dispatcher::new(tokio::runtime::Handle::current(), Arc::clone(&clock));
        let shared = worker::Shared {
            clock: Arc::clone(&clock),
            roster,
            reports: store.reports(),
            switchboard: Arc::clone(&switchboard),
            dispatcher: dispatcher.clone(),
            sync_beat: options.sync_beat,
            backlog: Arc::clone(&backlog),
            aside: Arc::new(Aside::start()?),
            suspend: suspend::suspender(&directory, tokio::runtime::Handle::current()),
        };
        let crew = Arc::new(Crew::start(store.as_ref(), shared)?);
        let house = Arc::new(House { store: Arc::clone(&store), crew, timepiece: options.timepiece });
        let address = listener.local_addr()?;
        let space = Arc::new(Space::of(&options.data));
        let pressure = Pressure { space: Arc::clone(&space), backlog: Arc::clone(&backlog) };
        let intake = Intake::new(store, clock, pressure, options.rates);
        let callbacks = intake.of_callbacks(options.rates);
        let callbacks = Callbacks::new(Arc::clone(&directory), callbacks, options.public_url.clone());
        let door = Door::new(directory.sources(), intake);
        let items = ItemDesk::new(Arc::clone(&house.store), Arc::clone(&house.crew), house.timepiece.clock(), backlog);
        let readiness = readiness(Arc::clone(&house), space);
        let admin = Admin {
            directory: Arc::clone(&directory),
            sandbox: Arc::new(sandbox),
            reports: house.store.reports(),
            store: Arc::clone(&house.store),
            clock: house.timepiece.clock(),
            crew: Arc::clone(&house.crew),
            items,
            switchboard,
            rests: dispatcher.rests(),
            public_url: options.public_url,
            reach,
            press,
            readiness,
            metrics: telemetry::metrics(),
            workshop: Workshop::default(),
        };
        let router = router(&house, admin).merge(ingest::router(Arc::new(door)));
        let router = router.merge(callbacks::router(Arc::new(callbacks)));
        let (stop, stopped) = watch::channel(false);
        let server = tokio::spawn(listener::serve(listener, router, options.bounds, stopped));
        let uses = tokio::spawn(keep_uses(Arc::clone(&directory)));
        let (reports, clock) = (house.store.reports(), house.timepiece.clock());
        let winners = tokio::spawn(winners::crown_from_time_to_time(Arc::clone(&directory), reports, clock));
        Ok(Self { address, bootstrap_key, house, dispatcher, loader, stop, server, directory, uses, winners })
    }

    /// Where the door is.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The key that was generated on the first start.
    pub fn bootstrap_key(&self) -> Option<&str> {
        self.bootstrap_key.as_ref().map(Secret::expose)
    }

    /// Waits until everything that can be done now is done.
    pub async fn settle(&self) -> Result<()> {
        self.house.settle().await
    }

    /// Moves a manual clock, from one due moment to the next, so that everything happens at its time.
    pub async fn advance_to(&self, moment: Timestamp) -> Result<()> {
        self.house.advance_to(moment).await
    }

    /// Closes the door, lets requests and deliveries under way end, syncs, and stops.
    pub async fn stop(self) -> Result<()> {
        self.stop.send_replace(true);
        self.server.await.context("the server's task failed")?;
        self.uses.abort();
        self.winners.abort();
        let directory = self.directory;
        tokio::task::spawn_blocking(move || directory.keep_uses()).await.context("uses of keys were not kept")??;
        if tokio::time::timeout(limits::DRAIN_DELIVERIES_MAX, self.dispatcher.drain()).await.is_err() {
            tracing::warn!("deliveries were still under way when their time was up; they go out after the next start");
        }
        let crew = Arc::clone(&self.house.crew);
        tokio::task::spawn_blocking(move || crew.stop()).await.context("the workers did not stop")?;
        // Last: until then a worker may wait for a campaign.
        self.loader.stop();
        Ok(())
    }
}

impl House {
    async fn settle(&self) -> Result<()> {
        Ok(self.crew.settle(self.store.as_ref(), self.timepiece.clock().as_ref()).await?)
    }

    async fn advance_to(&self, moment: Timestamp) -> Result<()> {
        let Timepiece::Manual(clock) = &self.timepiece else { anyhow::bail!("only a manual clock can be moved") };
        Ok(self.crew.advance_to(moment, self.store.as_ref(), clock).await?)
    }
}

/// The compiled code that is kept, under a key that whoever can write the files alone does not have.
fn compiled_code(data: &Path, keyring: &Keyring) -> Result<CompiledCode> {
    let folder = data.join("compiled");
    CompiledCode::open(folder.clone(), keyring.derive("compiled code")).with_context(|| {
        format!("`{}` cannot be used: it holds nothing but compiled code, so remove it", folder.display())
    })
}

/// The sandbox, with the code that it kept for what tenants published, and what renders their templates.
fn sandbox(
    compiler: Compiler,
    compiled: CompiledCode,
    renderer: PathBuf,
    directory: &Directory,
) -> Result<(Sandbox, Renderer)> {
    let sandbox = Sandbox::with(compiler, compiled)?;
    let renderer = sandbox.renderer(renderer);
    let digest = renderer.digest();
    if digest.is_none() {
        tracing::info!("there is no renderer, so there are no templates: `--renderer` names one");
    }
    let snapshot = directory.snapshot();
    let published = snapshot.tenants().flat_map(|tenant| tenant.revisions().map(|revision| revision.component));
    let wanted = published.chain(digest).collect();
    sandbox.sweep(&wanted).context("compiled code that nobody needs any more cannot be removed")?;
    Ok((sandbox, renderer))
}

async fn keep_uses(directory: Arc<Directory>) {
    loop {
        tokio::time::sleep(limits::USES_BEAT).await;
        let directory = Arc::clone(&directory);
        match tokio::task::spawn_blocking(move || directory.keep_uses()).await {
            Ok(Ok(())) => {}
            Ok(Err(err)) => tracing::warn!(%err, "could not keep when keys were used; tried again later"),
            Err(err) => tracing::warn!(%err, "could not keep when keys were used; tried again later"),
        }
    }
}

fn bind(address: SocketAddr) -> Result<TcpListener> {
    listener::bind(address)
        .with_context(|| format!("cannot listen on `{address}`: choose another address with `--listen`"))
}

/// Everything that has to be well for the server to do its work.
fn readiness(house: Arc<House>, space: Arc<Space>) -> Readiness {
    Arc::new(move || {
        house.store.health().map_err(|err| err.to_string())?;
        space.health()?;
        house.crew.health()
    })
}

fn router(house: &Arc<House>, admin: Admin) -> Router {
    let router = admin::router(Arc::new(admin));
    match &house.timepiece {
        Timepiece::System => router,
        Timepiece::Manual(_) => router.merge(timepiece::router(Arc::clone(house))),
    }
}
