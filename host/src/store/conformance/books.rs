//! The books, and the looks from outside that merge what all partitions have.

use super::{Case, Premises, acquire, at, person_in, shop};
use crate::domain::{InstructionId, TenantId, limits};
use crate::store::{Book, Commit, OutboxRow, Page, Partition, Row, RowKey, Store, Trim};

pub(super) const CASES: &[(&str, Case)] = &[
    ("rows are in the order of their moments, then ids", rows_in_order),
    ("a page is read on from its last row", rows_page_by_page),
    ("books, tenants and pages have nothing to do with each other", pages_apart),
    ("a row is replaced and removed", rows_replaced_and_removed),
    ("a partition reads its own rows, a page or one of them", own_rows),
    ("who has rows in a book is named once", tenants_named),
    ("a partition lists a tenant's people who live there", own_people),
    ("old rows are trimmed, so many a commit", rows_trimmed),
    ("a row that is added too old is trimmed with the others", rows_added_then_trimmed),
    ("profiles are listed over all partitions, by id", profiles_listed),
    ("the outbox is listed over all partitions, by id", outbox_listed),
    ("an erased profile is in no list", erased_profile),
];

fn key(at: i64, id: &str) -> RowKey {
    RowKey { tenant: shop(), page: "u1".to_owned(), at, id: id.to_owned() }
}

fn row(at: i64, id: &str) -> (Book, Row) {
    (Book::Ledger, Row { key: key(at, id), body: format!("{at} {id}").into_bytes() })
}

fn add(partition: &mut dyn Partition, rows_added: Vec<(Book, Row)>) {
    partition.commit(Commit { rows_added, ..Commit::default() }).unwrap();
}

fn page(after: Option<(i64, &str)>) -> Page {
    Page { tenant: shop(), page: "u1".to_owned(), after: after.map(|(at, id)| (at, id.to_owned())) }
}

fn ledger(store: &dyn Store, after: Option<(i64, &str)>, max: usize) -> Vec<(i64, String)> {
    let rows = store.reports().rows(Book::Ledger, &page(after), max).unwrap();
    rows.into_iter().map(|row| (row.key.at, row.key.id)).collect()
}

fn named(rows: &[(i64, &str)]) -> Vec<(i64, String)> {
    rows.iter().map(|(at, id)| (*at, (*id).to_owned())).collect()
}

fn rows_in_order(premises: &Premises) {
    let store = (premises.open)();
    for (partition, rows) in acquire(&*store).iter_mut().zip([
        vec![row(300, "a"), row(-5, "z")],
        vec![row(100, "b"), row(100, ""), row(100, "ba")],
        vec![row(i64::MAX, "a"), row(i64::MIN, "a")],
    ]) {
        add(&mut **partition, rows);
    }
    let expected = [(i64::MIN, "a"), (-5, "z"), (100, ""), (100, "b"), (100, "ba"), (300, "a"), (i64::MAX, "a")];
    assert_eq!(ledger(&*store, None, 99), named(&expected));
    let first = &store.reports().rows(Book::Ledger, &page(None), 1).unwrap()[0];
    assert_eq!(*first, row(i64::MIN, "a").1);
}

fn rows_page_by_page(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    let count = partitions.len();
    for number in 0..10 {
        add(&mut *partitions[number % count], vec![row(number as i64 / 3, &format!("{number}"))]);
    }
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let rows = ledger(&*store, after.as_ref().map(|(at, id): &(i64, String)| (*at, id.as_str())), 3);
        let Some(last) = rows.last() else { break };
        after = Some(last.clone());
        found.extend(rows);
    }
    assert_eq!(found, ledger(&*store, None, 99));
    assert_eq!(found.len(), 10);
}

