//! A question to many, while the server is killed again and again: each is to be asked exactly once. The question is a schedule's
//! moment, or an item whose price drops and in which everybody is interested. What that costs, from the question to the message that
//! went out, starts after kills among it.

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
/// Who did what everybody did.
const MODEL: &str = "user-0";
/// The item that all put into their carts: see `load::track`.
const ITEM: &str = "/v1/items/p-93";
/// From the publication to the moment: long enough to compile the campaign.
const AHEAD: Duration = Duration::from_secs(5);
/// They part the people: each kill comes when the next part was asked.
const KILLS: u64 = 5;

/// Has everybody asked something. Returns the CPU time that the server had used before.
type Ask = fn(&Settings, &Server, &Tenant) -> Result<Duration>;

/// What became of a question.
struct Outcome {
    /// How many were asked before each kill.
    asked_before: Vec<u64>,
    /// How many were asked, as the house counts them.
    asked: u64,
    cpu: Duration,
    took: Duration,
}

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let mut figures = trial(settings, "schedule", moment_comes)?;
    figures.extend(trial(settings, "price drop", price_drops)?);
    Ok(figures)
}

/// One question to a crowd of its own.
fn trial(settings: &Settings, name: &str, ask: Ask) -> Result<Vec<Figure>> {
    let copies = settings.extent.pick(5_000, 100_000);
    let data = TempDir::new()?;
    let tenant = prepare(settings, data.path())?;
    let crowd = Crowd { people: copies, soon: 0, from: SystemClock.now(), over: Duration::ZERO };
    people::gather(data.path(), TENANT, MODEL, &crowd)?;
    // The model is one of them.
    let people = copies as u64 + 1;
    let outcome = outcome(settings, data.path(), (&tenant, people), ask).with_context(|| name.to_owned())?;
    let recipients = people::recipients(data.path(), TENANT)?;
    let distinct = recipients.iter().collect::<BTreeSet<&String>>().len() as u64;
    let (doubled, missed) = (recipients.len() as u64 - distinct, people.saturating_sub(distinct));
    let in_the_midst = outcome.asked_before.iter().filter(|asked| (1..people).contains(asked)).count();
    let is_once = (outcome.asked, doubled, missed) == (people, 0, 0);
    let counts = format!("{} asked, {doubled} doubled, {missed} missed", outcome.asked);
    ensure!(is_once, "{name}: of {people} people {counts}, {in_the_midst} kills in the midst");
    let figure = |what: &str, unit, number| Figure::once(format!("{name}: {what}"), unit, number);
    Ok(vec![
        figure("people asked", "", outcome.asked as f64),
        figure("doubled", "", doubled as f64),
        figure("missed", "", missed as f64),
        figure("kills in the midst", "", in_the_midst as f64),
        figure("CPU, starts included", "µs/person", outcome.cpu.as_secs_f64() * 1e6 / people as f64),
        figure("time, starts included", "s", outcome.took.as_secs_f64()),
    ])
}

/// An item, and one person who put it into the cart: the model for the others.
fn prepare(settings: &Settings, data: &Path) -> Result<Tenant> {
    let server = Server::start(&settings.program, data)?;
    let tenant = server.tenant(TENANT)?;
    // Before anybody cares, so that nobody is asked about it.
    server.client.put(ITEM, &tenant.key, &json!({"price": 49.9}))?;
    let authority = server.client.authority();
    Load::of(Shape::ONE, authority, &tenant.inlet).send(authority)?;
    wait_until(|| Ok(server.client.get(&format!("/v1/profiles/{MODEL}"), &tenant.key).is_ok()))?;
    server.stop()?;
    Ok(tenant)
}

/// Asks so many people, kills the server among it, and waits until every message is out.
fn outcome(settings: &Settings, data: &Path, (tenant, people): (&Tenant, u64), ask: Ask) -> Result<Outcome> {
    let mut server = Server::start(&settings.program, data)?;
    let before = ask(settings, &server, tenant)?;
    let (watch, mut cpu, mut asked_before) = (Stopwatch::start(), Duration::ZERO, Vec::new());
    for part in 1..=KILLS {
        wait_until(|| Ok(asked(&server, tenant)?.0 >= people * part / (KILLS + 1)))?;
        cpu += server.cpu()?;
        asked_before.push(asked(&server, tenant)?.0);
        server.kill()?;
        server = Server::start(&settings.program, data)?;
    }
    wait_until(|| Ok(asked(&server, tenant)? == (people, true))).with_context(|| {
        let asked = asked(&server, tenant).map_or_else(|err| format!("{err:#}"), |(asked, _)| asked.to_string());
        format!("of {people} people asked: {asked}")
    })?;
    wait_until(|| Ok(items(&server, tenant, "outbox")?.is_empty()))?;
    let took = watch.elapsed();
    cpu += server.cpu()?;
    let (asked, _) = asked(&server, tenant)?;
    server.stop()?;
    Ok(Outcome { asked_before, asked, cpu: cpu.saturating_sub(before), took })
}

/// Waits for a schedule's moment.
fn moment_comes(settings: &Settings, server: &Server, tenant: &Tenant) -> Result<Duration> {
    let moment = SystemClock.now().plus(AHEAD);
    let schedule = json!({"schedule": {"at": moment.to_string()[..19]}});
    server.publish(tenant, "herald", &settings.component_of("herald")?, &schedule)?;
    let before = server.cpu()?;
    thread::sleep(moment.since(SystemClock.now()));
    Ok(before)
}

/// Lowers the item's price.
fn price_drops(settings: &Settings, server: &Server, tenant: &Tenant) -> Result<Duration> {
    server.publish(tenant, "bargain", &settings.component_of("bargain")?, &json!({}))?;
    let before = server.cpu()?;
    server.client.put(ITEM, &tenant.key, &json!({"price": 39.9}))?;
    Ok(before)
}

/// How many people were asked, and whether that is all.
fn asked(server: &Server, tenant: &Tenant) -> Result<(u64, bool)> {
    let sweeps = items(server, tenant, "sweeps")?;
    let asked = sweeps.iter().filter_map(|sweep| sweep["asked"].as_u64()).sum();
    Ok((asked, !sweeps.is_empty() && sweeps.iter().all(|sweep| sweep["state"] == "ended")))
}

/// The first of a list.
fn items(server: &Server, tenant: &Tenant, list: &str) -> Result<Vec<Value>> {
    let page: Value = serde_json::from_str(&server.client.get(&format!("/v1/{list}?limit=1"), &tenant.key)?)?;
    Ok(page["items"].as_array().context("a list should have items")?.clone())
}
