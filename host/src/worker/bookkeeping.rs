//! Ledgers of people who are here: rows enter, move along with the person, and go. What they count goes along in the same commit, so that
//! in every partition the counters are what its rows count, and what is *sealed* because its rows are there no more.

use std::collections::{BTreeMap, BTreeSet};

use super::WorkerError;
use super::batch::Batch;
use super::recount::{self, RecountRow};
use crate::domain::{ProfileId, ProfileKey, TenantId, limits};
use crate::ledger::{FailureRow, LedgerRow, What};
use crate::reports::{self, Counted, Figures, HOUR_MS, Subject};
use crate::store::{Book, Page, Row, RowKey};

/// What becomes of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Passage {
    /// It is in a ledger here from now on.
    Entered,
    /// It goes elsewhere with its person, and is counted there.
    Moved,
    /// It is there no more, and counts for ever.
    Sealed,
    /// It came for somebody who is nobody by now, and counts for ever.
    FoundNobody,
}

/// What a batch changes of the counters.
#[derive(Default)]
pub(super) struct Counting {
    pub(super) changes: BTreeMap<RowKey, Change>,
    /// The last recount of a tenant, looked up once.
    pub(super) recounts: BTreeMap<TenantId, Option<RecountRow>>,
    /// Whose recount goes on in this batch.
    pub(super) recounting: BTreeSet<TenantId>,
}

/// What changes of one hour's counters.
#[derive(Default)]
pub(super) struct Change {
    all: Figures,
    sealed: Figures,
    /// Of the recount under way.
    recounted: Figures,
    /// Whether the recount ends here.
    pub(super) is_settled: bool,
}

impl Change {
    pub(super) fn recount(&mut self, figures: &Figures) {
        self.recounted += figures;
    }

    fn note(&mut self, passage: Passage, figures: &Figures, is_recounted: bool) {
        match passage {
            Passage::Entered => self.all += figures,
            Passage::Moved => self.all -= figures,
            Passage::Sealed => self.sealed += figures,
            Passage::FoundNobody => {
                self.all += figures;
                self.sealed += figures;
            }
        }
        match passage {
            Passage::Entered if is_recounted => self.recounted += figures,
            Passage::Moved | Passage::Sealed if is_recounted => self.recounted -= figures,
            _ => {}
        }
    }
}

