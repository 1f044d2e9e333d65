//! Hostile modules against a real server, as a process, over HTTP. Each is taken as far as it gets, and has to end in an error
//! that says what it did, while the server lives and another tenant's people get what they should. Run by
//! `cargo xtask probes`, or with all other tests.

#![expect(clippy::unwrap_used, reason = "a test may stop where something is not there")]

mod answers;
mod arena;
mod bombs;
mod determinism;
mod imports;
mod loops;
mod memory;
#[path = "../../host/src/sandbox/tests/modules.rs"]
mod modules;
mod probe;
#[expect(dead_code, reason = "other tests look into the server's directory")]
#[path = "../it/process.rs"]
mod process;
mod report;
mod residue;
mod shapes;
mod uploads;
mod victim;

use std::time::Duration;

use rekindle::domain::Stopwatch;
use serde_json::{Value, json};

use crate::arena::{Arena, Tenant, outcome};
use crate::probe::{Outcome, Probe, Trick};
use crate::report::{Report, Row};
use crate::victim::{Latencies, Victim};

/// Every probe, by family.
const PROBES: &[&[Probe]] =
    &[loops::PROBES, memory::PROBES, answers::PROBES, uploads::PROBES, imports::PROBES, bombs::PROBES, residue::PROBES];

/// For how long the victim is measured before anything happens.
const QUIET: Duration = Duration::from_secs(10);
/// How long a probe may take, whatever it tries: it is bounded, and a busy machine is slow.
const PROBE_MAX: Duration = Duration::from_secs(120);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_probe_ends_as_it_has_to_and_nobody_else_notices() {
    // Made beforehand, so that it is not what the victim waits for.
    let probes: Vec<(&Probe, Vec<Vec<u8>>)> =
        PROBES.iter().copied().flatten().map(|probe| (probe, probe.trick.files())).collect();
    let arena = Arena::open();
    let villains = [arena.tenant("villain").await, arena.tenant("accomplice").await];
    let mut victim = Victim::open(&arena).await;
    let stream = victim.begin();
    tokio::time::sleep(QUIET).await;
    let quiet = stream.stop().await;

    let mut rows = Vec::new();
    for (probe, files) in probes {
        let stream = victim.begin();
        let time = Stopwatch::start();
        let outcomes = attempt(&villains, probe, files).await;
        let took = time.elapsed();
        let victim_waited = stream.stop().await;
        assert!(took < PROBE_MAX, "`{}` took {took:?}", probe.name);
        assert!(arena.is_well().await, "after `{}`, instances should not be in use", probe.name);
        victim.fill_a_cart(probe.name).await;
        let is_expected = !outcomes.is_empty() && outcomes.iter().all(|outcome| probe.expected.covers(outcome));
        rows.push(Row { name: probe.name, outcomes, took, is_expected, victim_waited, peak_mib: peak_mib(&arena) });
    }
    rows.push(repeated().await);
    victim.all_were_reminded().await;
    failures_are_in_the_book(&villains, &rows).await;
    let report = Report { rows, quiet };
    report.publish();
    assert_eq!(report.unexpected(), [] as [String; 0]);
}

/// Tries what a probe tries; how each attempt ended.
async fn attempt(villains: &[Tenant; 2], probe: &Probe, files: Vec<Vec<u8>>) -> Vec<Outcome> {
    let [villain, _] = villains;
    let name = probe.name;
    match probe.trick {
        Trick::Module(_) => file(villain, name, files, &[name.to_owned()]).await,
        Trick::Crowd(_, people) => {
            let people: Vec<String> = (0..people).map(|number| format!("{name}-{number}")).collect();
            file(villain, name, files, &people).await
        }
        Trick::Again(_, times) => again(villain, name, files, times).await,
        Trick::Files(_) => {
            let mut outcomes = Vec::new();
            for (number, one) in files.into_iter().enumerate() {
                let name = format!("{name}-{number}");
                outcomes.extend(file(villain, &name, vec![one], std::slice::from_ref(&name)).await);
            }
            outcomes
        }
        Trick::Turns(_, rounds) => turns(villains, name, files, rounds).await,
    }
}

