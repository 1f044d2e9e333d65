//! The outbox: found by moment and by id, always of one mind about both.

use super::{Case, Premises, acquire, at, shop};
use crate::domain::InstructionId;
use crate::store::{Commit, OutboxRow, Partition};

pub(super) const CASES: &[(&str, Case)] = &[
    ("entries are due in order", entries_in_order),
    ("a moved entry is due only then", moved_entry),
    ("a dead entry is kept and never due", dead_entry),
    ("a settled entry is gone", settled_entry),
    ("an entry settled and put in one commit is there", settled_and_put),
    ("the outbox survives a reopening", outbox_survives),
];

fn id(number: u8) -> InstructionId {
    InstructionId::from_digest([number; 32])
}

fn row(number: u8, due_ms: Option<i64>) -> OutboxRow {
    OutboxRow { tenant: shop(), id: id(number), due: due_ms.map(at), body: vec![number; 3] }
}

fn put(partition: &mut dyn Partition, rows: &[OutboxRow]) {
    partition.commit(Commit { outbox_put: rows.to_vec(), ..Commit::default() }).unwrap();
}

fn entries_in_order(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    assert_eq!(partition.outbox_next_due(at(0)).unwrap(), None);
    let [first, second, third] = [row(9, Some(100)), row(1, Some(200)), row(2, Some(200))];
    put(partition, &[third.clone(), first.clone(), second.clone()]);
    assert_eq!(partition.outbox_next_due(at(0)).unwrap(), Some(at(100)));
    assert_eq!(partition.outbox_due(at(99), None, 9).unwrap(), []);
    assert_eq!(partition.outbox_due(at(100), None, 9).unwrap(), std::slice::from_ref(&first));
    assert_eq!(partition.outbox_due(at(200), None, 2).unwrap(), [first.clone(), second.clone()]);
    assert_eq!(partition.outbox_due(at(i64::MAX), None, 9).unwrap(), [first.clone(), second.clone(), third.clone()]);
    assert_eq!(partition.outbox_due(at(200), Some(&first), 9).unwrap(), [second.clone(), third.clone()]);
    assert_eq!(partition.outbox_due(at(200), Some(&second), 9).unwrap(), std::slice::from_ref(&third));
    assert_eq!(partition.outbox_due(at(200), Some(&third), 9).unwrap(), []);
    assert_eq!(partition.outbox_due(at(100), Some(&third), 9).unwrap(), [], "the clock went back");
    assert_eq!(partition.outbox_next_due(at(100)).unwrap(), Some(at(200)));
    assert_eq!(partition.outbox_next_due(at(200)).unwrap(), None);
    assert_eq!(partition.outbox_entry(&shop(), &id(1)).unwrap(), Some(second));
}

fn moved_entry(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100)), row(1, Some(150))]);
    put(partition, &[OutboxRow { body: b"again".to_vec(), ..row(1, Some(200)) }]);
    assert_eq!(partition.outbox_due(at(199), None, 9).unwrap(), []);
    let due = partition.outbox_due(at(200), None, 9).unwrap();
    assert_eq!((due.len(), &due[0].body[..]), (1, &b"again"[..]));
}

fn dead_entry(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100))]);
    put(partition, &[row(1, None)]);
    assert_eq!(partition.outbox_next_due(at(0)).unwrap(), None);
    assert_eq!(partition.outbox_due(at(i64::MAX), None, 9).unwrap(), []);
    assert_eq!(partition.outbox_entry(&shop(), &id(1)).unwrap(), Some(row(1, None)));
    put(partition, &[row(1, Some(300))]);
    assert_eq!(partition.outbox_due(at(300), None, 9).unwrap(), [row(1, Some(300))]);
}

fn settled_entry(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100)), row(2, Some(100)), row(3, None)]);
    let outbox_settled = vec![(shop(), id(1)), (shop(), id(3)), (shop(), id(4))];
    partition.commit(Commit { outbox_settled, ..Commit::default() }).unwrap();
    assert_eq!(partition.outbox_due(at(100), None, 9).unwrap(), [row(2, Some(100))]);
    assert_eq!(partition.outbox_entry(&shop(), &id(1)).unwrap(), None);
    assert_eq!(partition.outbox_entry(&shop(), &id(3)).unwrap(), None);
}

fn settled_and_put(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100))]);
    let commit =
        Commit { outbox_settled: vec![(shop(), id(1))], outbox_put: vec![row(1, Some(200))], ..Commit::default() };
    partition.commit(commit).unwrap();
    assert_eq!(partition.outbox_due(at(200), None, 9).unwrap(), [row(1, Some(200))]);
}

fn outbox_survives(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    put(&mut *partitions[0], &[row(1, Some(100)), row(2, None)]);
    partitions[0].sync().unwrap();
    drop((partitions, store));
    let store = (premises.open)();
    let partition = &acquire(&*store)[0];
    assert_eq!(partition.outbox_due(at(100), None, 9).unwrap(), [row(1, Some(100))]);
    assert_eq!(partition.outbox_entry(&shop(), &id(2)).unwrap(), Some(row(2, None)));
}
