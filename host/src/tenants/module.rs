//! Modules: what is known of a component that a tenant uploaded. Its bytes are in the vault, under its digest.

use std::sync::Arc;

use super::{Tenant, TenantsError};
use crate::domain::{ModuleDigest, Timestamp, limits};

/// What is known of an uploaded component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Module {
    /// The digest of its bytes: its name.
    pub digest: ModuleDigest,
    /// How many bytes it has.
    pub bytes: u64,
    /// When this tenant uploaded it first.
    pub uploaded_at: Timestamp,
}

impl Tenant {
    /// Takes a module in. When there is no room, the oldest one that no kept revision came from makes some: who uploads at
    /// every commit would otherwise be stuck one day.
    pub fn add_module(&mut self, module: Module) -> Result<Arc<Module>, TenantsError> {
        if let Some(known) = self.modules.get(&module.digest) {
            return Ok(Arc::clone(known));
        }
        if self.modules.len() >= limits::MODULES_MAX {
            self.drop_oldest_unused_module()?;
        }
        let module = Arc::new(module);
        self.modules.insert(module.digest, Arc::clone(&module));
        Ok(module)
    }

    fn drop_oldest_unused_module(&mut self) -> Result<(), TenantsError> {
        let is_unused = |module: &&Arc<Module>| !self.revisions().any(|revision| revision.module == module.digest);
        let oldest = self.modules.values().filter(is_unused).min_by_key(|module| (module.uploaded_at, module.digest));
        let Some(digest) = oldest.map(|module| module.digest) else {
            return Err(TenantsError::LimitReached {
                what: "modules, all of them in revisions,",
                max: limits::MODULES_MAX,
                next: "publish one of those",
            });
        };
        self.modules.remove(&digest);
        Ok(())
    }
}
