//! What comes in: kept once, in order, for the partition that it belongs to.

use std::sync::Arc;
use std::time::Duration;

use super::{Case, DAY, HOUR, NOON, Premises, acquire, append, at, consume, event, event_of, messages, pull};
use crate::domain::{Hearer, Inbound, Json, MessageId, News, Position, Quarantined, Signal, SourceId, Substance, Told};
use crate::store::{Appended, Commit, Entry, Store, StoreError};

use Appended::{Duplicate, Fresh};

pub(super) const CASES: &[(&str, Case)] = &[
    ("what was appended is pulled, in order and whole", what_was_appended_is_pulled),
    ("a repetition within a batch is told and dropped", repetition_within_a_batch),
    ("a repetition in another batch is told and dropped", repetition_across_batches),
    ("a repetition after a reopening is told and dropped", repetition_after_reopening),
    ("ids of two tenants have nothing to do with each other", ids_are_per_tenant),
    ("an id is remembered for seven days, then forgotten", ids_are_forgotten),
    ("each entry is in the partition of its slot", each_entry_has_one_partition),
    ("what everybody is told is in every partition, once", told_to_everybody),
    ("a pull gives at most what was asked for, and goes on there", pull_in_parts),
    ("a pull changes nothing", pull_twice),
    ("a pull that found nothing finds what comes later", pull_before_append),
    ("arrivals never go back", arrivals_never_go_back),
    ("what could not be understood is kept, too", quarantined_is_kept),
    ("an append wakes who waits", appends_wake),
    ("an empty batch is nothing", empty_batch),
    ("the journal survives what no partition has synced", journal_survives),
    ("who took a partition away is its owner", owners_are_fenced),
];

/// All that is new to all partitions, by position.
fn pull_all(store: &dyn Store) -> Vec<Entry> {
    let mut entries: Vec<_> =
        acquire(store).iter_mut().flat_map(|partition| pull(partition.as_mut(), usize::MAX).unwrap().entries).collect();
    entries.sort_by_key(|entry| entry.position);
    entries
}

fn what_was_appended_is_pulled(premises: &Premises) {
    let store = (premises.open)();
    assert_eq!(pull_all(&*store), []);
    let batch = vec![event("u1", "m1"), event("u2", "m2"), event("u1", "m3")];
    assert_eq!(append(&*store, batch.clone()), [Fresh, Fresh, Fresh]);
    let entries = pull_all(&*store);
    assert!(entries.iter().all(|entry| entry.arrived == at(NOON) && entry.position < store.end()));
    assert_eq!(entries.into_iter().map(|entry| entry.inbound).collect::<Vec<_>>(), batch);
}

fn repetition_within_a_batch(premises: &Premises) {
    let store = (premises.open)();
    let batch = vec![event("u1", "m1"), event("u2", "m1"), event("u1", "m2")];
    assert_eq!(append(&*store, batch), [Fresh, Duplicate, Fresh]);
    assert_eq!(messages(&pull_all(&*store)), ["m1", "m2"]);
}

fn repetition_across_batches(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    let end = store.end();
    assert_eq!(append(&*store, vec![event("u1", "m1")]), [Duplicate]);
    assert_eq!(store.end(), end);
}

fn repetition_after_reopening(premises: &Premises) {
    append(&*(premises.open)(), vec![event("u1", "m1")]);
    let store = (premises.open)();
    assert_eq!(append(&*store, vec![event("u1", "m1"), event("u1", "m2")]), [Duplicate, Fresh]);
    assert_eq!(messages(&pull_all(&*store)), ["m1", "m2"]);
}

fn ids_are_per_tenant(premises: &Premises) {
    let store = (premises.open)();
    let batch = vec![event_of("shop", "u1", "m1"), event_of("other", "u1", "m1")];
    assert_eq!(append(&*store, batch), [Fresh, Fresh]);
}