/// Uploads and publishes a file and has it asked about people.
async fn file(tenant: &Tenant, name: &str, mut files: Vec<Vec<u8>>, people: &[String]) -> Vec<Outcome> {
    if let Err(outcome) = tenant.publish(name, files.remove(0), json!({})).await {
        return vec![outcome];
    }
    tenant.provoke(people, &json!({})).await;
    let mut outcomes = Vec::new();
    for person in people {
        outcomes.push(outcome(&tenant.row(name, person, 1).await));
    }
    tenant.archive(name).await;
    outcomes
}

/// The same, about one person again and again; how it ended at last.
async fn again(tenant: &Tenant, name: &str, mut files: Vec<Vec<u8>>, times: usize) -> Vec<Outcome> {
    tenant.publish(name, files.remove(0), json!({})).await.unwrap();
    let mut last = Vec::new();
    for number in 1..=times {
        tenant.provoke(&[name.to_owned()], &json!({"number": number})).await;
        last = vec![outcome(&tenant.row(name, name, number).await)];
    }
    tenant.archive(name).await;
    last
}

/// Modules of two tenants are asked in turns about the same people; none may find what another left.
async fn turns(tenants: &[Tenant; 2], name: &str, files: Vec<Vec<u8>>, rounds: usize) -> Vec<Outcome> {
    let campaign = |number: usize| format!("{name}-{number}");
    let count = files.len();
    for (number, file) in files.into_iter().enumerate() {
        tenants[number % 2].publish(&campaign(number), file, json!({})).await.unwrap();
    }
    let people: Vec<String> = (0..4).map(|number| format!("{name}-person-{number}")).collect();
    let mut outcomes = Vec::new();
    for round in 1..=rounds {
        for tenant in tenants {
            tenant.provoke(&people, &json!({"round": round})).await;
        }
        for (number, person) in (0..count).flat_map(|number| people.iter().map(move |person| (number, person))) {
            outcomes.push(outcome(&tenants[number % 2].row(&campaign(number), person, round).await));
        }
    }
    assert!(!outcomes.iter().any(|outcome| outcome.to_string().contains(residue::FOUND)), "{outcomes:?}");
    for number in 0..count {
        tenants[number % 2].archive(&campaign(number)).await;
    }
    outcomes
}

/// One question to two tenants in each of two processes: every answer and its cost are the same.
async fn repeated() -> Row {
    const NAME: &str = "observing-all-that-can-be-observed";
    let time = Stopwatch::start();
    let (module, at) = (determinism::observer(), arena::now());
    let mut answers = Vec::new();
    let mut outcomes = Vec::new();
    for _ in 0..2 {
        let arena = Arena::open();
        for name in ["one", "other"] {
            let tenant = arena.tenant(name).await;
            tenant.publish(NAME, module.clone(), json!({})).await.unwrap();
            let properties = json!({"deep": {"numbers": [1.5, -0.0, 1e300], "text": "é\u{0}"}});
            tenant.deliver(&[rekindle_tests::track("u1", at, shapes::EVENT, properties)]).await;
            let row = tenant.row(NAME, "u1", 1).await;
            let message = tenant.first_message().await;
            answers.push((row["fuel"].clone(), message["content"].clone()));
            outcomes.push(outcome(&row));
        }
    }
    let is_expected = answers[0].1.as_str().is_some_and(|digest| digest.len() == 16)
        && answers.iter().all(|answer| *answer == answers[0]);
    Row { name: NAME, outcomes, took: time.elapsed(), is_expected, victim_waited: Latencies::default(), peak_mib: None }
}

/// Whoever looks after campaigns finds every failure that the ledgers tell of.
async fn failures_are_in_the_book(villains: &[Tenant; 2], rows: &[Row]) {
    let mut book = Vec::new();
    for villain in villains {
        book.extend(villain.list_all("/v1/failures").await);
    }
    for row in rows {
        for outcome in &row.outcomes {
            let Outcome::Failed(kind, words, _) = outcome else { continue };
            let is_it = |entry: &Value| {
                let campaign = entry["campaign"].as_str().unwrap_or_default();
                campaign.starts_with(row.name) && entry["kind"] == kind.as_str() && entry["message"] == words.as_str()
            };
            assert!(book.iter().any(is_it), "{}: {outcome}", row.name);
        }
    }
}

/// The most memory that the server ever had, where the system tells.
fn peak_mib(arena: &Arena) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{}/status", arena.server.process.id())).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.split_whitespace().next()?.parse::<u64>().ok().map(|kib| kib / 1024)
}
