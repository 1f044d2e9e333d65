//! What is counted is what the rows of all ledgers count, and what rows counted that are there no more, whatever became of them.

use std::collections::BTreeMap;

use super::*;
use crate::ledger::LedgerRow;
use crate::reports::{self, Counted, Figures, Measure, Subject};

/// Figures by hour and subject.
pub(super) type Counters = BTreeMap<(i64, Subject), Figures>;

/// The counters of the campaign `test`, over all partitions; those that come to nothing are left out.
pub(super) fn of(store: &Memory) -> Counters {
    counted(store, |counted| counted.all)
}

fn sealed(store: &Memory) -> Counters {
    counted(store, |counted| counted.sealed)
}

fn counted(store: &Memory, part: impl Fn(Counted) -> Figures) -> Counters {
    let page = Page { tenant: shop(), page: "test".to_owned(), after: None };
    let rows = store.reports().rows(Book::Counters, &page, usize::MAX).unwrap();
    let part = |row: &Row| part(Counted::decode(&row.body).unwrap());
    summed(rows.iter().map(|row| (row.key.at, Subject::decode(&row.key.id).unwrap(), part(row))))
}

/// What the rows count that are in somebody's ledger.
pub(super) fn of_rows<'a>(store: &Memory, people: impl IntoIterator<Item = &'a ProfileId>) -> Counters {
    let rows = people.into_iter().flat_map(|person| {
        let page = Page { tenant: shop(), page: person.to_string(), after: None };
        store.reports().rows(Book::Ledger, &page, usize::MAX).unwrap()
    });
    summed(rows.flat_map(|row| reports::fold(&LedgerRow::decode(&row.body).unwrap())))
}

fn summed(figures: impl Iterator<Item = (i64, Subject, Figures)>) -> Counters {
    let mut counters = Counters::new();
    figures.for_each(|(hour, subject, figures)| *counters.entry((hour, subject)).or_default() += &figures);
    counters.retain(|_, figures| !figures.is_empty());
    counters
}

fn plus(mut one: Counters, other: &Counters) -> Counters {
    other.iter().for_each(|(key, figures)| *one.entry(key.clone()).or_default() += figures);
    one
}

/// All of it.
pub(super) fn sum(counters: &Counters) -> Figures {
    let mut sum = Figures::default();
    counters.values().for_each(|figures| sum += figures);
    sum
}

#[test]
fn rows_that_go_leave_what_they_counted() {
    let mut bench = Bench::new(vec![campaign("test", sends)]);
    bench.commit((0..600).map(|number| bench.event(number)).collect(), &[]);
    assert_eq!(sum(&of(&bench.store)).get(&Measure::Instructed), 600);
    let rows = of_rows(&bench.store, [&bench.person.profile]);
    assert_eq!(sum(&rows).get(&Measure::Instructed), i128::from(limits::LEDGER_ROWS_MAX));
    let before = of(&bench.store);
    assert_eq!(plus(rows, &sealed(&bench.store)), before);
    bench.commit(vec![bench.deletion()], &[]);
    assert_eq!((of(&bench.store), sealed(&bench.store)), (before.clone(), before));
}

/// One partition, and people in it.
struct Ward {
    store: Memory,
    worker: Worker,
    people: Vec<ProfileId>,
    clock: Arc<ManualClock>,
    events: usize,
    _runtime: Runtime,
}

impl Ward {
    fn new(people: usize) -> Self {
        let clock = Arc::new(ManualClock::new(at(NOON)));
        let (store, runtime) = (Memory::new(clock.clone()), Runtime::new().unwrap());
        let shared = shared(&store, clock.clone(), vec![campaign("test", sends)], &runtime);
        let partition = conformance::acquire(&store).remove(0);
        let people = (0..people).map(|number| person_in(&partition.slots(), number).profile).collect();
        let worker = Worker::new(partition, Arc::default(), shared, sync_channel(1).1);
        Self { store, worker, people, clock, events: 0, _runtime: runtime }
    }

    /// Something happens to so many people, from the first on.
    fn happens_to(&mut self, people: impl Iterator<Item = usize>) {
        let inbounds = people.map(|number| {
            self.events += 1;
            conformance::event(self.people[number].as_str(), &format!("m{}", self.events))
        });
        let inbounds = inbounds.collect();
        conformance::append(&self.store, inbounds);
    }

    fn turn(&mut self) -> bool {
        turn(&mut self.worker, self.clock.now())
    }

    fn settle(&mut self) {
        while self.turn() {}
    }

    fn begin_recount(&mut self) {
        self.worker.words.push(Word::Recount(shop(), sync_channel(1).0));
        self.turn();
    }

    fn recount(&self) -> RecountRow {
        recounts(self.store.reports().as_ref(), &shop()).unwrap().remove(0)
    }
}

#[test]
fn a_recount_while_things_happen_finds_what_was_counted() {
    let people = 2 * limits::RECOUNT_PEOPLE_MAX + 50;
    let mut ward = Ward::new(people);
    ward.happens_to(0..people);
    ward.settle();
    ward.begin_recount();
    let mut turns = 0;
    while ward.recount().is_open() {
        // To those whom it has passed, and to those whom it has not.
        ward.happens_to((0..people).step_by(7));
        ward.turn();
        turns += 1;
    }
    assert!(turns > 3, "it should take several turns: {turns}");
    let recount = ward.recount();
    assert_eq!((recount.differed, recount.compared), (0, 1));
    ward.settle();
    assert_eq!(of(&ward.store), of_rows(&ward.store, &ward.people));
}

#[test]
fn a_recount_puts_right_what_differs() {
    let mut ward = Ward::new(3);
    ward.happens_to(0..3);
    ward.settle();
    let right = of(&ward.store);
    let page = Page { tenant: shop(), page: "test".to_owned(), after: None };
    let Row { key, body } = ward.worker.partition.rows(Book::Counters, &page, 1).unwrap().remove(0);
    let mut wrong = Counted::decode(&body).unwrap();
    wrong.all.add(Measure::Sent, 7);
    let rows_added = vec![(Book::Counters, Row { key, body: wrong.encode() })];
    ward.worker.partition.commit(Commit { rows_added, ..Commit::default() }).unwrap();
    assert_ne!(of(&ward.store), right);
    ward.begin_recount();
    ward.settle();
    assert_eq!((ward.recount().differed, ward.recount().rows), (1, 3));
    assert_eq!(of(&ward.store), right);
    ward.begin_recount();
    ward.settle();
    assert_eq!((ward.recount().differed, ward.recount().number), (0, 2));
}

#[test]
fn counters_that_were_lost_are_found_again() {
    let mut ward = Ward::new(3);
    ward.happens_to(0..3);
    ward.settle();
    let right = of(&ward.store);
    let page = Page { tenant: shop(), page: "test".to_owned(), after: None };
    let rows = ward.worker.partition.rows(Book::Counters, &page, usize::MAX).unwrap();
    let rows_removed = rows.into_iter().map(|row| (Book::Counters, row.key)).collect();
    ward.worker.partition.commit(Commit { rows_removed, ..Commit::default() }).unwrap();
    ward.begin_recount();
    ward.settle();
    assert!(ward.recount().differed > 0);
    assert_eq!(of(&ward.store), right);
}
