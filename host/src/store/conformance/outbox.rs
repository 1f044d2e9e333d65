//! The outbox: found by moment and by id, always of one mind about both.

use super::{Case, Premises, acquire, at, shop};
use crate::domain::InstructionId;
use crate::store::{Commit, Line, OutboxRow, Partition};

pub(super) const CASES: &[(&str, Case)] = &[
    ("entries are due in order", entries_in_order),
    ("a moved entry is due only then", moved_entry),
    ("a dead entry is kept and never due", dead_entry),
    ("a settled entry is gone", settled_entry),
    ("an entry settled and put in one commit is there", settled_and_put),
    ("whose entry is due first comes first, and each line once", lines_in_order),
    ("an entry that takes another channel leaves its line", entry_changes_lines),
    ("the outbox survives a reopening", outbox_survives),
];

fn id(number: u8) -> InstructionId {
    InstructionId::from_digest([number; 32])
}

fn push() -> Line {
    (shop(), "push".to_owned())
}

fn row(number: u8, due_ms: Option<i64>) -> OutboxRow {
    let (tenant, channel) = push();
    OutboxRow { tenant, channel, id: id(number), due: due_ms.map(at), body: vec![number; 3] }
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
    assert_eq!(partition.outbox_due(&push(), at(99), 9).unwrap(), []);
    assert_eq!(partition.outbox_due(&push(), at(100), 9).unwrap(), std::slice::from_ref(&first));
    assert_eq!(partition.outbox_due(&push(), at(200), 2).unwrap(), [first.clone(), second.clone()]);
    assert_eq!(partition.outbox_due(&push(), at(i64::MAX), 9).unwrap(), [first.clone(), second.clone(), third.clone()]);
    assert_eq!(partition.outbox_next_due(at(100)).unwrap(), Some(at(200)));
    assert_eq!(partition.outbox_next_due(at(200)).unwrap(), None);
    assert_eq!(partition.outbox_entry(&shop(), &id(1)).unwrap(), Some(second));
}

fn moved_entry(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100)), row(1, Some(150))]);
    put(partition, &[OutboxRow { body: b"again".to_vec(), ..row(1, Some(200)) }]);
    assert_eq!(partition.outbox_due(&push(), at(199), 9).unwrap(), []);
    let due = partition.outbox_due(&push(), at(200), 9).unwrap();
    assert_eq!((due.len(), &due[0].body[..]), (1, &b"again"[..]));
}

fn dead_entry(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100))]);
    put(partition, &[row(1, None)]);
    assert_eq!(partition.outbox_next_due(at(0)).unwrap(), None);
    assert_eq!(partition.outbox_due(&push(), at(i64::MAX), 9).unwrap(), []);
    assert_eq!(partition.outbox_entry(&shop(), &id(1)).unwrap(), Some(row(1, None)));
    put(partition, &[row(1, Some(300))]);
    assert_eq!(partition.outbox_due(&push(), at(300), 9).unwrap(), [row(1, Some(300))]);
}

fn settled_entry(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100)), row(2, Some(100)), row(3, None)]);
    let outbox_settled = vec![(shop(), id(1)), (shop(), id(3)), (shop(), id(4))];
    partition.commit(Commit { outbox_settled, ..Commit::default() }).unwrap();
    assert_eq!(partition.outbox_due(&push(), at(100), 9).unwrap(), [row(2, Some(100))]);
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
    assert_eq!(partition.outbox_due(&push(), at(200), 9).unwrap(), [row(1, Some(200))]);
}

fn lines_in_order(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    let email = |number, due_ms| OutboxRow { channel: "email".to_owned(), ..row(number, due_ms) };
    put(partition, &[row(1, Some(300)), row(2, Some(200)), email(3, Some(100)), email(4, Some(400)), row(5, None)]);
    let email_line = (shop(), "email".to_owned());
    assert_eq!(partition.lines_due(at(99)).unwrap(), []);
    assert_eq!(partition.lines_due(at(100)).unwrap(), std::slice::from_ref(&email_line));
    assert_eq!(partition.lines_due(at(400)).unwrap(), [email_line.clone(), push()]);
    assert_eq!(partition.outbox_due(&email_line, at(400), 9).unwrap(), [email(3, Some(100)), email(4, Some(400))]);
    assert_eq!(partition.outbox_next_due(at(100)).unwrap(), Some(at(200)));
    assert_eq!(partition.outbox_next_due(at(250)).unwrap(), Some(at(300)), "although the line has something due");
    assert_eq!(partition.outbox_next_due(at(300)).unwrap(), Some(at(400)));
}

fn entry_changes_lines(premises: &Premises) {
    let store = (premises.open)();
    let partition = &mut *acquire(&*store).remove(0);
    put(partition, &[row(1, Some(100))]);
    let moved = OutboxRow { channel: "email".to_owned(), ..row(1, Some(100)) };
    put(partition, std::slice::from_ref(&moved));
    assert_eq!(partition.outbox_due(&push(), at(100), 9).unwrap(), []);
    let lines = partition.lines_due(at(100)).unwrap();
    assert_eq!(partition.outbox_due(&lines[0], at(100), 9).unwrap(), [moved]);
}

fn outbox_survives(premises: &Premises) {
    let store = (premises.open)();
    let mut partitions = acquire(&*store);
    put(&mut *partitions[0], &[row(1, Some(100)), row(2, None)]);
    partitions[0].sync().unwrap();
    drop((partitions, store));
    let store = (premises.open)();
    let partition = &acquire(&*store)[0];
    assert_eq!(partition.outbox_due(&push(), at(100), 9).unwrap(), [row(1, Some(100))]);
    assert_eq!(partition.outbox_entry(&shop(), &id(2)).unwrap(), Some(row(2, None)));
}