fn pages_apart(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    let other_tenant = RowKey { tenant: TenantId::parse("shop-2").unwrap(), ..key(1, "tenant") };
    let other_pages = ["", "u", "u1 ", "u10"].map(|page| RowKey { page: page.to_owned(), ..key(1, "page") });
    add(partition, vec![row(1, "mine")]);
    for other in [other_tenant].into_iter().chain(other_pages) {
        add(partition, vec![(Book::Ledger, Row { key: other, body: Vec::new() })]);
    }
    add(partition, vec![(Book::Messages, Row { key: key(1, "book"), body: Vec::new() })]);
    assert_eq!(ledger(&*store, None, 99), named(&[(1, "mine")]));
    let trim = Trim { book: Book::Ledger, tenant: shop(), page: "u1".to_owned(), before: i64::MAX };
    partition.commit(Commit { trims: vec![trim], ..Commit::default() }).unwrap();
    assert_eq!(ledger(&*store, None, 99), []);
    let empty_page = Page { page: String::new(), ..page(None) };
    assert_eq!(store.reports().rows(Book::Ledger, &empty_page, 99).unwrap().len(), 1);
    assert_eq!(store.reports().rows(Book::Messages, &page(None), 99).unwrap().len(), 1);
}

fn rows_replaced_and_removed(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    add(partition, vec![row(1, "a"), row(1, "b")]);
    let commit = Commit {
        rows_removed: vec![(Book::Ledger, key(1, "a")), (Book::Ledger, key(2, "a")), (Book::Ledger, key(1, "b"))],
        rows_added: vec![(Book::Ledger, Row { key: key(1, "b"), body: b"new".to_vec() })],
        ..Commit::default()
    };
    partition.commit(commit).unwrap();
    let rows = store.reports().rows(Book::Ledger, &page(None), 99).unwrap();
    assert_eq!(rows, [Row { key: key(1, "b"), body: b"new".to_vec() }]);
}

fn own_rows(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    add(&mut *partitions[0], vec![row(1, "a"), row(2, "a"), row(2, "b"), row(3, "a")]);
    add(&mut *partitions[1], vec![row(2, "c")]);
    let rows = |after, max| partitions[0].rows(Book::Ledger, &page(after), max).unwrap();
    assert_eq!(rows(None, 99), [row(1, "a").1, row(2, "a").1, row(2, "b").1, row(3, "a").1]);
    assert_eq!(rows(Some((2, "a")), 1), [row(2, "b").1]);
    let one = |partition: usize, book, key| partitions[partition].row(book, &key).unwrap();
    assert_eq!(one(0, Book::Ledger, key(2, "b")), Some(row(2, "b").1.body));
    assert_eq!(one(1, Book::Ledger, key(2, "b")), None, "it lives elsewhere");
    assert_eq!(one(0, Book::Interests, key(2, "b")), None);
    assert_eq!(store.reports().row(Book::Ledger, &key(2, "c")).unwrap(), Some(row(2, "c").1.body));
    assert_eq!(store.reports().row(Book::Ledger, &key(2, "d")).unwrap(), None);
}

fn tenants_named(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    let named = |partition: &dyn Partition, book| -> Vec<String> {
        partition.tenants_in(book).unwrap().iter().map(ToString::to_string).collect()
    };
    assert_eq!(named(&*partitions[0], Book::Sweeps), [""; 0]);
    for (book, tenant, pages) in [
        (Book::Swept, "before", vec!["x"]),
        (Book::Sweeps, "shop-2", vec!["", "b", "c"]),
        (Book::Sweeps, "shop", vec!["z", ""]),
        (Book::Schedules, "after", vec![""]),
    ] {
        let tenant = TenantId::parse(tenant).unwrap();
        let key = |page: &str| RowKey { tenant: tenant.clone(), page: page.to_owned(), ..key(1, "a") };
        let rows = pages.into_iter().map(|page| (book, Row { key: key(page), body: Vec::new() }));
        add(&mut *partitions[0], rows.collect());
    }
    assert_eq!(named(&*partitions[0], Book::Sweeps), ["shop", "shop-2"]);
    assert_eq!(named(&*partitions[0], Book::Interests), [""; 0]);
    assert_eq!(named(&*partitions[1], Book::Sweeps), [""; 0], "rows of other partitions are theirs");
}

fn own_people(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    let mut mine: Vec<_> = (0..5).map(|number| person_in(&partitions[0].slots(), number)).collect();
    for number in [0, 1] {
        let people = (0..5).map(|person| person_in(&partitions[number].slots(), person));
        let profiles = people.map(|person| (person, Some(b"x".to_vec()))).collect();
        partitions[number].commit(Commit { profiles, ..Commit::default() }).unwrap();
    }
    mine.sort();
    let mine: Vec<_> = mine.into_iter().map(|key| key.profile).collect();
    let people = |after, max| partitions[0].people(&shop(), after, max).unwrap();
    assert_eq!(people(None, 99), mine);
    assert_eq!(people(Some(&mine[1]), 2), mine[2..4]);
    assert_eq!(partitions[0].people(&TenantId::parse("sho").unwrap(), None, 9).unwrap(), []);
}

