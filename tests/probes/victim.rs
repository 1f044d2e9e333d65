//! Another tenant, with a real campaign, who must not notice anything: people come and go at a steady pace all the time, and
//! after each probe somebody fills a cart and must be reminded of it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use rekindle::domain::Stopwatch;
use rekindle_tests::{added, component_path, ordered, text};
use serde_json::json;
use tokio::task::JoinSet;

use crate::arena::{Arena, Tenant, now};

const CAMPAIGN: &str = "three-lines";
/// The time between two people.
const PACE: Duration = Duration::from_millis(50);
/// For how long reminders may keep somebody waiting.
const PATIENCE: Duration = Duration::from_secs(60);

/// The tenant.
pub(crate) struct Victim {
    tenant: Tenant,
    /// Who filled a cart, and with what.
    carts: Vec<(String, String)>,
    passers: Arc<AtomicUsize>,
}

impl Victim {
    pub(crate) async fn open(arena: &Arena) -> Self {
        let tenant = arena.tenant("victim").await;
        let module = std::fs::read(component_path(CAMPAIGN)).unwrap();
        tenant.publish(CAMPAIGN, module, json!({"wait": "1s"})).await.unwrap();
        Self { tenant, carts: Vec::new(), passers: Arc::default() }
    }

    /// Somebody fills a cart: the campaign must set its timer.
    pub(crate) async fn fill_a_cart(&mut self, what: &str) {
        let person = format!("after-{what}");
        self.tenant.deliver(&[added(&person, now(), what, 12.5)]).await;
        let row = self.tenant.row(CAMPAIGN, &person, 1).await;
        assert_eq!(row["what"], "decided", "{row}");
        assert_eq!(row["timers_set"].as_array().unwrap().len(), 1, "{row}");
        self.carts.push((person, what.to_owned()));
    }

    /// Whoever filled a cart was reminded of it, once and rightly.
    pub(crate) async fn all_were_reminded(&self) {
        let patience = Stopwatch::start();
        let mut messages = Vec::new();
        while messages.len() < self.carts.len() && patience.elapsed() < PATIENCE {
            tokio::time::sleep(PACE).await;
            messages = self.tenant.list_all("/v1/messages").await;
        }
        let mut reminded: Vec<_> = messages.iter().map(|message| text(message, "profile")).collect();
        let mut expected: Vec<_> = self.carts.iter().map(|(person, _)| person.clone()).collect();
        reminded.sort();
        expected.sort();
        assert_eq!(reminded, expected);
        for (person, what) in &self.carts {
            let message = messages.iter().find(|message| message["profile"] == person.as_str()).unwrap();
            assert!(message["step"] == "push" && message["content"].to_string().contains(what), "{message}");
        }
        assert!(self.tenant.list("/v1/failures").await.is_empty());
    }

    /// People come by until that is stopped.
    pub(crate) fn begin(&self) -> Stream {
        let (tenant, passers) = (self.tenant.clone(), Arc::clone(&self.passers));
        let stopped = Arc::new(AtomicBool::new(false));
        let until = Arc::clone(&stopped);
        let task = tokio::spawn(async move {
            let mut under_way = JoinSet::new();
            let mut pace = tokio::time::interval(PACE);
            while !until.load(Ordering::Relaxed) {
                pace.tick().await;
                let number = passers.fetch_add(1, Ordering::Relaxed);
                under_way.spawn(pass(tenant.clone(), format!("passer-{number}")));
            }
            Latencies::new(under_way.join_all().await)
        });
        Stream { stopped, task }
    }
}

/// Somebody places an order. The time from the event's departure until its decision is in the ledger.
async fn pass(tenant: Tenant, person: String) -> Duration {
    let event = ordered(&person, now());
    let time = Stopwatch::start();
    tenant.deliver(&[event]).await;
    let row = tenant.row(CAMPAIGN, &person, 1).await;
    assert_eq!(row["what"], "decided", "{row}");
    time.elapsed()
}

/// People who come by.
pub(crate) struct Stream {
    stopped: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Latencies>,
}

impl Stream {
    /// Nobody comes any more; how long each had to wait.
    pub(crate) async fn stop(self) -> Latencies {
        self.stopped.store(true, Ordering::Relaxed);
        self.task.await.unwrap()
    }
}

/// How long people had to wait, the shortest first.
#[derive(Debug, Clone, Default)]
pub(crate) struct Latencies(Vec<Duration>);

impl Latencies {
    fn new(mut latencies: Vec<Duration>) -> Self {
        latencies.sort();
        Self(latencies)
    }

    /// All of these together.
    pub(crate) fn together<'a>(parts: impl Iterator<Item = &'a Self>) -> Self {
        Self::new(parts.flat_map(|part| &part.0).copied().collect())
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    /// What so many of a hundred did not exceed, in milliseconds; none when nobody came by.
    pub(crate) fn percentile_ms(&self, percent: usize) -> Option<f64> {
        let place = (self.0.len() * percent).div_ceil(100).saturating_sub(1);
        self.0.get(place).map(|latency| latency.as_secs_f64() * 1_000.0)
    }
}