fn ids_are_forgotten(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    premises.clock.advance_to(at(NOON + 7 * DAY));
    assert_eq!(append(&*store, vec![event("u1", "m1"), event("u1", "m2")]), [Duplicate, Fresh]);
    drop(store);
    let store = (premises.open)();
    assert_eq!(append(&*store, vec![event("u1", "m1"), event("u1", "m2")]), [Duplicate, Duplicate]);
    premises.clock.advance_to(at(NOON + 8 * DAY));
    assert_eq!(append(&*store, vec![event("u1", "m1"), event("u1", "m2")]), [Fresh, Duplicate]);
    drop(store);
    let store = (premises.open)();
    assert_eq!(append(&*store, vec![event("u1", "m1"), event("u1", "m2")]), [Duplicate, Duplicate]);
}

fn told_to_everybody(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    let id = MessageId::parse("told:1").unwrap();
    let told = Told { id, to: Hearer::Everybody, news: News::Noted(Json::parse("{}").unwrap()) };
    let inbound = Inbound { substance: Substance::Told(told), ..event("u1", "m1") };
    for _ in 0..2 {
        partitions[0].commit(Commit { told: vec![inbound.clone()], ..Commit::default() }).unwrap();
    }
    for partition in &mut partitions {
        let entries = pull(partition.as_mut(), usize::MAX).unwrap().entries;
        let [entry] = &entries[..] else { panic!("{entries:?}") };
        assert_eq!(entry.inbound, inbound);
    }
}

fn each_entry_has_one_partition(premises: &Premises) {
    let store = (premises.open)();
    let batch: Vec<_> = (0..100).map(|number| event(&format!("u{number}"), &format!("m{number}"))).collect();
    append(&*store, batch);
    let mut partitions = acquire(&*store);
    let slots: Vec<u16> = partitions.iter().flat_map(|partition| partition.slots()).collect();
    assert!(slots.into_iter().eq(0..crate::domain::limits::SLOTS), "each slot should be in exactly one partition");
    let mut count = 0;
    for partition in &mut partitions {
        let pulled = pull(partition.as_mut(), usize::MAX).unwrap();
        assert_eq!(pulled.upto, store.end());
        let belongs = |entry: &Entry| entry.inbound.slot().concerns(&partition.slots());
        assert!(pulled.entries.iter().all(belongs));
        assert!(pulled.entries.is_sorted_by_key(|entry| entry.position));
        count += pulled.entries.len();
    }
    assert_eq!(count, 100);
}

fn pull_in_parts(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, (0..5).map(|number| event("u1", &format!("m{number}"))).collect());
    let mut partitions = acquire(&*store);
    let slot = event("u1", "m").slot().0;
    let partition = partitions.iter_mut().find(|partition| partition.slots().contains(&slot)).unwrap();
    let mut found = Vec::new();
    for expected in [2, 2, 1, 0] {
        let pulled = pull(partition.as_mut(), 2).unwrap();
        assert_eq!(pulled.entries.len(), expected);
        found.extend(pulled.entries);
        partition.commit(Commit { upto: pulled.upto, ..Commit::default() }).unwrap();
        assert_eq!(partition.position(), pulled.upto);
    }
    assert_eq!(messages(&found), ["m0", "m1", "m2", "m3", "m4"]);
    assert_eq!(partition.position(), store.end());
    append(&*store, vec![event("u1", "m5")]);
    assert_eq!(messages(&pull(partition.as_mut(), 2).unwrap().entries), ["m5"]);
}

fn pull_twice(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    for partition in &mut acquire(&*store) {
        assert_eq!(pull(partition.as_mut(), 1).unwrap(), pull(partition.as_mut(), 1).unwrap());
        assert_eq!(partition.position(), Position::default());
    }
}

