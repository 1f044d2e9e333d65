//! Looks from outside, over all partitions: each gives its share in order, and the shares are merged.

use std::sync::Arc;

use super::house::House;
use super::read::View;
use crate::domain::{InstructionId, ProfileId, ProfileKey, TenantId};
use crate::store::{Book, OutboxRow, Page, Reports, Row, RowKey, StoreError};

/// Reports of the embedded store.
pub(super) struct EmbeddedReports(pub(super) Arc<House>);

impl EmbeddedReports {
    fn merged<T, K: Ord>(
        &self,
        max: usize,
        share: impl Fn(&View) -> Result<Vec<T>, StoreError>,
        key: impl Fn(&T) -> K,
    ) -> Result<Vec<T>, StoreError> {
        let mut all = Vec::new();
        for state in &self.0.states {
            all.extend(state.ask(&share)?);
        }
        all.sort_by_cached_key(key);
        all.truncate(max);
        Ok(all)
    }
}

impl EmbeddedReports {
    /// What the first partition has that has it.
    fn first<T>(&self, of: impl Fn(&View) -> Result<Option<T>, StoreError>) -> Result<Option<T>, StoreError> {
        self.0.states.iter().find_map(|state| state.ask(&of).transpose()).transpose()
    }
}

impl Reports for EmbeddedReports {
    fn profile(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.0.state_of(key).ask(|view| view.profile(key))
    }

    fn profiles(
        &self,
        tenant: &TenantId,
        after: Option<&ProfileId>,
        max: usize,
    ) -> Result<Vec<(ProfileId, Vec<u8>)>, StoreError> {
        self.merged(max, |view| view.profiles(tenant, after, max), |(id, _)| id.clone())
    }

    fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError> {
        self.merged(max, |view| view.rows(book, page, max), |row| row.key.clone())
    }

    fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        self.first(|view| view.row(book, key))
    }

    fn outbox(
        &self,
        tenant: &TenantId,
        after: Option<&InstructionId>,
        max: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        self.merged(max, |view| view.outbox(tenant, after, max), |row| row.id.clone())
    }

    fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        self.first(|view| view.outbox_entry(tenant, id))
    }
}
