//! A million people wait: how long the server takes to start over them, after a stop and after a kill, and how late the messages
//! are of those whose timers are due meanwhile.

use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rekindle::domain::{Clock, Stopwatch, SystemClock};
use serde_json::json;
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::figure::{Figure, Goal};
use crate::load::{Load, Shape};
use crate::people::{self, Crowd};
use crate::server::Server;
use crate::usage;

const TENANT: &str = "shop";
/// How long the crowd takes to gather, for each thousand, at most; the first timer is due after that.
const GATHERING_MS_PER_THOUSAND: usize = 200;
/// Timers that are due in a second.
const DUE_PER_SECOND: usize = 100;
/// For the last messages to be handed over, and that to be written down.
const LAST_DELIVERIES: Duration = Duration::from_secs(2);
const LATE_MS_MAX: f64 = 1_000.0;

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let people = settings.extent.pick(50_000, 1_000_000);
    let seconds = settings.extent.pick(10, 60);
    let data = TempDir::new()?;
    prepare(settings, data.path())?;
    let gathering = Duration::from_millis((people / 1_000 * GATHERING_MS_PER_THOUSAND + 5_000) as u64);
    let crowd = Crowd {
        people,
        soon: seconds * DUE_PER_SECOND,
        from: SystemClock.now().plus(gathering),
        over: Duration::from_secs(seconds as u64),
    };
    people::gather(data.path(), TENANT, "user-0", &crowd)?;
    ensure!(SystemClock.now() < crowd.from, "the crowd gathered too slowly for its timers");
    let bytes = usage::disk_bytes(data.path())?;
    let (server, after_stop) = started(settings, data.path())?;
    thread::sleep(crowd.from.plus(crowd.over).since(SystemClock.now()));
    server.wait_for_causes(crowd.soon as u64)?;
    thread::sleep(LAST_DELIVERIES);
    let memory = server.memory()?;
    server.kill()?;
    let (server, after_kill) = started(settings, data.path())?;
    server.stop()?;
    let mut figures = vec![
        Figure::once("people who wait", "", people as f64),
        Figure::once("on disk", "bytes/person", bytes as f64 / people as f64),
        Figure::once("memory", "MiB", memory as f64 / f64::from(1 << 20)),
        Figure::once("start after a stop", "ms", after_stop),
        Figure::once("start after a kill", "ms", after_kill),
    ];
    let lateness = Figure::quantiles("lateness of a message", "ms", lateness(data.path(), &crowd)?);
    figures.extend(lateness.into_iter().map(|figure| figure.with_goal(Goal::AtMost(LATE_MS_MAX))));
    Ok(figures)
}

/// One person who waits, as the model for the others.
fn prepare(settings: &Settings, data: &Path) -> Result<()> {
    let server = Server::start(&settings.program, data)?;
    let tenant = server.tenant(TENANT)?;
    server.publish(&tenant, "three-lines", &settings.component()?, &json!({"wait": "90d"}))?;
    let authority = server.client.authority();
    Load::of(Shape::ONE, authority, &tenant.inlet).send(authority)?;
    server.wait_for_causes(1)?;
    server.stop()
}

/// A server that is ready, and after how many milliseconds.
fn started(settings: &Settings, data: &Path) -> Result<(Server, f64)> {
    let watch = Stopwatch::start();
    let server = Server::start(&settings.program, data)?;
    server.client.get("/readyz", "")?;
    Ok((server, watch.elapsed().as_secs_f64() * 1e3))
}

/// How late each message of those whose timers were due went out, in milliseconds: read when the server has stopped.
fn lateness(data: &Path, crowd: &Crowd) -> Result<Vec<f64>> {
    let sent = people::messages(data, TENANT)?;
    let late = |number: usize| {
        let name = people::name(number);
        let at = sent.get(&name).with_context(|| format!("`{name}` got no message"))?;
        Ok(at.since(crowd.due(number)).as_secs_f64() * 1e3)
    };
    (0..crowd.soon).map(late).collect()
}
