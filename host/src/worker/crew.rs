//! All loops together.

use super::{Busy, Handle};
use crate::domain::{InstructionId, Position, TenantId, Timestamp};

/// The loops of all partitions, until they are stopped.
pub struct Crew(Vec<Handle>);

impl Crew {
    /// Takes the loops over.
    pub fn new(handles: Vec<Handle>) -> Self {
        Self(handles)
    }

    /// Whether everything up to `end` and `now` is done everywhere.
    pub fn is_settled(&self, end: Position, now: Timestamp) -> bool {
        self.0.iter().all(|handle| handle.status().is_settled(end, now))
    }

    /// When there is something to do next, unless something happens before.
    pub fn next(&self) -> Option<Timestamp> {
        self.0.iter().filter_map(|handle| handle.status().next()).min()
    }

    /// Whether all loops run; else what is wrong.
    pub fn health(&self) -> Result<(), String> {
        let failed = self.0.iter().filter(|handle| handle.status().has_failed()).count();
        if failed == 0 { Ok(()) } else { Err(format!("{failed} partitions have stopped; the log says why")) }
    }

    /// Has entries of the outbox tried again at once. Returns how many there were.
    pub fn redeliver(&self, tenant: &TenantId, ids: &[InstructionId]) -> Result<usize, Busy> {
        self.0.iter().map(|handle| handle.redeliver(tenant, ids.to_vec())).sum()
    }

    /// Stops all loops, each after a last sync.
    pub fn stop(&self) {
        self.0.iter().for_each(Handle::stop);
    }
}