fn rows_trimmed(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    let count = limits::TRIM_ROWS_MAX as i64 + 10;
    add(partition, (0..count).map(|at| row(at, "a")).collect());
    let trim = |before| Trim { book: Book::Ledger, tenant: shop(), page: "u1".to_owned(), before };
    let mut commit = |trims| partition.commit(Commit { trims, ..Commit::default() }).unwrap();
    commit(vec![trim(5)]);
    assert_eq!(ledger(&*store, None, 1), named(&[(5, "a")]));
    commit(vec![trim(0), trim(count - 1), trim(count)]);
    assert_eq!(ledger(&*store, None, 1), named(&[(limits::TRIM_ROWS_MAX as i64 + 5, "a")]));
    commit(vec![trim(count - 1)]);
    assert_eq!(ledger(&*store, None, 9), named(&[(count - 1, "a")]));
}

fn rows_added_then_trimmed(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    let trim = Trim { book: Book::Ledger, tenant: shop(), page: "u1".to_owned(), before: 5 };
    let commit = Commit { rows_added: vec![row(4, "a"), row(5, "a")], trims: vec![trim], ..Commit::default() };
    partition.commit(commit).unwrap();
    assert_eq!(ledger(&*store, None, 9), named(&[(5, "a")]));
}

fn profiles_listed(premises: &Premises) {
    let store = (premises.open)();
    let mut expected = Vec::new();
    for partition in &mut acquire(&*store) {
        let people: Vec<_> = (0..5).map(|number| person_in(&partition.slots(), number)).collect();
        let body = |id: &str| id.as_bytes().to_vec();
        let profiles = people.iter().map(|person| (person.clone(), Some(body(person.profile.as_str()))));
        partition.commit(Commit { profiles: profiles.collect(), ..Commit::default() }).unwrap();
        expected.extend(people.into_iter().map(|person| (person.profile.clone(), body(person.profile.as_str()))));
    }
    expected.sort();
    let (mut found, mut after) = (Vec::new(), None);
    loop {
        let part = store.reports().profiles(&shop(), after.as_ref(), 3).unwrap();
        let Some((last, _)) = part.last() else { break };
        after = Some(last.clone());
        found.extend(part);
    }
    assert_eq!(found, expected);
    assert_eq!(store.reports().profiles(&TenantId::parse("sho").unwrap(), None, 9).unwrap(), []);
}

fn outbox_listed(premises: &Premises) {
    let store = (premises.open)();
    let id = |number: u8| InstructionId::from_digest([number; 32]);
    let rows: Vec<_> = (0..10)
        .map(|number| OutboxRow {
            channel: "push".to_owned(),
            tenant: shop(),
            id: id(number),
            due: (number % 2 == 0).then(|| at(i64::from(number))),
            body: vec![number],
        })
        .collect();
    let mut partitions = acquire(&*store);
    let count = partitions.len();
    for (number, row) in rows.iter().enumerate() {
        let commit = Commit { outbox_put: vec![row.clone()], ..Commit::default() };
        partitions[number % count].commit(commit).unwrap();
    }
    assert_eq!(store.reports().outbox(&shop(), None, 99).unwrap(), rows);
    assert_eq!(store.reports().outbox(&shop(), Some(&id(3)), 4).unwrap(), rows[4..8]);
    assert_eq!(store.reports().outbox(&TenantId::parse("other").unwrap(), None, 99).unwrap(), []);
}

fn erased_profile(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    let people = [0, 1].map(|number| person_in(&partition.slots(), number));
    let profiles = people.iter().map(|person| (person.clone(), Some(b"x".to_vec()))).collect();
    partition.commit(Commit { profiles, ..Commit::default() }).unwrap();
    let commit = Commit { profiles: vec![(people[0].clone(), None)], ..Commit::default() };
    partition.commit(commit).unwrap();
    let left = store.reports().profiles(&shop(), None, 9).unwrap();
    assert_eq!(left, [(people[1].profile.clone(), b"x".to_vec())]);
    assert_eq!(store.reports().profile(&people[0]).unwrap(), None);
}
