//! Recounts: a tenant's counters are added up again from all ledgers that are here, a few people at a time, while rows come and go, and
//! compared with what was counted all along. On a healthy house they are the same; what differs is put right.
//!
//! It is durable work: how far it is stands in the commit with what it came to so far. What changes in the ledger of somebody whom
//! it has passed changes what it came to, too; of the others it will see.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::WorkerError;
use super::batch::Batch;
use crate::domain::{ProfileId, ProfileKey, TenantId, Timestamp, limits};
use crate::ledger::LedgerRow;
use crate::store::{Book, Page, Partition, Reports, Row, RowKey, StoreError};

/// The page that says which campaigns have counters.
const INDEX: &str = "campaigns";

/// Why it cannot be said how far recounts are.
#[derive(Debug, thiserror::Error)]
pub enum RecountError {
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A record is not what was written.
    #[error("a recount cannot be read: {0}")]
    Malformed(#[from] serde_json::Error),
}

/// The last recount of a tenant's counters in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RecountRow {
    /// Tells it from others of the tenant.
    pub number: u64,
    /// When it began, in milliseconds since the Unix epoch.
    pub began: i64,
    /// When it ended; none while it is under way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<i64>,
    /// Rows of ledgers that were counted again.
    pub rows: u64,
    /// Counters that were compared.
    pub compared: u64,
    /// Those among them that were something else, and were put right.
    pub differed: u64,
    stage: Stage,
}

/// How far a recount is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Stage {
    /// Ledgers of people up to this one are counted.
    Reading(Option<String>),
    /// Counters up to this one are compared: of which campaign, and which of it.
    Comparing(Option<(String, Option<(i64, String)>)>),
    Ended,
}

impl RecountRow {
    /// One that begins.
    fn new(number: u64, now: Timestamp) -> Self {
        let stage = Stage::Reading(None);
        Self { number, began: now.as_millis(), ended: None, rows: 0, compared: 0, differed: 0, stage }
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// Whether it is under way.
    pub fn is_open(&self) -> bool {
        self.stage != Stage::Ended
    }

    /// Whether it has counted somebody's ledger already, so that what changes there it does not see by itself.
    pub(super) fn has_passed(&self, person: &ProfileId) -> bool {
        match &self.stage {
            Stage::Reading(after) => after.as_ref().is_some_and(|after| person.as_str() <= after.as_str()),
            Stage::Comparing(_) => true,
            Stage::Ended => false,
        }
    }

    /// Counters were compared.
    pub(super) fn compared(&mut self, was_so: bool) {
        self.compared += 1;
        self.differed += u64::from(!was_so);
    }
}

/// The last recount of a tenant's counters, of each partition that had one.
pub fn recounts(reports: &dyn Reports, tenant: &TenantId) -> Result<Vec<RecountRow>, RecountError> {
    let page = Page { tenant: tenant.clone(), page: String::new(), after: None };
    let rows = reports.rows(Book::Recounts, &page, usize::from(limits::EMBEDDED_PARTITIONS))?;
    Ok(rows.iter().map(|row| RecountRow::decode(&row.body)).collect::<Result<_, _>>()?)
}

/// Who has recounts under way.
pub(super) fn open(partition: &dyn Partition) -> Result<BTreeSet<TenantId>, WorkerError> {
    let mut open = BTreeSet::new();
    for tenant in partition.tenants_in(Book::Recounts)? {
        let Some(record) = partition.row(Book::Recounts, &key(&tenant))? else { continue };
        if RecountRow::decode(&record)?.is_open() {
            open.insert(tenant);
        }
    }
    Ok(open)
}

impl Batch<'_> {
    /// Begins a recount of a tenant's counters, unless one is under way.
    pub(super) fn begin_recount(&mut self, tenant: &TenantId, now: Timestamp) -> Result<(), WorkerError> {
        let last = self.recount(tenant)?;
        if last.as_ref().is_some_and(|last| last.is_open()) {
            return Ok(());
        }
        let number = last.map_or(1, |last| last.number + 1);
        self.counting.recounts.insert(tenant.clone(), Some(RecountRow::new(number, now)));
        self.counting.recounting.insert(tenant.clone());
        self.causes += 1;
        Ok(())
    }

    /// Goes on with a tenant's recount. It comes last in a batch: what the others left is what it sees.
    pub(super) fn go_on_recounting(&mut self, tenant: &TenantId, now: Timestamp) -> Result<(), WorkerError> {
        let Some(recount) = self.recount(tenant)?.filter(|recount| recount.is_open()) else { return Ok(()) };
        let stage = match recount.stage.clone() {
            Stage::Reading(after) => self.read_ledgers(tenant, after.as_deref())?,
            Stage::Comparing(after) => self.compare(tenant, after)?,
            Stage::Ended => Stage::Ended,
        };
        self.counting.recounting.insert(tenant.clone());
        self.causes += 1;
        if let Some(recount) = self.recount(tenant)? {
            recount.ended = (stage == Stage::Ended).then_some(now.as_millis());
            recount.stage = stage;
        }
        Ok(())
    }

