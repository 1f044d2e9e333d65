//! An event's way: signed request, journal, answer, profile, decision for one event of three, ledger. The same requests go to a
//! bare server in the same run.

use anyhow::Result;
use rekindle::domain::Stopwatch;
use serde_json::json;
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::bare;
use crate::figure::{Figure, Goal};
use crate::load::{Load, Shape};
use crate::server::Server;
use crate::usage;

/// Events in one request.
const BATCHES: [usize; 3] = [1, 20, 100];
/// The batch that the goals are about.
const GOAL_BATCH: usize = 100;
const CPU_US_MAX: f64 = 100.0;
const SHARE_MIN: f64 = 0.4;
/// Odd, so that each of them does all that there is to do.
const PEOPLE: usize = 1_999;

/// What one round took.
struct Round {
    events: usize,
    cpu_s: f64,
    acknowledged_s: f64,
    decided_s: f64,
}

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for batch in BATCHES {
        let house = through_the_house(settings, batch, &mut figures)?;
        let bare = through_the_bare_server(settings, batch)?;
        figures.extend(compare(batch, &house, &bare));
    }
    Ok(figures)
}

fn shapes(settings: &Settings, batch: usize) -> impl Iterator<Item = Shape> {
    let rounds = settings.extent.pick(2, 5);
    let events = if batch == 1 { settings.extent.pick(2_000, 10_000) } else { settings.extent.pick(6_000, 40_000) };
    (0..rounds).map(move |round| Shape { events, batch, people: PEOPLE, round, ..Shape::ONE })
}

fn through_the_house(settings: &Settings, batch: usize, figures: &mut Vec<Figure>) -> Result<Vec<Round>> {
    let data = TempDir::new()?;
    let server = Server::start(&settings.program, data.path())?;
    let tenant = server.tenant("shop")?;
    server.publish(&tenant, "three-lines", &settings.component()?, &json!({"wait": "1h"}))?;
    let authority = server.client.authority();
    // The first one loads the campaign.
    let first = Shape { events: PEOPLE, batch, people: PEOPLE, round: usize::MAX, ..Shape::ONE };
    Load::of(first, authority, &tenant.inlet).send(authority)?;
    server.wait_for_causes(PEOPLE as u64)?;
    let before = usage::disk_bytes(data.path())?;
    let mut rounds = Vec::new();
    for shape in shapes(settings, batch) {
        let load = Load::of(shape, authority, &tenant.inlet);
        let expected = server.causes()? + shape.events as u64;
        rounds.push(timed(&server, shape, || load.send(authority), || server.wait_for_causes(expected))?);
    }
    let events: usize = rounds.iter().map(|round| round.events).sum();
    server.stop()?;
    let bytes = usage::disk_bytes(data.path())?.saturating_sub(before);
    figures.push(Figure::once(format!("batch of {batch}: on disk"), "bytes/event", bytes as f64 / events as f64));
    Ok(rounds)
}

fn through_the_bare_server(settings: &Settings, batch: usize) -> Result<Vec<Round>> {
    let data = TempDir::new()?;
    let server = bare::start(data.path())?;
    let authority = server.client.authority();
    let send = |shape: Shape| {
        let load = Load::of(shape, authority, "/in");
        timed(&server, shape, || load.send(authority), || Ok(()))
    };
    shapes(settings, batch).map(send).collect()
}

fn timed(
    server: &Server,
    shape: Shape,
    send: impl FnOnce() -> Result<()>,
    settle: impl FnOnce() -> Result<()>,
) -> Result<Round> {
    let (watch, cpu) = (Stopwatch::start(), server.cpu()?);
    send()?;
    let acknowledged_s = watch.elapsed().as_secs_f64();
    settle()?;
    let decided_s = watch.elapsed().as_secs_f64();
    // What was committed is yet to be synced.
    std::thread::sleep(2 * rekindle::domain::limits::SYNC_BEAT);
    Ok(Round { events: shape.events, cpu_s: (server.cpu()? - cpu).as_secs_f64(), acknowledged_s, decided_s })
}

fn compare(batch: usize, house: &[Round], bare: &[Round]) -> Vec<Figure> {
    let of = |rounds: &[Round], name: &str, unit, measure: fn(&Round) -> f64| {
        Figure::of(format!("batch of {batch}: {name}"), unit, rounds.iter().map(measure).collect())
    };
    let cpu = |round: &Round| round.cpu_s * 1e6 / round.events as f64;
    let rate = |round: &Round| round.events as f64 / round.acknowledged_s;
    let cpu_bare = of(bare, "· floor: CPU, bare server", "µs CPU/event", cpu);
    let rate_bare = of(bare, "· floor: acknowledged, bare server", "events/s", rate);
    let mut cpu_house = of(house, "CPU", "µs CPU/event", cpu);
    let rate_house = of(house, "acknowledged", "events/s", rate);
    let decided = of(house, "decided", "events/s", |round| round.events as f64 / round.decided_s);
    let share = rate_house.median() / rate_bare.median();
    let mut share = Figure::once(format!("batch of {batch}: acknowledged, share of bare"), "", share);
    if batch == GOAL_BATCH {
        cpu_house = cpu_house.with_goal(Goal::AtMost(CPU_US_MAX));
        share = share.with_goal(Goal::AtLeast(SHARE_MIN));
    }
    vec![cpu_house, cpu_bare, rate_house, decided, rate_bare, share]
}
