//! Emulators of providers' APIs: small servers on loopback that check what they are sent as strictly as the provider documents it, and
//! answer in its form. One file for each API; here stands what they have in common.
//!
//! What the provider would not take is a *fault* of ours: it is kept with its reason, and no test should end with one. What it was asked
//! rightly is *executed*, and kept with whether its answer went out: by that a judge tells a repetition that had to be from one that
//! should not be. Things go wrong by a seeded chance, or as a test says.

mod braze;
mod customer_io;
mod desk;
mod facebook;
mod fields;
mod mishap;
mod request;
mod tracking;

use std::sync::Arc;

use serde_json::Value;

use desk::Desk;

pub use braze::Braze;
pub use customer_io::CustomerIo;
pub use facebook::Facebook;
pub use mishap::{Chance, Mishap};
pub use request::{Fault, Reply, Request};
pub use tracking::Tracking;

/// One provider's API.
pub trait Api: Send + Sync + 'static {
    /// What the provider is asked to do, or why it does not do it.
    fn read(&self, request: &Request) -> Result<Vec<Order>, Fault>;

    /// Its answer once all of that is done, in the request of that number.
    fn success(&self, orders: &[Order], number: u64) -> Reply;

    /// Its answer to what it does not do.
    fn failure(&self, fault: &Fault) -> Reply;
}

/// Something that a provider is asked to do for somebody.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    /// For whom, by the id that the tenant gave them.
    pub person: String,
    /// What: the event's name, `add` or `remove`, the kind of message.
    pub what: String,
    /// Our own id of it, where that goes along.
    pub message: Option<String>,
    /// All that was said about it.
    pub said: Value,
}

/// Something that a provider did.
#[derive(Debug, Clone, PartialEq)]
pub struct Execution {
    /// What it was asked.
    pub order: Order,
    /// The request's number. Several may have come in one.
    pub number: u64,
    /// Whether the answer went out.
    pub is_answered: bool,
    /// In which life of the house it was asked.
    pub life: u32,
}

/// A provider on loopback.
pub struct Emulator {
    /// Where its API begins.
    pub url: String,
    desk: Arc<Desk>,
}

impl Emulator {
    /// Opens on a free port.
    pub async fn open(api: impl Api, chance: Chance) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port should be free");
        let url = format!("http://{}", listener.local_addr().expect("a listener should have an address"));
        let desk = Arc::new(Desk::new(api, chance));
        tokio::spawn(desk::serve(listener, Arc::clone(&desk)));
        Self { url, desk }
    }

    /// The next requests that are right end so, in order; after them, as chance has it.
    pub fn will(&self, mishaps: impl IntoIterator<Item = Mishap>) {
        self.desk.books().mishaps_to_come.extend(mishaps);
    }

    /// From now on all goes well.
    pub fn calm_down(&self) {
        self.desk.books().chance = Chance::never();
    }

    /// Another life of the house begins. What comes over a connection of the last one still is of that.
    pub fn next_life(&self) {
        self.desk.books().life += 1;
    }

    /// In which life the house is.
    pub fn life(&self) -> u32 {
        self.desk.books().life
    }

    /// How many requests came.
    pub fn requests(&self) -> u64 {
        self.desk.books().requests
    }

    /// Everything that it did, in order.
    pub fn executions(&self) -> Vec<Execution> {
        self.executions_from(0)
    }

    /// What it did after so many.
    pub fn executions_from(&self, count: usize) -> Vec<Execution> {
        self.desk.books().executions.get(count..).unwrap_or_default().to_vec()
    }

    /// What was wrong in our requests.
    pub fn faults(&self) -> Vec<String> {
        self.desk.books().faults.clone()
    }
}
