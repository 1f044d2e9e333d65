//! A store that keeps everything in memory and forgets it with the process: for scenarios and tests, and the naive model against
//! which the embedded store is tested. It is as simple as it can be, and slow where there are many people.

mod reports;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::{
    Appended, Appending, Book, Commit, Entry, Line, OutboxRow, Page, Partition, Pulled, Reports, Row, RowKey, Store,
    StoreError, TimerKey, Trim,
};
use crate::domain::{
    Clock, Inbound, InstructionId, MessageId, Position, ProfileId, ProfileKey, Signal, TenantId, Timestamp, Waiting,
    limits,
};
use crate::journal;

const DAY_MS: i64 = 24 * 3600 * 1_000;

/// A store in memory. Clones are the same store.
#[derive(Clone)]
pub struct Memory {
    clock: Arc<dyn Clock>,
    inner: Arc<Mutex<Inner>>,
}

struct Inner {
    journal: Vec<Entry>,
    /// On which day a message arrived.
    seen: HashMap<(TenantId, MessageId), i64>,
    shares: Vec<Share>,
    listeners: Vec<Arc<Signal>>,
}

/// One partition.
struct Share {
    slots: Range<u16>,
    owner: u64,
    committed: State,
    synced: State,
}

/// Everything kept for the people of one partition.
#[derive(Clone, Default)]
struct State {
    position: Position,
    profiles: BTreeMap<ProfileKey, Vec<u8>>,
    timers: BTreeSet<TimerKey>,
    outbox: BTreeMap<(TenantId, InstructionId), OutboxRow>,
    rows: BTreeMap<(Book, RowKey), Vec<u8>>,
    parked: BTreeMap<(TenantId, Position), Entry>,
}

impl Memory {
    /// An empty store.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        let share = limits::SLOTS / limits::EMBEDDED_PARTITIONS;
        let shares = (0..limits::EMBEDDED_PARTITIONS).map(|number| Share {
            slots: number * share..(number + 1) * share,
            owner: 0,
            committed: State::default(),
            synced: State::default(),
        });
        let inner =
            Inner { journal: Vec::new(), seen: HashMap::new(), shares: shares.collect(), listeners: Vec::new() };
        Self { clock, inner: Arc::new(Mutex::new(inner)) }
    }

    /// Forgets what was not synced, as a kill would. Who owned a partition owns it no more.
    pub fn crash(&self) {
        for share in &mut self.lock().shares {
            share.committed = share.synced.clone();
            share.owner += 1;
        }
    }

    fn tell(&self, batch: &[Inbound]) -> Vec<Appended> {
        let now = self.clock.now();
        let mut inner = self.lock();
        let appended = batch.iter().map(|inbound| inner.append(now, inbound.clone())).collect();
        if !batch.is_empty() {
            inner.listeners.iter().for_each(|signal| signal.raise());
        }
        appended
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn append(&mut self, now: Timestamp, inbound: Inbound) -> Appended {
        let arrived = self.journal.last().map_or(now, |last| last.arrived.max(now));
        let today = arrived.as_millis() / DAY_MS;
        self.seen.retain(|_, day| *day >= today - limits::SEEN_DAYS);
        let id = (inbound.tenant.clone(), inbound.message_id().clone());
        if self.seen.contains_key(&id) {
            return Appended::Duplicate;
        }
        self.seen.insert(id, today);
        self.journal.push(Entry { position: Position(self.journal.len() as u64), arrived, inbound });
        Appended::Fresh
    }

    fn pull(&self, from: Position, slots: &Range<u16>, max: usize) -> Pulled {
        let mut pulled = Pulled { upto: from, ..Pulled::default() };
        for entry in self.journal.iter().skip(from.0 as usize) {
            if pulled.entries.len() == max {
                break;
            }
            if entry.inbound.slot().concerns(slots) {
                pulled.entries.push(entry.clone());
            }
            pulled.upto = Position(entry.position.0 + 1);
        }
        pulled
    }
}

impl State {
    fn apply(&mut self, commit: Commit) {
        self.position = self.position.max(commit.upto);
        for (key, body) in commit.profiles {
            match body {
                Some(body) => self.profiles.insert(key, body),
                None => self.profiles.remove(&key),
            };
        }
        for timer in &commit.timers_unset {
            self.timers.remove(timer);
        }
        self.timers.extend(commit.timers_set);
        self.outbox.retain(|id, _| !commit.outbox_settled.contains(id));
        self.outbox.extend(commit.outbox_put.into_iter().map(|row| ((row.tenant.clone(), row.id.clone()), row)));
        for row in commit.rows_removed {
            self.rows.remove(&row);
        }
        self.rows.extend(commit.rows_added.into_iter().map(|(book, row)| ((book, row.key), row.body)));
        for key in commit.unparked {
            self.parked.remove(&key);
        }
        let parked = commit.parked.into_iter();
        self.parked.extend(parked.map(|entry| ((entry.inbound.tenant.clone(), entry.position), entry)));
        let mut left = limits::TRIM_ROWS_MAX;
        for trim in &commit.trims {
            left -= self.trim(trim, left);
        }
    }

