//! `rekindle serve`: a house as a process, until it is told to end.

use std::io::Write;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use ipnet::IpNet;
use serde_json::json;
use tokio::signal::unix::{Signal, SignalKind, signal};

use super::{App, AppOptions, Bounds, Compiler, MasterKeys, Rates, Timepiece, descriptors};
use crate::domain::{ManualClock, Secret, Timestamp, limits};
use crate::telemetry::{self, LogFormat};

/// What a server is started with.
#[derive(Debug, Clone)]
pub struct ServeOptions {
    /// The directory that holds everything that is kept.
    pub data: PathBuf,
    /// Where to listen.
    pub listen: SocketAddr,
    /// The key that creates tenants; without one, the server makes one and prints it.
    pub bootstrap_key: Option<Secret>,
    /// Where the keys come from that secrets are sealed with.
    pub master_keys: MasterKeys,
    /// How the world reaches this server; without one, by what its clients call it.
    pub public_url: Option<String>,
    /// Where channels may lead besides public addresses.
    pub allow_outgoing: Vec<IpNet>,
    /// Connections of one address that are open at one time.
    pub connections_per_address: usize,
    /// Events of one tenant, in a second, over a longer time.
    pub tenant_events_per_second: NonZeroU32,
    /// The component that renders templates; without one, the one that lies beside the program.
    pub renderer: Option<PathBuf>,
    /// How logs are written.
    pub log_format: LogFormat,
    /// Say where it listens as JSON.
    pub json: bool,
    /// For tests and the demo only: where a clock stands that moves only when it is moved.
    pub manual_clock: Option<Timestamp>,
}

/// Serves until the process is asked to end by SIGTERM or SIGINT; asked a second time, it waits for nothing. Says on `out`
/// where it listens.
pub async fn serve(options: ServeOptions, out: &mut (dyn Write + Send)) -> Result<()> {
    telemetry::log(options.log_format);
    let mut requests = Requests::listen()?;
    if options.bootstrap_key.as_ref().is_some_and(|key| key.expose().len() < limits::BOOTSTRAP_KEY_BYTES_GOOD) {
        let advice = "whoever guesses it creates tenants: use a longer one";
        tracing::warn!(advice, bytes_good = limits::BOOTSTRAP_KEY_BYTES_GOOD, "the bootstrap key is short");
    }
    descriptors::raise();
    let (as_json, is_manual) = (options.json, options.manual_clock.is_some());
    let timepiece =
        options.manual_clock.map_or(Timepiece::System, |now| Timepiece::Manual(Arc::new(ManualClock::new(now))));
    let app = App::start(AppOptions {
        data: options.data,
        listen: options.listen,
        bootstrap_key: options.bootstrap_key,
        master_keys: options.master_keys,
        public_url: options.public_url,
        timepiece,
        allow_outgoing: options.allow_outgoing,
        sync_beat: if is_manual { limits::SYNC_BEAT_MANUAL } else { limits::SYNC_BEAT },
        bounds: Bounds { connections_per_address: options.connections_per_address, ..Bounds::HOUSE },
        rates: Rates::of_events(options.tenant_events_per_second),
        compiler: Compiler::this_program().context("cannot tell what program this is, to compile modules by it")?,
        renderer: options.renderer.map_or_else(renderer_beside_program, Ok)?,
    })
    .await?;
    announce(&app, as_json, out).context("cannot say where the server listens")?;
    requests.next().await;
    tracing::info!("stopping; asked again, the server ends at once");
    tokio::select! {
        stopped = app.stop() => stopped,
        () = requests.next() => bail!("ended at once: what was under way is done again after the next start"),
    }
}

/// Where the renderer lies: beside the program, or where a build from source puts it.
fn renderer_beside_program() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot tell where this program lies, to find the renderer by it")?;
    let folder = program.parent().context("a program should lie in a folder")?;
    let beside = folder.join("renderer.wasm");
    Ok(if beside.exists() { beside } else { folder.join("../components/renderer.wasm") })
}

/// Requests to end.
struct Requests {
    terminate: Signal,
    interrupt: Signal,
}

impl Requests {
    fn listen() -> Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?,
            interrupt: signal(SignalKind::interrupt()).context("cannot wait for SIGINT")?,
        })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

fn announce(app: &App, as_json: bool, out: &mut dyn Write) -> std::io::Result<()> {
    let address = format!("http://{}", app.address());
    if as_json {
        writeln!(out, "{}", json!({"listening": address, "bootstrap_key": app.bootstrap_key()}))?;
    } else {
        writeln!(out, "listening on {address}")?;
        if let Some(key) = app.bootstrap_key() {
            writeln!(out, "bootstrap key (shown this once, it creates tenants): {key}")?;
        }
    }
    out.flush()
}