    fn read_ledgers(&mut self, tenant: &TenantId, after: Option<&str>) -> Result<Stage, WorkerError> {
        let people = self.people_after(tenant, after)?;
        let (mut rows, mut last) = (0, None);
        for profile in people {
            let key = ProfileKey { tenant: tenant.clone(), profile };
            for row in self.ledger(&key)? {
                rows += 1;
                for (at, figures) in self.folded(tenant, &LedgerRow::decode(&row.body)?) {
                    self.counting.changes.entry(at).or_default().recount(&figures);
                }
            }
            last = Some(key.profile.to_string());
            if rows >= limits::RECOUNT_ROWS_MAX {
                break;
            }
        }
        if let Some(recount) = self.recount(tenant)? {
            recount.rows += rows as u64;
        }
        Ok(last.map_or(Stage::Comparing(None), |last| Stage::Reading(Some(last))))
    }

    /// The next people, those among them who are new in this batch.
    fn people_after(&self, tenant: &TenantId, after: Option<&str>) -> Result<BTreeSet<ProfileId>, WorkerError> {
        let is_after = |person: &&ProfileId| after.is_none_or(|after| person.as_str() > after);
        let from = after.and_then(|after| ProfileId::parse(after).ok());
        let kept = self.tools.partition.people(tenant, from.as_ref(), limits::RECOUNT_PEOPLE_MAX)?;
        let last = kept.last().cloned().filter(|_| kept.len() == limits::RECOUNT_PEOPLE_MAX);
        let here = self.people.keys().filter(|key| key.tenant == *tenant).map(|key| &key.profile);
        let new = here.filter(is_after).filter(|person| last.as_ref().is_none_or(|last| *person <= last)).cloned();
        let mut people: BTreeSet<ProfileId> = new.collect();
        people.extend(kept);
        Ok(people)
    }

    fn compare(
        &mut self,
        tenant: &TenantId,
        after: Option<(String, Option<(i64, String)>)>,
    ) -> Result<Stage, WorkerError> {
        let (campaign, after) = match after {
            Some((campaign, after @ Some(_))) => (Some(campaign), after),
            Some((campaign, None)) => (self.campaign_after(tenant, Some(campaign))?, None),
            None => (self.campaign_after(tenant, None)?, None),
        };
        let Some(campaign) = campaign else { return Ok(Stage::Ended) };
        let page = Page { tenant: tenant.clone(), page: campaign.clone(), after };
        let rows = self.tools.partition.rows(Book::Counters, &page, limits::RECOUNT_COUNTERS_MAX)?;
        let is_last = rows.len() < limits::RECOUNT_COUNTERS_MAX;
        let last = rows.last().filter(|_| !is_last).map(|row| (row.key.at, row.key.id.clone()));
        let begins = self.counters_begin();
        for row in rows.into_iter().filter(|row| row.key.at >= begins) {
            self.counting.changes.entry(row.key).or_default().is_settled = true;
        }
        Ok(Stage::Comparing(Some((campaign, last))))
    }

    fn campaign_after(&self, tenant: &TenantId, after: Option<String>) -> Result<Option<String>, WorkerError> {
        let after = after.map(|campaign| (0, campaign));
        let page = Page { tenant: tenant.clone(), page: INDEX.to_owned(), after };
        let rows = self.tools.partition.rows(Book::Recounts, &page, 1)?;
        Ok(rows.into_iter().next().map(|row| row.key.id))
    }

    /// Keeps how far recounts are that are under way, or just ended.
    pub(super) fn close_recounts(&mut self) {
        for tenant in std::mem::take(&mut self.counting.recounting) {
            let Some(Some(recount)) = self.counting.recounts.get(&tenant) else { continue };
            let body = serde_json::to_vec(recount).expect("a recount should be storable");
            self.draft.add(Book::Recounts, Row { key: key(&tenant), body });
        }
    }
}

/// Where the last recount of a tenant stands.
pub(super) fn key(tenant: &TenantId) -> RowKey {
    RowKey { tenant: tenant.clone(), page: String::new(), at: 0, id: String::new() }
}

/// That a campaign has counters.
pub(super) fn index(counter: &RowKey) -> Row {
    let key = RowKey { tenant: counter.tenant.clone(), page: INDEX.to_owned(), at: 0, id: counter.page.clone() };
    Row { key, body: b"{}".to_vec() }
}
