//! All loops together.

use std::sync::Arc;
use std::time::Duration;

use super::{Busy, Handle, Shared};
use crate::domain::{Clock, InstructionId, ManualClock, Position, Signal, TenantId, Timestamp, limits};
use crate::store::{Store, StoreError};

/// How often somebody who waits for rest looks again.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// The loops of all partitions, until they are stopped.
#[derive(Default)]
pub struct Crew(Vec<Handle>);

/// There is always something left to do.
#[derive(Debug, thiserror::Error)]
#[error("the house does not come to rest within {} s", limits::REST_MAX.as_secs())]
pub struct Restless;

/// Why there is no crew.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The partitions are not to be had.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no thread for a loop.
    #[error("a worker's thread cannot start: {0}")]
    Thread(#[from] std::io::Error),
}

impl Crew {
    /// Takes the store's partitions and starts the loop of each.
    pub fn start(store: &dyn Store, shared: Shared) -> Result<Self, StartError> {
        let signals: Vec<Arc<Signal>> = (0..store.partitions()).map(|_| Arc::default()).collect();
        let partitions = store.acquire(&signals)?;
        let shared = Arc::new(shared);
        let start = |(partition, signal)| super::start(partition, signal, Arc::clone(&shared));
        Ok(Self(partitions.into_iter().zip(signals).map(start).collect::<Result<_, _>>()?))
    }

    /// Waits until everything that can be done now is done.
    pub async fn settle(&self, store: &dyn Store, clock: &dyn Clock) -> Result<(), Restless> {
        let rest = async {
            while !self.is_settled(store, clock.now()) {
                tokio::time::sleep(LOOK_AGAIN).await;
            }
        };
        tokio::time::timeout(limits::REST_MAX, rest).await.map_err(|_| Restless)
    }

    /// Moves the clock from one due moment to the next, so that everything happens at its time.
    pub async fn advance_to(&self, moment: Timestamp, store: &dyn Store, clock: &ManualClock) -> Result<(), Restless> {
        self.settle(store, clock).await?;
        while let Some(next) = self.next().filter(|next| *next <= moment) {
            clock.advance_to(next);
            self.settle(store, clock).await?;
        }
        clock.advance_to(moment);
        self.settle(store, clock).await
    }

    /// Whether everything that is in the journal and due by `now` is done everywhere, and had nothing more told meanwhile.
    fn is_settled(&self, store: &dyn Store, now: Timestamp) -> bool {
        let end = store.end();
        self.0.iter().all(|handle| handle.status().is_settled(end, now)) && store.end() == end
    }

    /// Whether everything below a place in the journal was taken in. A loop that is busy may be: then this says no.
    pub fn has_consumed(&self, end: Position) -> bool {
        self.0.iter().all(|handle| handle.status().has_consumed(end))
    }

    /// When there is something to do next, unless something happens before.
    fn next(&self) -> Option<Timestamp> {
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

    /// Has a tenant's counters added up again in every partition, unless that is under way.
    pub fn recount(&self, tenant: &TenantId) -> Result<(), Busy> {
        self.0.iter().try_for_each(|handle| handle.recount(tenant))
    }

    /// Stops all loops, each after a last sync.
    pub fn stop(&self) {
        self.0.iter().for_each(Handle::stop);
    }
}
