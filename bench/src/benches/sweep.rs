//! A schedule's moment over many people, while the server is killed again and again: each is to be asked exactly once. What that costs,
//! from the question to the message that went out, starts after kills among it.

use std::collections::BTreeSet;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use rekindle::domain::{Clock, Stopwatch, SystemClock};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::load::{Load, Shape};
use crate::people::{self, Crowd};
use crate::server::{Server, Tenant, wait_until};

const TENANT: &str = "shop";
/// From the publication to the moment.
const AHEAD: Duration = Duration::from_secs(2);
const KILLS: u64 = 5;
/// How long each server lives that is killed, at first; each next one a little longer, so that they fall into different work.
const LIFE: Duration = Duration::from_millis(400);

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let people = settings.extent.pick(5_000, 100_000);
    let data = TempDir::new()?;
    let tenant = prepare(settings, data.path())?;
    let crowd = Crowd { people, soon: 0, from: SystemClock.now(), over: Duration::ZERO };
    people::gather(data.path(), TENANT, "user-0", &crowd)?;
    let mut server = Server::start(&settings.program, data.path())?;
    let moment = SystemClock.now().plus(AHEAD);
    let schedule = json!({"schedule": {"at": moment.to_string()[..19]}});
    server.publish(&tenant, "herald", &settings.component_of("herald")?, &schedule)?;
    thread::sleep(moment.since(SystemClock.now()));
    let (watch, mut cpu, mut asked_before) = (Stopwatch::start(), Duration::ZERO, Vec::new());
    for kill in 0..KILLS {
        thread::sleep(LIFE + Duration::from_millis(70 * kill));
        cpu += server.cpu()?;
        asked_before.push(asked(&server, &tenant)?.0);
        server.kill()?;
        server = Server::start(&settings.program, data.path())?;
    }
    wait_until(|| Ok(asked(&server, &tenant)?.1))?;
    wait_until(|| Ok(items(&server, &tenant, "outbox")?.is_empty()))?;
    let took = watch.elapsed();
    cpu += server.cpu()?;
    server.stop()?;
    let recipients = people::recipients(data.path(), TENANT)?;
    let distinct: BTreeSet<&String> = recipients.iter().collect();
    // The model is one of them.
    ensure!(recipients.len() == people + 1, "{} messages for {} people", recipients.len(), people + 1);
    ensure!(distinct.len() == people + 1, "{} of {} people got a message", distinct.len(), people + 1);
    let in_the_midst = asked_before.iter().filter(|asked| (1..people as u64).contains(asked)).count();
    Ok(vec![
        Figure::once("people asked once each", "", recipients.len() as f64),
        Figure::once("kills in the midst", "", in_the_midst as f64),
        Figure::once("CPU, starts included", "us/person", cpu.as_secs_f64() * 1e6 / people as f64),
        Figure::once("time, starts included", "s", took.as_secs_f64()),
    ])
}

/// One person, as the model for the others.
fn prepare(settings: &Settings, data: &Path) -> Result<Tenant> {
    let server = Server::start(&settings.program, data)?;
    let tenant = server.tenant(TENANT)?;
    let authority = server.client.authority();
    let one = Shape { events: 1, batch: 1, people: 1, round: 0 };
    Load::of(one, authority, &tenant.inlet).send(authority)?;
    server.wait_for_causes(1)?;
    server.stop()?;
    Ok(tenant)
}

/// How many people were asked, and whether that is all.
fn asked(server: &Server, tenant: &Tenant) -> Result<(u64, bool)> {
    let sweeps = items(server, tenant, "sweeps")?;
    let asked = sweeps.iter().filter_map(|sweep| sweep["asked"].as_u64()).sum();
    Ok((asked, !sweeps.is_empty() && sweeps.iter().all(|sweep| sweep["state"] == "ended")))
}

fn items(server: &Server, tenant: &Tenant, list: &str) -> Result<Vec<Value>> {
    let page: Value = serde_json::from_str(&server.client.get(&format!("/v1/{list}?limit=1"), &tenant.key)?)?;
    Ok(page["items"].as_array().context("a list should have items")?.clone())
}
