//! How long messages are on their way to providers that answer: alone, and beside one more channel of each tenant whose provider takes
//! connections and never answers, or refuses them, with thousands of messages due for it. Then that one comes back, and what it is asked
//! at one time is counted.

use std::net::TcpStream;
use std::thread;
use std::time::Duration;

use anyhow::Result;
use rekindle::domain::Stopwatch;
use serde_json::json;
use tempfile::TempDir;
use tokio::runtime::{Builder, Runtime};

use crate::arguments::Settings;
use crate::figure::{Figure, Goal};
use crate::load::{Load, Shape, exchange, request, track};
use crate::provider::{Absent, Arrival, Provider};
use crate::server::{Server, Tenant, wait_until};

const TENANTS: [&str; 2] = ["shop", "bank"];
/// What has a message sent over each channel whose provider answers: the campaign's name, and its event's.
const WELL: &str = "well";
/// Those channels, of each tenant.
const CHANNELS: [&str; 3] = ["one", "two", "three"];
/// The same where the provider does not answer: it has one channel, of that name, too.
const ILL: &[&str] = &["ill"];
/// Between two events: each is of the other tenant.
const BEAT: Duration = Duration::from_millis(30);
/// How the p99 beside the ill one may compare with the p99 without.
const RATIO_MAX: f64 = 2.0;
/// How long the one that comes back takes for an answer, so that requests meet.
const ANSWERS_AFTER: Duration = Duration::from_millis(50);

/// A tenant, and its providers that answer.
struct Shop {
    tenant: Tenant,
    providers: Vec<Provider>,
}

/// Two tenants of a server, and where their providers live.
struct Town<'a> {
    settings: &'a Settings,
    server: Server,
    runtime: Runtime,
    shops: Vec<Shop>,
}

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let mut figures = beside_one_that_hangs(settings)?;
    figures.extend(beside_one_that_refuses(settings)?);
    Ok(figures)
}

fn beside_one_that_hangs(settings: &Settings) -> Result<Vec<Figure>> {
    let data = TempDir::new()?;
    let town = Town::found(settings, &data)?;
    let alone = town.delays("alone", settings.extent.pick(5, 30))?;
    let ill = town.fall_ill()?;
    let _hanging = ill.into_iter().map(|ill| ill.open(&town.runtime, None)).collect::<Result<Vec<_>>>()?;
    town.flood()?;
    let beside = town.delays("beside", settings.extent.pick(8, 45))?;
    Ok(compare("hangs", alone, beside))
}

fn beside_one_that_refuses(settings: &Settings) -> Result<Vec<Figure>> {
    let data = TempDir::new()?;
    let town = Town::found(settings, &data)?;
    let alone = town.delays("alone", settings.extent.pick(5, 30))?;
    let ill = town.fall_ill()?;
    town.flood()?;
    let beside = town.delays("beside", settings.extent.pick(8, 45))?;
    let mut figures = compare("refuses", alone, beside);
    let back = ill.into_iter().map(|ill| ill.open(&town.runtime, Some(ANSWERS_AFTER))).collect::<Result<Vec<_>>>()?;
    figures.extend(come_back(&back)?);
    Ok(figures)
}

impl<'a> Town<'a> {
    fn found(settings: &'a Settings, data: &TempDir) -> Result<Self> {
        let server = Server::start(&settings.program, data.path())?;
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let mut town = Self { settings, server, runtime, shops: Vec::new() };
        for name in TENANTS {
            let tenant = town.server.tenant(name)?;
            let absent = town.connect(&tenant, WELL, &CHANNELS)?;
            let open = |absent: Absent| absent.open(&town.runtime, Some(Duration::ZERO));
            let providers = absent.into_iter().map(open).collect::<Result<_>>()?;
            town.shops.push(Shop { tenant, providers });
        }
        // The first message of each tenant loads its campaign.
        town.delays("warm", 1)?;
        Ok(town)
    }