fn pull_before_append(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    for partition in &mut partitions {
        assert_eq!(pull(partition.as_mut(), 9).unwrap().entries, []);
    }
    for round in 0..3 {
        let message = format!("m{round}");
        append(&*store, vec![event("u1", &message)]);
        let pulled: Vec<_> = partitions.iter_mut().map(|partition| pull(partition.as_mut(), 9).unwrap()).collect();
        assert!(pulled.iter().all(|pulled| pulled.upto == store.end()));
        for (partition, pulled) in partitions.iter_mut().zip(&pulled) {
            partition.commit(Commit { upto: pulled.upto, ..Commit::default() }).unwrap();
            assert_eq!(pull(partition.as_mut(), 9).unwrap().entries, []);
        }
        let entries: Vec<_> = pulled.into_iter().flat_map(|pulled| pulled.entries).collect();
        assert_eq!(messages(&entries), [message]);
    }
}

fn arrivals_never_go_back(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    premises.clock.advance_to(at(NOON + HOUR));
    append(&*store, vec![event("u1", "m2")]);
    drop(store);
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m3")]);
    let arrived: Vec<_> = pull_all(&*store).iter().map(|entry| entry.arrived).collect();
    assert_eq!(arrived, [at(NOON), at(NOON + HOUR), at(NOON + HOUR)]);
}

fn quarantined_is_kept(premises: &Premises) {
    let store = (premises.open)();
    let mut inbound = event("u1", "m1");
    inbound.source = SourceId::parse("app").unwrap();
    inbound.substance = Substance::Quarantined(Quarantined {
        id: MessageId::parse("m1").unwrap(),
        reason: "no `type`".to_owned(),
        raw: "{\"\u{fffd}\": 1".to_owned(),
    });
    assert_eq!(append(&*store, vec![inbound.clone()]), [Fresh]);
    assert_eq!(pull_all(&*store)[0].inbound, inbound);
}

fn appends_wake(premises: &Premises) {
    let store = (premises.open)();
    let signals: Vec<_> = (0..store.partitions()).map(|_| Arc::new(Signal::default())).collect();
    let mut partitions = store.acquire(&signals).unwrap();
    append(&*store, vec![event("u1", "m1")]);
    for (partition, signal) in partitions.iter_mut().zip(&signals) {
        // It was raised before the append returned, or this would wait for ever.
        signal.wait(None);
        assert_eq!(pull(partition.as_mut(), 1).unwrap().upto, store.end());
        signal.wait(Some(Duration::ZERO));
    }
}

fn empty_batch(premises: &Premises) {
    let store = (premises.open)();
    let end = store.end();
    assert_eq!(append(&*store, Vec::new()), []);
    assert_eq!(store.end(), end);
}

fn journal_survives(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    let end = store.end();
    for partition in &mut acquire(&*store) {
        consume(&mut **partition, Commit::default());
    }
    append(&*store, vec![event("u1", "m2")]);
    for partition in &mut acquire(&*store) {
        let upto = pull(partition.as_mut(), usize::MAX).unwrap().upto;
        partition.commit(Commit { upto, ..Commit::default() }).unwrap();
    }
    drop(store);
    let store = (premises.open)();
    for partition in &mut acquire(&*store) {
        let position = partition.position();
        assert!(position == end || position == store.end());
        let pulled = pull(partition.as_mut(), usize::MAX).unwrap();
        let is_expected = |entry: &Entry| entry.inbound.message_id().as_str() == "m2";
        assert!(pulled.entries.iter().all(is_expected));
        assert_eq!(pulled.upto, store.end());
    }
}

fn owners_are_fenced(premises: &Premises) {
    let store = (premises.open)();
    let mut old = acquire(&*store);
    old[0].commit(Commit::default()).unwrap();
    let mut new = acquire(&*store);
    assert!(matches!(old[0].commit(Commit::default()), Err(StoreError::Fenced)));
    assert!(matches!(old[0].sync(), Err(StoreError::Fenced)));
    new[0].commit(Commit::default()).unwrap();
    new[0].sync().unwrap();
}
