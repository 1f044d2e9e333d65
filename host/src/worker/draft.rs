//! A commit in the making. Of every timer, outbox entry and row, the last word counts: causes of one batch may undo what others of it
//! did, and what one asks for the next one finds.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::domain::{InstructionId, Position, ProfileKey, TenantId, Timestamp, limits};
use crate::outbox::Entry as Promised;
use crate::store::{Book, Commit, OutboxRow, Page, Row, RowKey, TimerKey, Trim};

type EntryKey = (TenantId, InstructionId);

/// What is to change; none or false where something is to go.
#[derive(Default)]
pub(super) struct Draft {
    timers: BTreeMap<TimerKey, bool>,
    outbox: BTreeMap<EntryKey, Option<OutboxRow>>,
    rows: BTreeMap<(Book, RowKey), Option<Vec<u8>>>,
}

impl Draft {
    pub(super) fn set(&mut self, timer: TimerKey) {
        self.timers.insert(timer, true);
    }

    pub(super) fn unset(&mut self, timer: TimerKey) {
        self.timers.insert(timer, false);
    }

    /// An entry is in the outbox, to be tried when it is due; a dead letter never is.
    pub(super) fn put(&mut self, entry: &Promised, due: Option<Timestamp>) {
        let (tenant, channel, id) = (entry.tenant.clone(), entry.channel.clone(), entry.id.clone());
        let row = OutboxRow { tenant, channel, id, due, body: entry.encode() };
        self.outbox.insert((row.tenant.clone(), row.id.clone()), Some(row));
    }

    pub(super) fn settle(&mut self, tenant: &TenantId, id: &InstructionId) {
        self.outbox.insert((tenant.clone(), id.clone()), None);
    }

    /// What was said of an entry of the outbox; none where nothing was.
    pub(super) fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Option<Option<&OutboxRow>> {
        self.outbox.get(&(tenant.clone(), id.clone())).map(Option::as_ref)
    }

    pub(super) fn add(&mut self, book: Book, row: Row) {
        self.rows.insert((book, row.key), Some(row.body));
    }

    pub(super) fn remove(&mut self, book: Book, key: RowKey) {
        self.rows.insert((book, key), None);
    }

    /// What was said of a row; none where nothing was.
    pub(super) fn row(&self, book: Book, key: &RowKey) -> Option<Option<&Vec<u8>>> {
        self.rows.get(&(book, key.clone())).map(Option::as_ref)
    }

    /// A page as it will be, of the rows that are kept.
    pub(super) fn page(&self, book: Book, page: &Page, kept: Vec<Row>) -> Vec<Row> {
        let mut rows: BTreeMap<RowKey, Vec<u8>> = kept.into_iter().map(|row| (row.key, row.body)).collect();
        let of_page = |key: &RowKey| (&key.tenant, &key.page) == (&page.tenant, &page.page);
        for ((_, key), body) in self.rows.iter().filter(|((drafted, key), _)| *drafted == book && of_page(key)) {
            match body {
                Some(body) => drop(rows.insert(key.clone(), body.clone())),
                None => drop(rows.remove(key)),
            }
        }
        rows.into_iter().map(|(key, body)| Row { key, body }).collect()
    }

    /// Takes back what was to be added.
    pub(super) fn withdraw(
        &mut self,
        is_entry: impl Fn(&OutboxRow) -> bool,
        is_row: impl Fn(Book, &RowKey, &[u8]) -> bool,
    ) {
        for row in self.outbox.values_mut() {
            *row = row.take().filter(|row| !is_entry(row));
        }
        for ((book, key), body) in &mut self.rows {
            *body = body.take().filter(|body| !is_row(*book, key, body));
        }
    }

    /// The commit: causes up to `upto` are consumed, and pages that grow lose rows that are too old at `now`.
    pub(super) fn into_commit(
        self,
        upto: Position,
        profiles: Vec<(ProfileKey, Option<Vec<u8>>)>,
        now: Timestamp,
    ) -> Commit {
        let trims = self.trims(now);
        let mut commit = Commit { upto, profiles, trims, ..Commit::default() };
        for (timer, is_set) in self.timers {
            let list = if is_set { &mut commit.timers_set } else { &mut commit.timers_unset };
            list.push(timer);
        }
        for (key, row) in self.outbox {
            match row {
                Some(row) => commit.outbox_put.push(row),
                None => commit.outbox_settled.push(key),
            }
        }
        for ((book, key), body) in self.rows {
            match body {
                Some(body) => commit.rows_added.push((book, Row { key, body })),
                None => commit.rows_removed.push((book, key)),
            }
        }
        commit
    }

    /// Other books' pages are bounded otherwise: they have no moment before which rows are old.
    fn trims(&self, now: Timestamp) -> Vec<Trim> {
        let grows = |((book, _), body): &(&(Book, RowKey), &Option<Vec<u8>>)| book.is_chronicle() && body.is_some();
        let grown = self.rows.iter().filter(grows).map(|((book, key), _)| (*book, &key.tenant, &key.page));
        let trim = |(book, tenant, page): (Book, &TenantId, &String)| Trim {
            book,
            tenant: tenant.clone(),
            page: page.clone(),
            before: now.minus(retention(book)).as_millis(),
        };
        grown.collect::<BTreeSet<_>>().into_iter().map(trim).collect()
    }
}

/// How long a book's rows are kept.
fn retention(book: Book) -> Duration {
    match book {
        Book::Erasures => limits::AUDIT_RETENTION,
        Book::Counters => limits::COUNTERS_RETENTION,
        _ => limits::RETENTION,
    }
}
