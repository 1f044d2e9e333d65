//! What is handed out by amounts: so much in all, and so much to one tenant, so that one tenant's flood leaves room for others.
//! Knows only tenants with something in their hands.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::domain::TenantId;

/// A bounded amount of something.
#[derive(Debug)]
pub(crate) struct Shares {
    max: usize,
    max_each: usize,
    taken: Mutex<Taken>,
}

#[derive(Debug, Default)]
struct Taken {
    in_all: usize,
    by_tenant: HashMap<TenantId, usize>,
}

/// What one request of a tenant has taken; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Share {
    shares: Arc<Shares>,
    tenant: TenantId,
    amount: usize,
}

/// Who has taken so much that there is no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exhausted {
    ByAll,
    ByTenant,
}

impl Shares {
    pub(crate) fn new(max: usize, max_each: usize) -> Arc<Self> {
        Arc::new(Self { max, max_each, taken: Mutex::default() })
    }

    /// An empty share for a request of that tenant.
    pub(crate) fn open(self: &Arc<Self>, tenant: &TenantId) -> Share {
        Share { shares: Arc::clone(self), tenant: tenant.clone(), amount: 0 }
    }

    fn take(&self, tenant: &TenantId, amount: usize) -> Result<(), Exhausted> {
        let mut taken = self.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let of_tenant = taken.by_tenant.get(tenant).copied().unwrap_or_default();
        if of_tenant.saturating_add(amount) > self.max_each {
            return Err(Exhausted::ByTenant);
        }
        if taken.in_all.saturating_add(amount) > self.max {
            return Err(Exhausted::ByAll);
        }
        taken.in_all += amount;
        taken.by_tenant.insert(tenant.clone(), of_tenant + amount);
        Ok(())
    }
}

impl Share {
    /// Takes more, or leaves everything as it is.
    pub(crate) fn grow(&mut self, amount: usize) -> Result<(), Exhausted> {
        self.shares.take(&self.tenant, amount)?;
        self.amount += amount;
        Ok(())
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        let mut taken = self.shares.taken.lock().unwrap_or_else(PoisonError::into_inner);
        taken.in_all -= self.amount;
        if let Some(of_tenant) = taken.by_tenant.get_mut(&self.tenant) {
            *of_tenant -= self.amount;
            if *of_tenant == 0 {
                taken.by_tenant.remove(&self.tenant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    #[test]
    fn one_tenant_leaves_room_for_others() {
        let shares = Shares::new(10, 6);
        let mut first = shares.open(&tenant("a"));
        first.grow(4).unwrap();
        let mut second = shares.open(&tenant("a"));
        assert_eq!(second.grow(3), Err(Exhausted::ByTenant));
        second.grow(2).unwrap();
        let mut other = shares.open(&tenant("b"));
        assert_eq!(other.grow(5), Err(Exhausted::ByAll));
        other.grow(4).unwrap();
    }

    #[test]
    fn everything_is_given_back() {
        let shares = Shares::new(10, 10);
        for _ in 0..3 {
            let mut share = shares.open(&tenant("a"));
            share.grow(4).unwrap();
            assert!(share.grow(7).is_err());
            share.grow(6).unwrap();
        }
        let taken = shares.taken.lock().unwrap();
        assert_eq!((taken.in_all, taken.by_tenant.len()), (0, 0));
    }
}