    /// A tenant's people, by id.
    fn people<'a>(
        &'a self,
        tenant: &'a TenantId,
        after: Option<&'a ProfileId>,
    ) -> impl Iterator<Item = (&'a ProfileKey, &'a Vec<u8>)> {
        let is_wanted = move |key: &ProfileKey| key.tenant == *tenant && after.is_none_or(|after| key.profile > *after);
        self.profiles.iter().filter(move |(key, _)| is_wanted(key))
    }

    /// The rows of a page, in order.
    fn page<'a>(&'a self, book: Book, page: &'a Page) -> impl Iterator<Item = Row> + 'a {
        let is_after = move |key: &RowKey| page.after.as_ref().is_none_or(|(at, id)| (key.at, &key.id) > (*at, id));
        let is_wanted = move |(of, key): &(Book, RowKey)| {
            (*of, &key.tenant, &key.page) == (book, &page.tenant, &page.page) && is_after(key)
        };
        let wanted = self.rows.iter().filter(move |(key, _)| is_wanted(key));
        wanted.map(|((_, key), body)| Row { key: key.clone(), body: body.clone() })
    }

    fn trim(&mut self, trim: &Trim, max: usize) -> usize {
        let is_old = |(book, key): &&(Book, RowKey)| {
            (*book, &key.tenant, &key.page) == (trim.book, &trim.tenant, &trim.page) && key.at < trim.before
        };
        let old: Vec<_> = self.rows.keys().filter(is_old).take(max).cloned().collect();
        for key in &old {
            self.rows.remove(key);
        }
        old.len()
    }
}

impl Store for Memory {
    fn append(&self, batch: Vec<Inbound>) -> Appending<'_> {
        Box::pin(std::future::ready(Ok(self.tell(&batch))))
    }

    fn acquire(&self, signals: &[Arc<Signal>]) -> Result<Vec<Box<dyn Partition>>, StoreError> {
        let mut inner = self.lock();
        inner.listeners = signals.to_vec();
        let take = |(number, share): (usize, &mut Share)| {
            share.owner += 1;
            Box::new(Owned { store: self.clone(), number, owner: share.owner, slots: share.slots.clone() })
                as Box<dyn Partition>
        };
        Ok(inner.shares.iter_mut().enumerate().map(take).collect())
    }

    fn partitions(&self) -> usize {
        self.lock().shares.len()
    }

    fn end(&self) -> Position {
        Position(self.lock().journal.len() as u64)
    }

    fn health(&self) -> Result<(), StoreError> {
        Ok(())
    }

    fn reports(&self) -> Arc<dyn Reports> {
        Arc::new(self.clone())
    }
}

/// A partition in its owner's hands.
struct Owned {
    store: Memory,
    number: usize,
    owner: u64,
    slots: Range<u16>,
}

impl Owned {
    fn look<T>(&self, at: impl FnOnce(&State) -> T) -> T {
        at(&self.store.lock().shares[self.number].committed)
    }

    fn change<T>(&self, by: impl FnOnce(&mut Share) -> T) -> Result<T, StoreError> {
        let share = &mut self.store.lock().shares[self.number];
        if share.owner == self.owner { Ok(by(share)) } else { Err(StoreError::Fenced) }
    }
}

impl Partition for Owned {
    fn slots(&self) -> Range<u16> {
        self.slots.clone()
    }

    fn position(&self) -> Position {
        self.look(|state| state.position)
    }

    fn pull(&mut self, from: Position, max: usize) -> Result<Pulled, StoreError> {
        Ok(self.store.lock().pull(from, &self.slots, max))
    }

