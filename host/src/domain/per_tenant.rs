//! What each tenant has one of for as long as somebody holds it: a place, a queue.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::TenantId;

/// One for each tenant who has it in use. Cloning shares them.
#[derive(Debug)]
pub struct PerTenant<T>(Arc<Mutex<HashMap<TenantId, Weak<T>>>>);

impl<T> PerTenant<T> {
    /// The tenant's, which is made where nobody holds it.
    pub fn of(&self, tenant: &TenantId, make: impl FnOnce() -> T) -> Arc<T> {
        let mut tenants = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(held) = tenants.get(tenant).and_then(Weak::upgrade) {
            return held;
        }
        tenants.retain(|_, one| one.strong_count() > 0);
        let made = Arc::new(make());
        tenants.insert(tenant.clone(), Arc::downgrade(&made));
        made
    }

    /// How many are kept, held or not.
    #[cfg(test)]
    pub(crate) fn kept(&self) -> usize {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).len()
    }
}

impl<T> Clone for PerTenant<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T> Default for PerTenant<T> {
    fn default() -> Self {
        Self(Arc::default())
    }
}
