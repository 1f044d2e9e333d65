//! The senders: each sends one person's events after the other, in order, each until it is acknowledged, and remembers who they were.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use anyhow::Result;
use fastrand::Rng;
use rekindle::domain::{Clock, SystemClock};
use rekindle_tests::{added, track};
use serde_json::{Value, json};

use crate::house::{House, Tenant};

/// Senders of each tenant.
const SENDERS: u32 = 4;
/// Events of one person; their ledger holds all of it.
const EVENTS_MAX: u64 = 12;

/// What one person did, all of it acknowledged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Deed {
    /// So many counted events.
    Counted(u64),
    /// Put something into the cart.
    LeftCart,
    /// Did one counted event on a device, and said then who they are.
    Identified,
    /// Did something, and was erased.
    Erased,
}

/// A person and what they did.
#[derive(Debug, Clone)]
pub(crate) struct Person {
    pub(crate) tenant: usize,
    pub(crate) id: String,
    pub(crate) deed: Deed,
}

/// Senders at work.
pub(crate) struct Load {
    stopping: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
    senders: Vec<tokio::task::JoinHandle<Result<Vec<Person>>>>,
}

impl Load {
    pub(crate) fn begin(house: &House, tenants: &[Tenant], rng: &mut Rng) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let acknowledged = Arc::new(AtomicU64::new(0));
        let mut senders = Vec::new();
        for (number, tenant) in tenants.iter().enumerate() {
            for lane in 0..SENDERS {
                let sender = Sender {
                    house: house.clone(),
                    tenant: tenant.clone(),
                    number,
                    lane,
                    rng: rng.fork(),
                    stopping: Arc::clone(&stopping),
                    acknowledged: Arc::clone(&acknowledged),
                };
                senders.push(tokio::spawn(sender.run()));
            }
        }
        Self { stopping, acknowledged, senders }
    }

    /// Events that were acknowledged so far.
    pub(crate) fn acknowledged(&self) -> u64 {
        self.acknowledged.load(Ordering::SeqCst)
    }

    /// Ends when all that was begun is acknowledged. Returns everybody.
    pub(crate) async fn end(self) -> Result<Vec<Person>> {
        self.stopping.store(true, Ordering::SeqCst);
        let mut people = Vec::new();
        for sender in self.senders {
            people.extend(sender.await??);
        }
        Ok(people)
    }
}

struct Sender {
    house: House,
    tenant: Tenant,
    number: usize,
    lane: u32,
    rng: Rng,
    stopping: Arc<AtomicBool>,
    acknowledged: Arc<AtomicU64>,
}

impl Sender {
    async fn run(mut self) -> Result<Vec<Person>> {
        let mut people = Vec::new();
        while !self.stopping.load(Ordering::SeqCst) {
            let id = format!("{}-{}", self.lane, people.len());
            let deed = match self.rng.u8(0..8) {
                0 if self.number == 0 => self.leave_cart(&id).await?,
                1 => self.be_erased(&id).await?,
                2 => self.be_identified(&id).await?,
                _ => self.be_counted(&id).await?,
            };
            people.push(Person { tenant: self.number, id, deed });
        }
        Ok(people)
    }

    async fn be_counted(&mut self, id: &str) -> Result<Deed> {
        let count = self.rng.u64(1..=EVENTS_MAX);
        let mut next = 1;
        while next <= count {
            let last = count.min(next + self.rng.u64(0..4));
            let events: Vec<Value> = (next..=last).map(|number| counted(id, number)).collect();
            self.deliver(&events).await?;
            next = last + 1;
        }
        Ok(Deed::Counted(count))
    }

    async fn leave_cart(&mut self, id: &str) -> Result<Deed> {
        self.deliver(&[added(id, SystemClock.now(), "mug", 12.5)]).await?;
        Ok(Deed::LeftCart)
    }

    /// The device has the person's own name as its id: so whatever is said about either is about this person.
    async fn be_identified(&mut self, id: &str) -> Result<Deed> {
        let mut event = counted(id, 1);
        event["anonymousId"] = event["userId"].take();
        self.deliver(&[event]).await?;
        let identify =
            json!({"type": "identify", "userId": id, "anonymousId": id, "messageId": format!("{id}/identify")});
        self.deliver(&[identify]).await?;
        Ok(Deed::Identified)
    }

    async fn be_erased(&mut self, id: &str) -> Result<Deed> {
        self.deliver(&[counted(id, 1)]).await?;
        let delete = json!({"type": "delete", "userId": id, "messageId": format!("{id}/delete")});
        self.deliver(&[delete]).await?;
        Ok(Deed::Erased)
    }

    async fn deliver(&mut self, events: &[Value]) -> Result<()> {
        self.house.deliver(&self.tenant, events).await?;
        self.acknowledged.fetch_add(events.len() as u64, Ordering::SeqCst);
        tokio::time::sleep(Duration::from_millis(self.rng.u64(10..60))).await;
        Ok(())
    }
}

fn counted(id: &str, number: u64) -> Value {
    let mut event = track(id, SystemClock.now(), "Counted", json!({"number": number}));
    event["messageId"] = format!("{id}/{number}").into();
    event
}
