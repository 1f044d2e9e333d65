//! The timers that a batch may fire, by tenant, as the batch left them so far: causes of one batch set and cancel timers that others of
//! it would find due.

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{TenantId, Timestamp, limits};
use crate::store::{Partition, StoreError, TimerKey};

/// Timers that are due at the horizon or before and have not fired yet.
pub(super) struct DueTimers {
    horizon: Timestamp,
    of: BTreeMap<TenantId, OfTenant>,
}

struct OfTenant {
    timers: BTreeSet<TimerKey>,
    /// There is no other up to here.
    reach: Timestamp,
    /// How many more may fire, those set meanwhile among them.
    left: usize,
}

/// What is due next.
pub(super) enum Due {
    Timer(TimerKey),
    Nothing,
    /// More than one batch takes.
    TooMuch,
}

impl DueTimers {
    /// None is looked up before somebody asks.
    pub(super) fn until(horizon: Timestamp) -> Self {
        Self { horizon, of: BTreeMap::new() }
    }

    /// The tenant's next timer that is due at `moment` or before.
    pub(super) fn next(
        &mut self,
        partition: &dyn Partition,
        tenant: &TenantId,
        moment: Timestamp,
    ) -> Result<Due, StoreError> {
        let horizon = self.horizon;
        let due = self.of(partition, tenant)?;
        Ok(match due.timers.first().filter(|timer| timer.due <= moment) {
            Some(timer) if due.left > 0 => Due::Timer(timer.clone()),
            None if moment.min(horizon) <= due.reach => Due::Nothing,
            _ => Due::TooMuch,
        })
    }

    /// One of the tenant's timers fires.
    pub(super) fn count(&mut self, partition: &dyn Partition, tenant: &TenantId) -> Result<(), StoreError> {
        let due = self.of(partition, tenant)?;
        due.left = due.left.saturating_sub(1);
        Ok(())
    }

    /// There is such a timer from now on.
    pub(super) fn set(&mut self, timer: &TimerKey) {
        if let Some(due) = self.of.get_mut(&timer.owner.tenant)
            && timer.due <= due.reach
        {
            due.timers.insert(timer.clone());
        }
    }

    /// There is no such timer any more.
    pub(super) fn unset(&mut self, timer: &TimerKey) {
        if let Some(due) = self.of.get_mut(&timer.owner.tenant) {
            due.timers.remove(timer);
        }
    }

    fn of(&mut self, partition: &dyn Partition, tenant: &TenantId) -> Result<&mut OfTenant, StoreError> {
        if !self.of.contains_key(tenant) {
            let timers = partition.due(tenant, self.horizon, limits::COMMIT_TIMERS_MAX)?;
            let is_full = timers.len() >= limits::COMMIT_TIMERS_MAX;
            let reach = timers.last().filter(|_| is_full).map_or(self.horizon, |last| last.due);
            let timers = timers.into_iter().collect();
            self.of.insert(tenant.clone(), OfTenant { timers, reach, left: limits::COMMIT_TIMERS_MAX });
        }
        Ok(self.of.get_mut(tenant).expect("the timers should be there: they were just put there"))
    }
}
