//! Parked causes: passed over in one commit, decided upon in another, in order and never lost between.

use super::{Case, Premises, acquire, append, event_of, pull};
use crate::domain::{TenantId, Waiting};
use crate::store::{Commit, Entry, Partition, Pulled, Store};

pub(super) const CASES: &[(&str, Case)] = &[
    ("what is passed over is kept by whose it is, in order", parked_in_order),
    ("what was decided upon is parked no more", unparked),
    ("parked causes survive a reopening", parked_survive),
];

fn tenant(name: &str) -> TenantId {
    TenantId::parse(name).unwrap()
}

/// Three causes of one tenant and two of another, all passed over by the first partition that gets any of both.
fn passed_over(store: &dyn Store) -> (Box<dyn Partition>, Vec<Entry>) {
    for user in 0..64 {
        let of = |name: &str, number: usize| event_of(name, &format!("u{user}"), &format!("m{user}-{number}"));
        append(store, vec![of("a", 1), of("ab", 2), of("a", 3), of("ab", 4), of("a", 5)]);
    }
    let mut partition = acquire(store).remove(0);
    let Pulled { entries, upto, .. } = pull(partition.as_mut(), usize::MAX).unwrap();
    partition.commit(Commit { upto, parked: entries.clone(), ..Commit::default() }).unwrap();
    (partition, entries)
}

fn of<'a>(entries: &'a [Entry], name: &str) -> impl Iterator<Item = Entry> + use<'a> {
    let tenant = tenant(name);
    entries.iter().filter(move |entry| entry.inbound.tenant == tenant).cloned()
}

fn causes(partition: &dyn Partition) -> Vec<(TenantId, u64)> {
    let waiting = partition.waiting().unwrap();
    waiting.into_iter().map(|(tenant, Waiting { causes, .. })| (tenant, causes)).collect()
}

fn parked_in_order(premises: &Premises) {
    let store = (premises.open)();
    let (partition, entries) = passed_over(&*store);
    for name in ["a", "ab"] {
        assert_eq!(partition.parked(&tenant(name), usize::MAX).unwrap(), of(&entries, name).collect::<Vec<_>>());
        assert_eq!(partition.parked(&tenant(name), 2).unwrap(), of(&entries, name).take(2).collect::<Vec<_>>());
    }
    assert_eq!(partition.parked(&tenant("b"), 9).unwrap(), []);
    let expected = ["a", "ab"].map(|name| (tenant(name), of(&entries, name).count() as u64));
    assert_eq!(causes(partition.as_ref()), expected);
}

fn unparked(premises: &Premises) {
    let store = (premises.open)();
    let (mut partition, entries) = passed_over(&*store);
    let before = partition.waiting().unwrap();
    let first = of(&entries, "a").next().unwrap();
    let mut unpark = |entries: &mut dyn Iterator<Item = Entry>| {
        let unparked = entries.map(|entry| (entry.inbound.tenant.clone(), entry.position)).collect();
        partition.commit(Commit { unparked, ..Commit::default() }).unwrap();
        (partition.waiting().unwrap(), partition.parked(&tenant("a"), 1).unwrap())
    };
    let (waiting, _) = unpark(&mut std::iter::once(first.clone()));
    assert_eq!(waiting[0].1.causes, before[0].1.causes - 1);
    assert!(waiting[0].1.bytes < before[0].1.bytes);
    let (again, next) = unpark(&mut std::iter::once(first));
    assert_eq!((again, next), (waiting, of(&entries, "a").skip(1).take(1).collect()), "an unknown one is no error");
    assert_eq!(unpark(&mut of(&entries, "a")), (before[1..].to_vec(), vec![]));
}

fn parked_survive(premises: &Premises) {
    let store = (premises.open)();
    let (mut partition, entries) = passed_over(&*store);
    partition.sync().unwrap();
    let waiting = partition.waiting().unwrap();
    drop((partition, store));
    let store = (premises.open)();
    let partition = acquire(&*store).remove(0);
    assert_eq!(partition.parked(&tenant("a"), usize::MAX).unwrap(), of(&entries, "a").collect::<Vec<_>>());
    assert_eq!(partition.waiting().unwrap(), waiting);
}
