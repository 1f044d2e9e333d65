//! What every back end must do, as one suite that all of them run. A case gets premises of its own, on which a store can
//! be opened, dropped, and opened again.

mod books;
mod commits;
mod journal;
mod outbox;
mod parked;

use std::ops::Range;
use std::sync::Arc;
use std::thread;

use super::{Appended, Commit, Entry, Partition, Pulled, Store, StoreError};
use crate::domain::{
    Call, Event, Identities, Inbound, Json, ManualClock, MessageId, PersonFacts, ProfileId, ProfileKey, SourceId,
    Substance, TenantId, Timestamp,
};

/// Where a store stands.
pub(crate) struct Premises {
    /// What the store takes for the time. It starts at `NOON`.
    pub(crate) clock: Arc<ManualClock>,
    /// Opens the store, with everything that was kept.
    pub(crate) open: Box<dyn Fn() -> Box<dyn Store>>,
}

/// Noon of a day.
pub(crate) const NOON: i64 = 20_000 * DAY + DAY / 2;
const HOUR: i64 = 3_600 * 1_000;
const DAY: i64 = 24 * HOUR;

type Case = fn(&Premises);

const CASES: &[(&str, &[(&str, Case)])] = &[
    ("journal", journal::CASES),
    ("commits", commits::CASES),
    ("outbox", outbox::CASES),
    ("parked", parked::CASES),
    ("books", books::CASES),
];

/// Runs every case on premises of its own, all at one time: they wait for the disk, mostly. A thread that panics tells its
/// name, which is the case's.
pub(crate) fn check(make: impl Fn() -> Premises + Sync) {
    let make = &make;
    thread::scope(|scope| {
        for (subject, cases) in CASES {
            for (name, case) in *cases {
                let thread = thread::Builder::new().name(format!("{subject}: {name}"));
                thread.spawn_scoped(scope, move || case(&make())).unwrap();
            }
        }
    });
}

/// Waits for an append.
pub(crate) fn append(store: &dyn Store, batch: Vec<Inbound>) -> Vec<Appended> {
    wait(store.append(batch)).unwrap()
}

/// Waits for a future that needs no reactor.
pub(crate) fn wait<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(future)
}

/// Takes all partitions.
pub(crate) fn acquire(store: &dyn Store) -> Vec<Box<dyn Partition>> {
    let partitions = store.acquire(&[]).unwrap();
    assert_eq!(partitions.len(), store.partitions());
    partitions
}

/// A track event of a shop's customer.
pub(crate) fn event(user: &str, message: &str) -> Inbound {
    event_of("shop", user, message)
}

fn event_of(tenant: &str, user: &str, message: &str) -> Inbound {
    Inbound {
        tenant: TenantId::parse(tenant).unwrap(),
        source: SourceId::parse("web").unwrap(),
        substance: Substance::Event {
            profile: ProfileId::parse(user).unwrap(),
            event: Box::new(Event {
                id: MessageId::parse(message).unwrap(),
                call: Call::Track,
                name: "Product Added".to_owned(),
                at: at(NOON),
                identities: Identities { user_id: Some(user.to_owned()), ..Identities::default() },
                facts: PersonFacts::default(),
                engagement: None,
                test: false,
                body: Json::parse(&format!(r#"{{"messageId": "{message}"}}"#)).unwrap(),
            }),
        },
    }
}

pub(crate) fn at(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

pub(crate) fn shop() -> TenantId {
    TenantId::parse("shop").unwrap()
}

/// A customer who lives in these slots: a different one for each number.
pub(crate) fn person_in(slots: &Range<u16>, number: usize) -> ProfileKey {
    let person = |user| ProfileKey { tenant: shop(), profile: ProfileId::parse(&format!("u{user:06}")).unwrap() };
    (0..).map(person).filter(|person| slots.contains(&person.slot().0)).nth(number).unwrap()
}

/// The messages that a partition pulls, in order.
fn messages(entries: &[Entry]) -> Vec<&str> {
    entries.iter().map(|entry| entry.inbound.message_id().as_str()).collect()
}

/// Pulls from where the partition stands.
pub(crate) fn pull(partition: &mut dyn Partition, max: usize) -> Result<Pulled, StoreError> {
    partition.pull(partition.position(), max)
}

/// Commits with everything consumed that came in, and makes it durable.
fn consume(partition: &mut dyn Partition, commit: Commit) {
    let upto = pull(partition, usize::MAX).unwrap().upto;
    partition.commit(Commit { upto, ..commit }).unwrap();
    assert_eq!(partition.sync().unwrap(), upto);
}