    /// Sets up channels, and a campaign that sends a message over each for every event of its name. Returns the providers to come.
    fn connect(&self, tenant: &Tenant, campaign: &str, channels: &[&str]) -> Result<Vec<Absent>> {
        let (mut providers, mut steps) = (Vec::new(), Vec::new());
        for channel in channels {
            let absent = Absent::new()?;
            let settings = json!({"provider": "webhook", "settings": {"url": absent.url()}});
            self.server.client.put(&format!("/v1/channels/{channel}"), &tenant.key, &settings)?;
            steps.push(json!({"message": channel, "to": [{"channel": channel, "body": "Your cart waits."}]}));
            providers.push(absent);
        }
        let journey = json!({"trigger": {"event": campaign}, "steps": steps});
        self.server.publish(tenant, campaign, &self.settings.component_of("journey")?, &journey)?;
        Ok(providers)
    }

    /// One more channel for each tenant.
    fn fall_ill(&self) -> Result<Vec<Absent>> {
        let ill = self.shops.iter().map(|shop| self.connect(&shop.tenant, ILL[0], ILL));
        Ok(ill.collect::<Result<Vec<_>>>()?.into_iter().flatten().collect())
    }

    /// Has thousands of messages due for the channels that are ill.
    fn flood(&self) -> Result<()> {
        let events = self.settings.extent.pick(500, 3_000);
        let authority = self.server.client.authority();
        let expected = self.server.causes()? + (events * self.shops.len()) as u64;
        for shop in &self.shops {
            let shape = Shape { events, batch: 100, people: events, round: 0, names: ILL };
            Load::of(shape, authority, &shop.tenant.inlet).send(authority)?;
        }
        self.server.wait_for_causes(expected)
    }

    /// From the promise to the provider, in milliseconds, of messages at a steady rate for so many seconds.
    fn delays(&self, name: &str, seconds: usize) -> Result<Vec<f64>> {
        let authority = self.server.client.authority();
        let mut connections =
            self.shops.iter().map(|_| TcpStream::connect(authority)).collect::<std::io::Result<Vec<_>>>()?;
        let (watch, mut sent) = (Stopwatch::start(), 0);
        while watch.elapsed() < Duration::from_secs(seconds as u64) {
            let (shop, id) = (sent % TENANTS.len(), format!("{name}-{sent}"));
            let event = request(authority, &self.shops[shop].tenant.inlet, &[track(&id, WELL, &id)]);
            exchange(&mut connections[shop], &event)?;
            sent += 1;
            thread::sleep(BEAT);
        }
        wait_until(|| Ok(self.providers().map(Provider::count).sum::<usize>() >= CHANNELS.len() * sent))?;
        let arrivals = self.providers().flat_map(Provider::take_arrivals);
        Ok(arrivals.map(|arrival| arrival.at.since(arrival.promised).as_secs_f64() * 1e3).collect())
    }

    fn providers(&self) -> impl Iterator<Item = &Provider> {
        self.shops.iter().flat_map(|shop| &shop.providers)
    }
}

fn compare(what: &str, alone: Vec<f64>, beside: Vec<f64>) -> Vec<Figure> {
    let alone = Figure::quantiles(&format!("delay before one {what}"), "ms", alone);
    let beside = Figure::quantiles(&format!("delay beside one that {what}"), "ms", beside);
    let p99 = |figures: &[Figure]| figures[1].median();
    let ratio = Figure::once(format!("beside one that {what}: p99, ratio"), "", p99(&beside) / p99(&alone));
    alone.into_iter().chain(beside).chain([ratio.with_goal(Goal::AtMost(RATIO_MAX))]).collect()
}

/// What providers are asked that come back to thousands of messages.
fn come_back(providers: &[Provider]) -> Result<Vec<Figure>> {
    let second = Duration::from_secs(1);
    wait_until(|| Ok(providers.iter().all(|provider| provider.count() > 0)))?;
    thread::sleep(second);
    let (mut counts, mut mosts) = (Vec::new(), Vec::new());
    for provider in providers {
        let arrivals = provider.take_arrivals();
        let first = arrivals.iter().map(|arrival| arrival.at).min().unwrap_or_default();
        let early: Vec<&Arrival> = arrivals.iter().filter(|arrival| arrival.at.since(first) < second).collect();
        counts.push(early.len() as f64);
        mosts.push(early.iter().map(|arrival| arrival.waiting).max().unwrap_or_default() as f64);
    }
    Ok(vec![
        Figure::of("one comes back: requests in the first second", "", counts),
        Figure::of("· most of them at one time", "", mosts),
    ])
}
