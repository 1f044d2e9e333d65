//! Queues by moment: a tenant's timers, a line's entries. Each queue's first moment stands in an index of all queues, so that who
//! looks for what is due finds every queue at once, however long one of them is.

use std::collections::BTreeSet;

use redb::{ReadableTable, WriteTransaction};

use super::{keys, tables};
use crate::domain::Timestamp;
use crate::store::{StoreError, engine};

/// The queues of one kind, being changed. `close` brings the index up to date.
pub(super) struct Queues<'a> {
    rows: redb::Table<'a, &'static [u8], &'static [u8]>,
    heads: redb::Table<'a, &'static [u8], &'static [u8]>,
    /// Those whose place in the index was taken back.
    touched: BTreeSet<Vec<u8>>,
}

impl<'a> Queues<'a> {
    pub(super) fn open(
        transaction: &'a WriteTransaction,
        rows: tables::Table,
        heads: tables::Table,
    ) -> Result<Self, StoreError> {
        Ok(Self {
            rows: transaction.open_table(rows).map_err(engine::fault)?,
            heads: transaction.open_table(heads).map_err(engine::fault)?,
            touched: BTreeSet::new(),
        })
    }

    pub(super) fn put(&mut self, queue: &[u8], key: &[u8]) -> Result<(), StoreError> {
        self.touch(queue)?;
        self.rows.insert(key, engine::seal(key, Vec::new()).as_slice()).map_err(engine::fault)?;
        Ok(())
    }

    pub(super) fn remove(&mut self, queue: &[u8], key: &[u8]) -> Result<(), StoreError> {
        self.touch(queue)?;
        self.rows.remove(key).map_err(engine::fault)?;
        Ok(())
    }

    pub(super) fn close(mut self) -> Result<(), StoreError> {
        for queue in std::mem::take(&mut self.touched) {
            if let Some(due) = self.first(&queue)? {
                let head = keys::head(due, &queue);
                self.heads
                    .insert(head.as_slice(), engine::seal(&head, Vec::new()).as_slice())
                    .map_err(engine::fault)?;
            }
        }
        Ok(())
    }

    fn touch(&mut self, queue: &[u8]) -> Result<(), StoreError> {
        if self.touched.contains(queue) {
            return Ok(());
        }
        if let Some(due) = self.first(queue)? {
            self.heads.remove(keys::head(due, queue).as_slice()).map_err(engine::fault)?;
        }
        self.touched.insert(queue.to_vec());
        Ok(())
    }

    fn first(&self, queue: &[u8]) -> Result<Option<Timestamp>, StoreError> {
        let Some(row) = self.rows.range(queue..).map_err(engine::fault)?.next() else { return Ok(None) };
        let (key, _) = row.map_err(engine::fault)?;
        if key.value().starts_with(queue) { keys::due_in(queue, key.value()).map(Some) } else { Ok(None) }
    }
}
