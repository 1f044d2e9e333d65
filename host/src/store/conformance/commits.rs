//! Commits: whole, in order, replacing what was there; profiles and timers.

use super::{Case, NOON, Premises, acquire, append, at, consume, event, messages, person_in, pull, shop};
use crate::domain::{CampaignName, Position, ProfileKey, TenantId};
use crate::store::{Commit, TimerKey};

pub(super) const CASES: &[(&str, Case)] = &[
    ("a commit is seen at once and kept", commit_is_kept),
    ("a profile is replaced and erased", profile_is_replaced_and_erased),
    ("the position never goes back", position_never_goes_back),
    ("a sync without a commit changes nothing", sync_without_commit),
    ("timers are due in order", timers_in_order),
    ("timers are cancelled by their key", timers_are_cancelled),
    ("a timer that is unset and set in one commit is set", timer_unset_and_set),
    ("whose timer is due first comes first, and each once", tenants_in_order),
    ("what is in a profile may be anything", any_bytes),
    ("what a commit tells is pulled by whom it concerns, once", told),
];

fn timer(owner: &ProfileKey, due_ms: i64, name: &str) -> TimerKey {
    TimerKey {
        due: at(due_ms),
        owner: owner.clone(),
        campaign: CampaignName::parse("three-lines").unwrap(),
        name: name.to_owned(),
    }
}

fn commit_is_kept(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    for partition in &mut acquire(&*store) {
        let person = person_in(&partition.slots(), 0);
        let timer = timer(&person, NOON, "push");
        let commit = Commit {
            profiles: vec![(person.clone(), Some(b"one".to_vec()))],
            timers_set: vec![timer.clone()],
            ..Commit::default()
        };
        consume(&mut **partition, commit);
        assert_eq!(partition.load(&person).unwrap(), Some(b"one".to_vec()));
        assert_eq!(partition.due(&shop(), at(NOON), 9).unwrap(), [timer]);
    }
    let end = store.end();
    drop(store);
    let store = (premises.open)();
    for partition in &acquire(&*store) {
        let person = person_in(&partition.slots(), 0);
        assert_eq!(partition.position(), end);
        assert_eq!(partition.load(&person).unwrap(), Some(b"one".to_vec()));
        assert_eq!(partition.due(&shop(), at(NOON), 9).unwrap(), [timer(&person, NOON, "push")]);
    }
}

fn profile_is_replaced_and_erased(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    let (one, other) = (person_in(&partition.slots(), 0), person_in(&partition.slots(), 1));
    let mut commit = |profiles| partition.commit(Commit { profiles, ..Commit::default() }).unwrap();
    commit(vec![(one.clone(), Some(b"1".to_vec())), (other.clone(), Some(b"1".to_vec()))]);
    commit(vec![(one.clone(), Some(b"2".to_vec())), (other.clone(), Some(b"2".to_vec())), (other.clone(), None)]);
    commit(vec![(other.clone(), None)]);
    assert_eq!(partition.load(&one).unwrap(), Some(b"2".to_vec()));
    assert_eq!(partition.load(&other).unwrap(), None);
    assert_eq!(store.reports().profile(&other).unwrap(), None);
}

fn position_never_goes_back(premises: &Premises) {
    let store = (premises.open)();
    append(&*store, vec![event("u1", "m1")]);
    let partition = &mut acquire(&*store)[0];
    partition.commit(Commit { upto: store.end(), ..Commit::default() }).unwrap();
    partition.commit(Commit { upto: Position::default(), ..Commit::default() }).unwrap();
    assert_eq!(partition.position(), store.end());
    assert_eq!(partition.sync().unwrap(), store.end());
}

fn sync_without_commit(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    assert_eq!(partition.sync().unwrap(), Position::default());
    assert_eq!(partition.sync().unwrap(), Position::default());
}