    fn load(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.look(|state| state.profiles.get(key).cloned()))
    }

    fn due(&self, tenant: &TenantId, now: Timestamp, max: usize) -> Result<Vec<TimerKey>, StoreError> {
        let is_due = |timer: &&TimerKey| timer.due <= now && timer.owner.tenant == *tenant;
        Ok(self.look(|state| state.timers.iter().filter(is_due).take(max).cloned().collect()))
    }

    fn tenants_due(&self, now: Timestamp) -> Result<Vec<TenantId>, StoreError> {
        let of = |timer: &TimerKey| (timer.due, timer.owner.tenant.clone());
        Ok(self.look(|state| heads(state.timers.iter().map(of), now)))
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.look(|state| state.timers.first().map(|timer| timer.due)))
    }

    fn outbox_due(&self, line: &Line, now: Timestamp, max: usize) -> Result<Vec<OutboxRow>, StoreError> {
        let is_due = |row: &&OutboxRow| {
            (&row.tenant, &row.channel) == (&line.0, &line.1) && row.due.is_some_and(|due| due <= now)
        };
        let mut due: Vec<_> = self.look(|state| state.outbox.values().filter(is_due).cloned().collect());
        due.sort_by_key(|row| (row.due, row.id.clone()));
        due.truncate(max);
        Ok(due)
    }

    fn lines_due(&self, now: Timestamp) -> Result<Vec<Line>, StoreError> {
        let of = |row: &OutboxRow| Some((row.due?, (row.tenant.clone(), row.channel.clone())));
        Ok(self.look(|state| heads(state.outbox.values().filter_map(of), now)))
    }

    fn outbox_next_due(&self, now: Timestamp) -> Result<Option<Timestamp>, StoreError> {
        let moments = |state: &State| state.outbox.values().filter_map(|row| row.due).filter(|due| *due > now).min();
        Ok(self.look(moments))
    }

    fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        Ok(self.look(|state| state.outbox.get(&(tenant.clone(), id.clone())).cloned()))
    }

    fn people(&self, tenant: &TenantId, after: Option<&ProfileId>, max: usize) -> Result<Vec<ProfileId>, StoreError> {
        Ok(self.look(|state| state.people(tenant, after).take(max).map(|(key, _)| key.profile.clone()).collect()))
    }

    fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError> {
        Ok(self.look(|state| state.page(book, page).take(max).collect()))
    }

    fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.look(|state| state.rows.get(&(book, key.clone())).cloned()))
    }

    fn tenants_in(&self, book: Book) -> Result<Vec<TenantId>, StoreError> {
        let tenants = |state: &State| {
            let of_book = state.rows.keys().filter(|(of, _)| *of == book);
            of_book.map(|(_, key)| key.tenant.clone()).collect::<BTreeSet<_>>()
        };
        Ok(self.look(tenants).into_iter().collect())
    }

    fn parked(&self, tenant: &TenantId, max: usize) -> Result<Vec<Entry>, StoreError> {
        let of_tenant = |state: &State| {
            let parked = state.parked.values().filter(|entry| entry.inbound.tenant == *tenant);
            parked.take(max).cloned().collect()
        };
        Ok(self.look(of_tenant))
    }

    fn waiting(&self) -> Result<Vec<(TenantId, Waiting)>, StoreError> {
        let mut waiting: BTreeMap<TenantId, Waiting> = BTreeMap::new();
        self.look(|state| {
            for entry in state.parked.values() {
                let one = Waiting { causes: 1, bytes: journal::encode(&entry.inbound).len() as u64 };
                let sum = waiting.entry(entry.inbound.tenant.clone()).or_default();
                *sum = *sum + one;
            }
        });
        Ok(waiting.into_iter().collect())
    }

    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        self.store.tell(&commit.told);
        self.change(|share| share.committed.apply(commit))
    }

    fn sync(&mut self) -> Result<Position, StoreError> {
        self.change(|share| {
            share.synced = share.committed.clone();
            share.synced.position
        })
    }
}

/// Who has something due at `now` or before, by the first moment of each.
fn heads<T: Ord + Clone>(due: impl Iterator<Item = (Timestamp, T)>, now: Timestamp) -> Vec<T> {
    let mut first: BTreeMap<T, Timestamp> = BTreeMap::new();
    for (due, whose) in due.filter(|(due, _)| *due <= now) {
        first.entry(whose).and_modify(|first| *first = due.min(*first)).or_insert(due);
    }
    let heads: BTreeSet<_> = first.into_iter().map(|(whose, due)| (due, whose)).collect();
    heads.into_iter().map(|(_, whose)| whose).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::ManualClock;
    use crate::store::conformance::{self, NOON, Premises};

    #[test]
    fn the_memory_store_does_what_every_store_must() {
        conformance::check(|| {
            let clock = Arc::new(ManualClock::new(Timestamp::from_millis(NOON)));
            let store = Memory::new(clock.clone());
            Premises { clock, open: Box::new(move || Box::new(store.clone())) }
        });
    }
}
