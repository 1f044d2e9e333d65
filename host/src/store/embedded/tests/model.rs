//! Any sequence of calls does the same to the embedded store and to the store in memory, which is simple enough to be
//! believed: reopenings and kills among them. Positions differ; everything else is alike.

use std::time::Duration;

use proptest::prelude::*;
use proptest::sample::select;

use super::*;
use crate::domain::{CampaignName, Clock, Inbound, InstructionId, limits};
use crate::store::conformance::wait;
use crate::store::{Appended, Book, Memory, OutboxRow, Page, Row, RowKey, TimerKey, Trim};

/// One call, in words that mean the same to both stores.
#[derive(Debug, Clone)]
enum Step {
    Append(Vec<(u8, u8)>),
    /// Pulls so many and commits them together with some changes.
    Commit(usize, usize, Vec<Change>),
    Sync(usize),
    Wait(Duration),
    Reopen,
    Kill,
}

#[derive(Debug, Clone)]
enum Change {
    Profile(usize, Option<u8>),
    SetTimer(usize, i64, u8),
    UnsetTimer(usize, i64, u8),
    Put(u8, Option<i64>, u8),
    Settle(u8),
    AddRow(Book, i64, u8),
    RemoveRow(Book, i64, u8),
    Trim(Book, i64),
    /// Parks what was pulled.
    Park,
    /// Unparks so many.
    Unpark(usize),
}

