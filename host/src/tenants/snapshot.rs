//! Everything the directory knows at one moment. It never changes: who holds one sees one consistent state.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::key::KeyDigest;
use super::{ApiKey, Tenant};
use crate::domain::TenantId;

/// All tenants at one moment.
#[derive(Debug, Clone, Default)]
pub struct Snapshot {
    pub(super) version: u64,
    pub(super) tenants: BTreeMap<TenantId, Arc<Tenant>>,
    pub(super) bootstrap: Option<KeyDigest>,
    /// Whose key a digest is. Shared from snapshot to snapshot, until a key changes.
    keys: Arc<HashMap<KeyDigest, (TenantId, Arc<ApiKey>)>>,
}

/// Whose key it is.
#[derive(Debug, Clone)]
pub enum Holder {
    /// The one who sets the house up: creates tenants, and nothing else.
    Bootstrap,
    /// Somebody of a tenant.
    Tenant {
        /// The tenant.
        tenant: Arc<Tenant>,
        /// The key: who it is, and what it allows.
        key: Arc<ApiKey>,
    },
}

impl Snapshot {
    /// Goes up with every change.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// Every tenant, by name.
    pub fn tenants(&self) -> impl Iterator<Item = &Arc<Tenant>> {
        self.tenants.values()
    }

    /// The tenant of that name.
    pub fn tenant(&self, id: &TenantId) -> Option<&Arc<Tenant>> {
        self.tenants.get(id)
    }

    /// Whose key that is; none when it is nobody's.
    pub fn holder(&self, key: &str) -> Option<Holder> {
        let digest = KeyDigest::of(key);
        if self.bootstrap == Some(digest) {
            return Some(Holder::Bootstrap);
        }
        let (tenant, key) = self.keys.get(&digest)?;
        Some(Holder::Tenant { tenant: Arc::clone(self.tenants.get(tenant)?), key: Arc::clone(key) })
    }

    /// The digests' table, made anew.
    pub(super) fn index_keys(&mut self) {
        let of_tenant = |tenant: &Arc<Tenant>| {
            let tenant = Arc::clone(tenant);
            tenant.keys.values().map(|key| (key.digest, (tenant.id.clone(), Arc::clone(key)))).collect::<Vec<_>>()
        };
        self.keys = Arc::new(self.tenants.values().flat_map(of_tenant).collect());
    }
}
