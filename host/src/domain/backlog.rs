//! How much work waits for its turn, by tenant: the worker writes it down when it puts causes aside, and the door asks before it
//! takes more of the same tenant's.

use std::collections::HashMap;
use std::ops::Add;
use std::sync::{PoisonError, RwLock};

use super::{TenantId, limits};

/// Causes that were put aside: acknowledged, and not decided upon yet.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Waiting {
    /// How many.
    pub causes: u64,
    /// Bytes of their records.
    pub bytes: u64,
}

impl Waiting {
    /// Whether a tenant with that much should be asked to come back later.
    pub fn is_too_much(self) -> bool {
        self.bytes > limits::WAITING_BYTES_MAX
    }
}

impl Add for Waiting {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { causes: self.causes + other.causes, bytes: self.bytes + other.bytes }
    }
}

/// What waits in the whole house. Asking costs a look into a table that holds only tenants who are behind.
#[derive(Debug, Default)]
pub struct Backlog(RwLock<HashMap<TenantId, HashMap<u16, Waiting>>>);

impl Backlog {
    /// What waits for a tenant, over all partitions.
    pub fn of(&self, tenant: &TenantId) -> Waiting {
        let shares = self.0.read().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = shares.get(tenant).into_iter().flat_map(HashMap::values);
        of_tenant.copied().fold(Waiting::default(), Add::add)
    }

    /// Notes what waits for a tenant in the partition that begins with that slot.
    pub fn note(&self, partition: u16, tenant: &TenantId, waiting: Waiting) {
        let mut shares = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = shares.entry(tenant.clone()).or_default();
        if waiting.causes > 0 {
            of_tenant.insert(partition, waiting);
        } else {
            of_tenant.remove(&partition);
        }
        if of_tenant.is_empty() {
            shares.remove(tenant);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_waits_is_summed_over_partitions_and_forgotten_when_it_is_done() {
        let (backlog, tenant) = (Backlog::default(), TenantId::parse("shop").unwrap());
        let some = Waiting { causes: 2, bytes: limits::WAITING_BYTES_MAX };
        backlog.note(0, &tenant, some);
        assert!(!backlog.of(&tenant).is_too_much());
        backlog.note(64, &tenant, some);
        assert_eq!(backlog.of(&tenant), some + some);
        assert!(backlog.of(&tenant).is_too_much());
        backlog.note(0, &tenant, Waiting::default());
        backlog.note(64, &tenant, Waiting::default());
        assert_eq!(backlog.of(&tenant), Waiting::default());
        assert!(backlog.0.read().unwrap().is_empty());
    }
}
