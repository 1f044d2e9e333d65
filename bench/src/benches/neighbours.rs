//! How long a tenant's people wait for a decision, alone and beside six tenants whose campaigns loop on every event.

use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use anyhow::Result;
use rekindle::domain::Stopwatch;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::load::{exchange, request, track};
use crate::looper;
use crate::server::{Server, Tenant};

/// Tenants whose campaigns loop.
const LOOPERS: usize = 6;
/// Between two events of one of them. Each costs its whole fuel, about 11 ms: together they want more than four cores.
const LOOPER_BEAT: Duration = Duration::from_millis(15);
/// Between two events of the victim.
const VICTIM_BEAT: Duration = Duration::from_millis(100);
/// How often the victim's ledger is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(2);
/// A delay that counts as for ever: it is cut there.
const DELAY_MAX: Duration = Duration::from_secs(20);
/// For how long delays are collected, where they are long.
const DELAYS_MAX: Duration = Duration::from_secs(25);

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let data = TempDir::new()?;
    let server = Server::start(&settings.program, data.path())?;
    let victim = server.tenant("victim")?;
    server.publish(&victim, "three-lines", &settings.component()?, &json!({"wait": "1h"}))?;
    let looper = looper::component()?;
    let loopers: Vec<Tenant> = (0..LOOPERS)
        .map(|number| {
            let tenant = server.tenant(&format!("looper-{number}"))?;
            server.publish(&tenant, "looper", &looper, &json!({}))?;
            Ok(tenant)
        })
        .collect::<Result<_>>()?;
    let count = settings.extent.pick(10, 60);
    // The first decision loads the campaign.
    delays(&server, &victim, "warm", 1)?;
    let alone = delays(&server, &victim, "alone", count)?;
    let is_over = AtomicBool::new(false);
    let beside = thread::scope(|scope| {
        for (number, looper) in loopers.iter().enumerate() {
            let (server, is_over) = (server.client.authority(), &is_over);
            scope.spawn(move || keep_looping(server, looper, number, is_over));
        }
        thread::sleep(Duration::from_secs(1));
        let beside = delays(&server, &victim, "beside", count);
        is_over.store(true, Ordering::Relaxed);
        beside
    })?;
    let mut figures = Figure::quantiles("delay of a decision, alone", "ms", alone);
    figures.extend(Figure::quantiles("delay of a decision, beside six loops", "ms", beside));
    Ok(figures)
}

/// Sends a person's event, and waits until it is in the ledger; that often, each about another person, or
/// as often as there is time for. In milliseconds.
fn delays(server: &Server, tenant: &Tenant, name: &str, count: usize) -> Result<Vec<f64>> {
    let authority = server.client.authority();
    let (mut delays, whole) = (Vec::new(), Stopwatch::start());
    for number in 0..count {
        if whole.elapsed() > DELAYS_MAX {
            break;
        }
        let user = format!("{name}-{number}");
        let event = track(&user, "Product Added", &user);
        // A connection each: the server closes one that rests for as long as a delay may take.
        exchange(&mut TcpStream::connect(authority)?, &request(authority, &tenant.inlet, &[event]))?;
        let watch = Stopwatch::start();
        while !is_decided(server, tenant, &user)? && watch.elapsed() < DELAY_MAX {
            thread::sleep(LOOK_AGAIN);
        }
        delays.push(watch.elapsed().as_secs_f64() * 1e3);
        thread::sleep(VICTIM_BEAT);
    }
    Ok(delays)
}

fn is_decided(server: &Server, tenant: &Tenant, user: &str) -> Result<bool> {
    let page: Value = serde_json::from_str(&server.client.get(&format!("/v1/profiles/{user}/ledger"), &tenant.key)?)?;
    Ok(page["items"].as_array().is_some_and(|items| !items.is_empty()))
}

/// Sends events until it is over, or until the server takes no more of them.
fn keep_looping(authority: &str, looper: &Tenant, number: usize, is_over: &AtomicBool) {
    let Ok(mut connection) = TcpStream::connect(authority) else { return };
    for event in 0_u64.. {
        let user = format!("user-{event}");
        let event = track(&user, looper::TRIGGER, &format!("loop-{number}-{event}"));
        let is_taken = exchange(&mut connection, &request(authority, &looper.inlet, &[event])).is_ok();
        if !is_taken || is_over.load(Ordering::Relaxed) {
            return;
        }
        thread::sleep(LOOPER_BEAT);
    }
}
