//! Looks from outside, over all partitions.

use super::{Memory, State};
use crate::domain::{InstructionId, ProfileId, ProfileKey, TenantId};
use crate::store::{Book, OutboxRow, Page, Reports, Row, RowKey, StoreError};

impl Memory {
    /// What `of` finds in all partitions, by `key`.
    fn merged<T, K: Ord>(&self, max: usize, of: impl Fn(&State) -> Vec<T>, key: impl FnMut(&T) -> K) -> Vec<T> {
        let mut all: Vec<T> = self.lock().shares.iter().flat_map(|share| of(&share.committed)).collect();
        all.sort_by_key(key);
        all.truncate(max);
        all
    }

    /// What the first partition has that has it.
    fn first<T>(&self, of: impl Fn(&State) -> Option<T>) -> Option<T> {
        self.lock().shares.iter().find_map(|share| of(&share.committed))
    }
}

impl Reports for Memory {
    fn profile(&self, key: &ProfileKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.first(|state| state.profiles.get(key).cloned()))
    }

    fn profiles(
        &self,
        tenant: &TenantId,
        after: Option<&ProfileId>,
        max: usize,
    ) -> Result<Vec<(ProfileId, Vec<u8>)>, StoreError> {
        let of = |state: &State| {
            state.people(tenant, after).map(|(key, body)| (key.profile.clone(), body.clone())).collect()
        };
        Ok(self.merged(max, of, |(id, _)| id.clone()))
    }

    fn rows(&self, book: Book, page: &Page, max: usize) -> Result<Vec<Row>, StoreError> {
        Ok(self.merged(max, |state| state.page(book, page).collect(), |row: &Row| row.key.clone()))
    }

    fn row(&self, book: Book, key: &RowKey) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.first(|state| state.rows.get(&(book, key.clone())).cloned()))
    }

    fn outbox(
        &self,
        tenant: &TenantId,
        after: Option<&InstructionId>,
        max: usize,
    ) -> Result<Vec<OutboxRow>, StoreError> {
        let is_wanted = |row: &&OutboxRow| row.tenant == *tenant && after.is_none_or(|after| row.id > *after);
        Ok(self.merged(max, |state| state.outbox.values().filter(is_wanted).cloned().collect(), |row| row.id.clone()))
    }

    fn outbox_entry(&self, tenant: &TenantId, id: &InstructionId) -> Result<Option<OutboxRow>, StoreError> {
        Ok(self.first(|state| state.outbox.get(&(tenant.clone(), id.clone())).cloned()))
    }
}