fn change() -> impl Strategy<Value = Change> {
    let book = || select(vec![Book::Ledger, Book::Messages]);
    prop_oneof![
        (0..3_usize, prop::option::of(any::<u8>())).prop_map(|(person, body)| Change::Profile(person, body)),
        (0..3_usize, 0..4_i64, 0..2_u8).prop_map(|(person, due, name)| Change::SetTimer(person, due, name)),
        (0..3_usize, 0..4_i64, 0..2_u8).prop_map(|(person, due, name)| Change::UnsetTimer(person, due, name)),
        (0..4_u8, prop::option::of(0..4_i64), any::<u8>()).prop_map(|(id, due, body)| Change::Put(id, due, body)),
        (0..4_u8).prop_map(Change::Settle),
        (book(), 0..6_i64, 0..2_u8).prop_map(|(book, at, id)| Change::AddRow(book, at, id)),
        (book(), 0..6_i64, 0..2_u8).prop_map(|(book, at, id)| Change::RemoveRow(book, at, id)),
        (book(), 0..7_i64).prop_map(|(book, before)| Change::Trim(book, before)),
        Just(Change::Park),
        (0..3_usize).prop_map(Change::Unpark),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    let partition = || 0..usize::from(limits::EMBEDDED_PARTITIONS);
    prop_oneof![
        4 => prop::collection::vec((0..20_u8, 0..60_u8), 1..6).prop_map(Step::Append),
        6 => (partition(), 0..4_usize, prop::collection::vec(change(), 0..8))
            .prop_map(|(partition, max, changes)| Step::Commit(partition, max, changes)),
        2 => partition().prop_map(Step::Sync),
        1 => (0..100_u64).prop_map(|hours| Step::Wait(Duration::from_secs(hours * 3_600))),
        1 => Just(Step::Reopen),
        1 => Just(Step::Kill),
    ]
}

/// Both stores, and what they take for the time.
struct Both {
    clock: Arc<ManualClock>,
    dir: TempDir,
    embedded: Embedded,
    embedded_partitions: Vec<Box<dyn Partition>>,
    memory: Memory,
    memory_partitions: Vec<Box<dyn Partition>>,
}

impl Both {
    fn new() -> Self {
        let (clock, dir) = (clock(), TempDir::new().unwrap());
        let (embedded, memory) = (Embedded::open(dir.path(), clock.clone()).unwrap(), Memory::new(clock.clone()));
        let (embedded_partitions, memory_partitions) = (acquire(&embedded), acquire(&memory));
        Self { clock, dir, embedded, embedded_partitions, memory, memory_partitions }
    }

    fn take(&mut self, step: Step) {
        match step {
            Step::Append(elements) => self.append(&elements),
            Step::Commit(partition, max, changes) => self.commit(partition, max, &changes),
            Step::Sync(partition) => {
                self.embedded_partitions[partition].sync().unwrap();
                self.memory_partitions[partition].sync().unwrap();
            }
            Step::Wait(time) => self.clock.advance_to(self.clock.now().plus(time)),
            Step::Reopen => {
                // A clean end keeps everything, synced or not.
                for partition in &mut self.memory_partitions {
                    partition.sync().unwrap();
                }
                self.embedded_partitions.clear();
                self.replace(|dir| dir);
            }
            Step::Kill => {
                self.memory.crash();
                let image = killed(self.dir.path());
                self.embedded_partitions.clear();
                self.replace(|_| image);
            }
        }
    }

    fn replace(&mut self, dir: impl FnOnce(TempDir) -> TempDir) {
        let elsewhere = TempDir::new().unwrap();
        let aside = Embedded::open(elsewhere.path(), self.clock.clone()).unwrap();
        drop(std::mem::replace(&mut self.embedded, aside));
        self.dir = dir(std::mem::replace(&mut self.dir, elsewhere));
        self.embedded = Embedded::open(self.dir.path(), self.clock.clone()).unwrap();
        self.embedded_partitions = acquire(&self.embedded);
        self.memory_partitions = acquire(&self.memory);
    }

    fn append(&self, elements: &[(u8, u8)]) {
        let batch: Vec<Inbound> =
            elements.iter().map(|(user, message)| event(&format!("u{user}"), &format!("m{message}"))).collect();
        let answer: Vec<Appended> = wait(self.embedded.append(batch.clone())).unwrap();
        assert_eq!(answer, wait(self.memory.append(batch)).unwrap());
    }

    fn commit(&mut self, partition: usize, max: usize, changes: &[Change]) {
        let pulled = pull(self.embedded_partitions[partition].as_mut(), max).unwrap();
        let expected = pull(self.memory_partitions[partition].as_mut(), max).unwrap();
        let told = |pulled: &crate::store::Pulled| {
            pulled.entries.iter().map(|entry| (entry.arrived, entry.inbound.clone())).collect::<Vec<_>>()
        };
        assert_eq!(told(&pulled), told(&expected));
        let slots = self.embedded_partitions[partition].slots();
        let both = [(&mut self.embedded_partitions, pulled), (&mut self.memory_partitions, expected)];
        for (partitions, pulled) in both {
            let mut commit = commit_of(&slots, partition, pulled.upto, changes);
            park(partitions[partition].as_ref(), pulled, changes, &mut commit);
            partitions[partition].commit(commit).unwrap();
        }
    }

    fn check(&self) {
        for (one, other) in self.embedded_partitions.iter().zip(&self.memory_partitions) {
            for now in [at(0), at(2), at(9)] {
                assert_eq!(one.due(&shop(), now, 3).unwrap(), other.due(&shop(), now, 3).unwrap());
                assert_eq!(one.tenants_due(now).unwrap(), other.tenants_due(now).unwrap());
                let lines = one.lines_due(now).unwrap();
                assert_eq!(lines, other.lines_due(now).unwrap());
                for line in &lines {
                    assert_eq!(one.outbox_due(line, now, 3).unwrap(), other.outbox_due(line, now, 3).unwrap());
                }
                assert_eq!(one.outbox_next_due(now).unwrap(), other.outbox_next_due(now).unwrap());
            }
            assert_eq!(one.next_due().unwrap(), other.next_due().unwrap());
            assert_eq!(one.waiting().unwrap(), other.waiting().unwrap());
            let parked = |partition: &dyn Partition| {
                let entries = partition.parked(&shop(), 5).unwrap();
                entries.into_iter().map(|entry| (entry.arrived, entry.inbound)).collect::<Vec<_>>()
            };
            assert_eq!(parked(one.as_ref()), parked(other.as_ref()));
            for number in 0..3 {
                let person = person_in(&one.slots(), number);
                assert_eq!(one.load(&person).unwrap(), other.load(&person).unwrap());
            }
        }
        let (one, other) = (self.embedded.reports(), self.memory.reports());
        assert_eq!(one.profiles(&shop(), None, 5).unwrap(), other.profiles(&shop(), None, 5).unwrap());
        assert_eq!(one.outbox(&shop(), None, 5).unwrap(), other.outbox(&shop(), None, 5).unwrap());
        for book in [Book::Ledger, Book::Messages] {
            for after in [None, Some((2, "1".to_owned()))] {
                let page = Page { tenant: shop(), page: String::new(), after };
                assert_eq!(one.rows(book, &page, 5).unwrap(), other.rows(book, &page, 5).unwrap());
            }
        }
    }
}

/// Positions differ, so what is parked is found by its order.
fn park(partition: &dyn Partition, pulled: crate::store::Pulled, changes: &[Change], commit: &mut Commit) {
    for change in changes {
        match *change {
            Change::Park => commit.parked.clone_from(&pulled.entries),
            Change::Unpark(count) => {
                let entries = partition.parked(&shop(), count).unwrap();
                commit.unparked.extend(entries.into_iter().map(|entry| (entry.inbound.tenant, entry.position)));
            }
            _ => {}
        }
    }
}

/// Ids and rows carry the partition's number, as people's do in earnest: no two partitions have the same.
fn commit_of(slots: &std::ops::Range<u16>, partition: usize, upto: Position, changes: &[Change]) -> Commit {
    let mut commit = Commit { upto, ..Commit::default() };
    let timer = |person: usize, due: i64, name: u8| TimerKey {
        due: at(due),
        owner: person_in(slots, person),
        campaign: CampaignName::parse("c").unwrap(),
        name: name.to_string(),
    };
    let id = |id: u8| InstructionId::from_digest([id * 16 + partition as u8; 32]);
    let key = |at: i64, id: u8| RowKey { tenant: shop(), page: String::new(), at, id: format!("{id} {partition}") };
    for change in changes {
        match *change {
            Change::Profile(person, body) => {
                commit.profiles.push((person_in(slots, person), body.map(|body| vec![body])));
            }
            Change::SetTimer(person, due, name) => commit.timers_set.push(timer(person, due, name)),
            Change::UnsetTimer(person, due, name) => commit.timers_unset.push(timer(person, due, name)),
            Change::Put(number, due, body) => {
                let due = due.map(at);
                let channel = ["push", "email"][usize::from(body % 2)].to_owned();
                commit.outbox_put.push(OutboxRow { tenant: shop(), channel, id: id(number), due, body: vec![body] });
            }
            Change::Settle(number) => commit.outbox_settled.push((shop(), id(number))),
            Change::AddRow(book, at, id) => commit.rows_added.push((book, Row { key: key(at, id), body: vec![id] })),
            Change::RemoveRow(book, at, id) => commit.rows_removed.push((book, key(at, id))),
            Change::Trim(book, before) => {
                commit.trims.push(Trim { book, tenant: shop(), page: String::new(), before });
            }
            Change::Park | Change::Unpark(_) => {}
        }
    }
    commit
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, max_shrink_iters: 200, ..ProptestConfig::default() })]

    #[test]
    fn the_embedded_store_is_the_model_whatever_happens(steps in prop::collection::vec(step(), 1..40)) {
        let mut both = Both::new();
        for step in steps {
            both.take(step);
            both.check();
        }
    }
}