impl Batch<'_> {
    /// Adds a row to a person's ledger; the oldest goes where there are too many.
    pub(super) fn record(&mut self, key: &ProfileKey, row: &LedgerRow) -> Result<(), WorkerError> {
        if let Some(to) = self.moved_to(key)? {
            self.note_elsewhere(key, (&to, &row.mark()), &row.encode());
            return Ok(());
        }
        let number = self.enter(key, row)?;
        if let What::Failed(failed) = &row.what {
            let (at, campaign, failed) = (row.at, row.campaign.clone(), failed.clone());
            let failure = FailureRow { at, campaign, profile: key.profile.to_string(), failed };
            self.draft.add(Book::Failures, failure_row(key, failure, &number.to_string()));
        }
        Ok(())
    }

    /// Adds a row to the ledger of somebody who is here. Returns its number.
    pub(super) fn enter(&mut self, key: &ProfileKey, row: &LedgerRow) -> Result<u64, WorkerError> {
        let (number, outdated) = self.person(key)?.next_ledger_row();
        self.draft.add(Book::Ledger, Row { key: ledger_key(key, number), body: row.encode() });
        self.count(key, row, Passage::Entered)?;
        self.heed(key, row)?;
        if let Some(outdated) = outdated.map(|outdated| ledger_key(key, outdated))
            && let Some(body) = self.row(Book::Ledger, &outdated)?
        {
            self.count(key, &LedgerRow::decode(&body)?, Passage::Sealed)?;
            self.draft.remove(Book::Ledger, outdated);
        }
        Ok(number)
    }

    /// The rows of somebody's ledger go along to where the person goes. Those of one mark are noted there once.
    pub(super) fn give_ledger_away(&mut self, key: &ProfileKey, to: &ProfileId) -> Result<(), WorkerError> {
        let mut marks = BTreeSet::new();
        for Row { body, .. } in self.take_ledger(key)? {
            let row = LedgerRow::decode(&body)?;
            let mark = row.mark();
            if marks.contains(&mark) {
                self.count(key, &row, Passage::Sealed)?;
                continue;
            }
            self.count(key, &row, Passage::Moved)?;
            self.note_elsewhere(key, (to, &mark), &body);
            marks.insert(mark);
        }
        Ok(())
    }

    /// Somebody's ledger goes for good. Returns how many rows it had.
    pub(super) fn seal_ledger(&mut self, key: &ProfileKey) -> Result<usize, WorkerError> {
        let rows = self.take_ledger(key)?;
        for row in &rows {
            self.count(key, &LedgerRow::decode(&row.body)?, Passage::Sealed)?;
        }
        Ok(rows.len())
    }

    /// The rows of somebody's ledger, as the batch left them so far.
    pub(super) fn ledger(&self, key: &ProfileKey) -> Result<Vec<Row>, WorkerError> {
        let page = Page { tenant: key.tenant.clone(), page: key.profile.to_string(), after: None };
        let kept = self.tools.partition.rows(Book::Ledger, &page, limits::LEDGER_ROWS_MAX as usize)?;
        Ok(self.draft.page(Book::Ledger, &page, kept))
    }

    fn take_ledger(&mut self, key: &ProfileKey) -> Result<Vec<Row>, WorkerError> {
        let rows = self.ledger(key)?;
        rows.iter().for_each(|row| self.draft.remove(Book::Ledger, row.key.clone()));
        Ok(rows)
    }

    /// Counts what becomes of a row.
    pub(super) fn count(&mut self, key: &ProfileKey, row: &LedgerRow, passage: Passage) -> Result<(), WorkerError> {
        let is_recounted = self.recount(&key.tenant)?.is_some_and(|recount| recount.has_passed(&key.profile));
        for (at, figures) in self.folded(&key.tenant, row) {
            self.counting.changes.entry(at).or_default().note(passage, &figures, is_recounted);
        }
        Ok(())
    }

    /// What a row counts, and where; what is too old for the counters is left out.
    pub(super) fn folded(&self, tenant: &TenantId, row: &LedgerRow) -> Vec<(RowKey, Figures)> {
        let begins = self.counters_begin();
        let kept = reports::fold(row).filter(|(hour, ..)| *hour >= begins);
        kept.map(|(hour, subject, figures)| (counter_key(tenant, &row.campaign, (hour, &subject)), figures)).collect()
    }

    /// The first hour of which counters are kept.
    pub(super) fn counters_begin(&self) -> i64 {
        self.horizon().minus(limits::COUNTERS_RETENTION).as_millis() + HOUR_MS
    }

    /// The last recount of a tenant's counters here.
    pub(super) fn recount(&mut self, tenant: &TenantId) -> Result<Option<&mut RecountRow>, WorkerError> {
        if !self.counting.recounts.contains_key(tenant) {
            let record = self.row(Book::Recounts, &recount::key(tenant))?;
            let recount = record.map(|record| RecountRow::decode(&record)).transpose()?;
            self.counting.recounts.insert(tenant.clone(), recount);
        }
        Ok(self.counting.recounts.get_mut(tenant).and_then(Option::as_mut))
    }

    /// Adds what changed to the counters.
    pub(super) fn close_counters(&mut self) -> Result<(), WorkerError> {
        for (key, change) in std::mem::take(&mut self.counting.changes) {
            let kept = self.tools.partition.row(Book::Counters, &key)?;
            let mut counted = kept.as_deref().map(Counted::decode).transpose()?.unwrap_or_default();
            counted.all += &change.all;
            counted.sealed += &change.sealed;
            self.recount_counter(&key, &change, &mut counted)?;
            if kept.is_none() {
                self.draft.add(Book::Recounts, recount::index(&key));
            }
            if counted.is_empty() {
                self.draft.remove(Book::Counters, key);
            } else {
                self.draft.add(Book::Counters, Row { key, body: counted.encode() });
            }
        }
        self.close_recounts();
        Ok(())
    }

    fn recount_counter(&mut self, key: &RowKey, change: &Change, counted: &mut Counted) -> Result<(), WorkerError> {
        let Some(recount) = self.recount(&key.tenant)? else { return Ok(()) };
        if !change.recounted.is_empty() {
            *counted.recounted(recount.number) += &change.recounted;
        }
        if change.is_settled {
            recount.compared(counted.settle(recount.number));
        }
        Ok(())
    }
}

/// Where a row of a person's ledger stands.
fn ledger_key(key: &ProfileKey, number: u64) -> RowKey {
    RowKey {
        tenant: key.tenant.clone(),
        page: key.profile.to_string(),
        at: i64::try_from(number).expect("a ledger should not outlive its numbers"),
        id: String::new(),
    }
}

/// Where the counters of an hour stand.
fn counter_key(tenant: &TenantId, campaign: &str, (hour, subject): (i64, &Subject)) -> RowKey {
    RowKey { tenant: tenant.clone(), page: campaign.to_owned(), at: hour, id: subject.encode() }
}

/// A row of the book of failures; `mark` tells it from others about the same person at the same moment.
pub(super) fn failure_row(key: &ProfileKey, failure: FailureRow, mark: &str) -> Row {
    Row {
        key: RowKey {
            tenant: key.tenant.clone(),
            page: String::new(),
            at: failure.at,
            id: format!("{}/{mark}", key.profile),
        },
        body: serde_json::to_vec(&failure).expect("a failure should be storable"),
    }
}