fn timers_in_order(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    let (one, other) = (person_in(&partition.slots(), 0), person_in(&partition.slots(), 1));
    assert_eq!(partition.next_due().unwrap(), None);
    let timers_set = vec![timer(&one, 300, "c"), timer(&other, 100, "a"), timer(&one, 100, "b"), timer(&one, 200, "d")];
    partition.commit(Commit { timers_set, ..Commit::default() }).unwrap();
    assert_eq!(partition.next_due().unwrap(), Some(at(100)));
    let due = |now, max| {
        let due = partition.due(&shop(), at(now), max).unwrap();
        due.into_iter().map(|timer| (timer.due.as_millis(), timer.name)).collect::<Vec<_>>()
    };
    let expected = [(100, "b"), (100, "a"), (200, "d"), (300, "c")].map(|(due, name)| (due, name.to_owned()));
    assert_eq!(due(99, 9), []);
    assert_eq!(due(100, 9), expected[..2]);
    assert_eq!(due(299, 9), expected[..3]);
    assert_eq!(due(i64::MAX, 9), expected);
    assert_eq!(due(300, 1), expected[..1]);
}

fn timers_are_cancelled(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    let person = person_in(&partition.slots(), 0);
    let timers: Vec<_> = ["a", "a\0b", "ab", ""].map(|name| timer(&person, 100, name)).to_vec();
    partition.commit(Commit { timers_set: timers.clone(), ..Commit::default() }).unwrap();
    let timers_unset = vec![timers[0].clone(), timer(&person, 101, "ab")];
    partition.commit(Commit { timers_unset, ..Commit::default() }).unwrap();
    let left = partition.due(&shop(), at(100), 9).unwrap();
    assert_eq!(left, [timers[3].clone(), timers[1].clone(), timers[2].clone()]);
    partition.commit(Commit { timers_unset: left, ..Commit::default() }).unwrap();
    assert_eq!(partition.next_due().unwrap(), None);
}

fn timer_unset_and_set(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    let timer = timer(&person_in(&partition.slots(), 0), 100, "a");
    let commit = Commit {
        timers_unset: vec![timer.clone()],
        timers_set: vec![timer.clone(), timer.clone()],
        ..Commit::default()
    };
    partition.commit(commit).unwrap();
    assert_eq!(partition.due(&shop(), at(100), 9).unwrap(), [timer]);
}

fn tenants_in_order(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    let person = person_in(&partition.slots(), 0);
    let tenant = |name: &str| TenantId::parse(name).unwrap();
    let of = |name: &str, due_ms, timer_name: &str| {
        let owner = ProfileKey { tenant: tenant(name), ..person.clone() };
        timer(&owner, due_ms, timer_name)
    };
    let timers_set =
        vec![of("a", 300, "x"), of("b", 100, "x"), of("b", 200, "x"), of("ab", 200, "x"), of("a", 900, "y")];
    partition.commit(Commit { timers_set, ..Commit::default() }).unwrap();
    assert_eq!(partition.tenants_due(at(99)).unwrap(), []);
    assert_eq!(partition.tenants_due(at(200)).unwrap(), ["b", "ab"].map(tenant));
    assert_eq!(partition.tenants_due(at(300)).unwrap(), ["b", "ab", "a"].map(tenant));
    assert_eq!(partition.due(&tenant("b"), at(900), 9).unwrap(), [of("b", 100, "x"), of("b", 200, "x")]);
    let timers_unset = vec![of("b", 100, "x"), of("ab", 200, "x")];
    partition.commit(Commit { timers_unset, timers_set: vec![of("a", 50, "z")], ..Commit::default() }).unwrap();
    assert_eq!(partition.tenants_due(at(300)).unwrap(), ["a", "b"].map(tenant));
    assert_eq!(partition.next_due().unwrap(), Some(at(50)));
}

fn any_bytes(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut acquire(&*store)[0];
    let bodies = [Vec::new(), vec![0; 3], vec![255; 70_000]];
    let profiles =
        bodies.iter().enumerate().map(|(number, body)| (person_in(&partition.slots(), number), Some(body.clone())));
    let commit = Commit { profiles: profiles.collect(), ..Commit::default() };
    partition.commit(commit).unwrap();
    for (number, body) in bodies.into_iter().enumerate() {
        assert_eq!(partition.load(&person_in(&partition.slots(), number)).unwrap(), Some(body));
    }
}

fn told(premises: &Premises) {
    let store = (premises.open)();
    let partitions = &mut acquire(&*store);
    let other = person_in(&partitions[1].slots(), 0);
    for _ in 0..2 {
        let told = vec![event(other.profile.as_str(), "told")];
        partitions[0].commit(Commit { told, ..Commit::default() }).unwrap();
    }
    assert_eq!(pull(&mut *partitions[0], 9).unwrap().entries, []);
    assert_eq!(messages(&pull(&mut *partitions[1], 9).unwrap().entries), ["told"]);
}
