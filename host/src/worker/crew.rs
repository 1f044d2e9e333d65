//! All loops together.

use std::sync::{Mutex, PoisonError};

use super::{Busy, Handle};
use crate::domain::{InstructionId, Position, TenantId, Timestamp};

/// The loops of all partitions, until they are stopped.
pub struct Crew(Mutex<Vec<Handle>>);

impl Crew {
    /// Takes the loops over.
    pub fn new(handles: Vec<Handle>) -> Self {
        Self(Mutex::new(handles))
    }

    /// Whether everything up to `end` and `now` is done everywhere.
    pub fn is_settled(&self, end: Position, now: Timestamp) -> bool {
        self.handles().iter().all(|handle| handle.status().is_settled(end, now))
    }

    /// When there is something to do next, unless something happens before.
    pub fn next(&self) -> Option<Timestamp> {
        self.handles().iter().filter_map(|handle| handle.status().next()).min()
    }

    /// Whether all loops run; else what is wrong.
    pub fn health(&self) -> Result<(), String> {
        let failed = self.handles().iter().filter(|handle| handle.status().has_failed()).count();
        if failed == 0 { Ok(()) } else { Err(format!("{failed} partitions have stopped; the log says why")) }
    }

    /// Has entries of the outbox tried again at once. Returns how many there were.
    pub fn redeliver(&self, tenant: &TenantId, ids: &[InstructionId]) -> Result<usize, Busy> {
        self.handles().iter().map(|handle| handle.redeliver(tenant, ids.to_vec())).sum()
    }

    /// Stops all loops, each after a last sync.
    pub fn stop(&self) {
        let handles = std::mem::take(&mut *self.handles());
        handles.into_iter().for_each(Handle::stop);
    }

    fn handles(&self) -> std::sync::MutexGuard<'_, Vec<Handle>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
