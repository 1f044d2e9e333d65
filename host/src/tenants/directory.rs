//! The directory: the one place where what tenants set up is changed. A change is an edit of one tenant: made on a copy,
//! written durably, then seen by everybody at once. Readers take snapshots and wait for nobody.

use std::collections::{BTreeMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::file::TenantsFile;
use super::key::KeyDigest;
use super::vault::{Vault, digest_of};
use super::{
    ApiKey, Campaign, Module, Publication, Published, Role, Secret, Snapshot, Sources, StorageError, Tenant,
    TenantsError, token,
};
use crate::domain::{CampaignName, Clock, ModuleDigest, TenantId, Timestamp, limits};

/// Told after every change whose it was.
type Listener = Arc<dyn Fn(&TenantId) + Send + Sync>;

/// All that tenants set up, on disk and in memory.
pub struct Directory {
    clock: Arc<dyn Clock>,
    modules: Vault,
    components: Vault,
    /// Whoever holds it is the one writer.
    file: Mutex<TenantsFile>,
    snapshot: ArcSwap<Snapshot>,
    sources: Arc<Sources>,
    listeners: Mutex<Vec<Listener>>,
}

impl Directory {
    /// Opens the directory in `folder`; makes it where it is missing.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>) -> Result<Self, StorageError> {
        let modules = Vault::open(folder.join("modules"))?;
        let components = Vault::open(folder.join("components"))?;
        let file = TenantsFile::open(folder.join("tenants.redb"))?;
        let contents = file.read()?;
        let mut snapshot = Snapshot::default();
        snapshot.tenants = contents.tenants;
        snapshot.bootstrap = contents.bootstrap;
        snapshot.index_keys();
        sweep(&snapshot, &modules, &components)?;
        let sources = Arc::new(Sources::default());
        replace_sources(&sources, &snapshot);
        Ok(Self {
            clock,
            modules,
            components,
            file: Mutex::new(file),
            snapshot: ArcSwap::from_pointee(snapshot),
            sources,
            listeners: Mutex::default(),
        })
    }

    /// What is known now.
    pub fn snapshot(&self) -> Arc<Snapshot> {
        self.snapshot.load_full()
    }

    /// The sources of all tenants, always as they are now: for the door.
    pub fn sources(&self) -> Arc<Sources> {
        Arc::clone(&self.sources)
    }

    /// The time by the clock that everything here is stamped with.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Has `listener` called after every change of a tenant, by whoever made it. It should be quick.
    pub fn on_change(&self, listener: impl Fn(&TenantId) + Send + Sync + 'static) {
        lock(&self.listeners).push(Arc::new(listener));
    }

    /// Takes the bootstrap key that is given. Where none is given and none is known, draws one and returns it: the only
    /// time that it can be seen.
    pub fn bootstrap(&self, given: Option<&str>) -> Result<Option<Secret>, TenantsError> {
        match given {
            Some(key) => {
                check_bootstrap_key(key)?;
                self.keep_bootstrap(KeyDigest::of(key))?;
                Ok(None)
            }
            None if self.snapshot.load().bootstrap.is_some() => Ok(None),
            None => {
                let key = format!("rkb_{}", token::token());
                self.keep_bootstrap(KeyDigest::of(&key))?;
                Ok(Some(Secret::new(key)))
            }
        }
    }

    fn keep_bootstrap(&self, digest: KeyDigest) -> Result<(), StorageError> {
        let file = lock(&self.file);
        if self.snapshot.load().bootstrap != Some(digest) {
            file.write_bootstrap(&digest)?;
            self.replace(|snapshot| snapshot.bootstrap = Some(digest));
        }
        Ok(())
    }

    /// Makes a tenant, and its first owner's key.
    pub fn create_tenant(&self, id: TenantId) -> Result<(Arc<Tenant>, Secret), TenantsError> {
        let file = lock(&self.file);
        let known = self.snapshot();
        if known.tenants.contains_key(&id) {
            let why = "is there already: use another name";
            return Err(TenantsError::Conflict { what: "tenant", name: id.to_string(), why });
        }
        if known.tenants.len() >= limits::TENANTS_MAX {
            let next = "run another server for more";
            return Err(TenantsError::LimitReached { what: "tenants", max: limits::TENANTS_MAX, next });
        }
        let now = self.clock.now();
        let empty = Tenant::new(id, now);
        let mut tenant = empty.clone();
        let (text, key) = ApiKey::draw("first owner".to_owned(), Role::Owner, now)?;
        tenant.add_key(key)?;
        let tenant = self.keep(file, &empty, tenant)?;
        Ok((tenant, text))
    }

    /// Changes a tenant. What `edit` does is seen by all once it is durable; when it fails, nothing happened.
    pub fn edit<T>(
        &self,
        id: &TenantId,
        edit: impl FnOnce(&mut Tenant, Timestamp) -> Result<T, TenantsError>,
    ) -> Result<T, TenantsError> {
        let file = lock(&self.file);
        let before = self.known_tenant(id)?;
        let mut tenant = Tenant::clone(&before);
        let answer = edit(&mut tenant, self.clock.now())?;
        self.keep(file, &before, tenant)?;
        Ok(answer)
    }

    /// The module of these bytes, where the tenant uploaded it before.
    pub fn known_module(&self, id: &TenantId, bytes: &[u8]) -> Option<Arc<Module>> {
        self.snapshot.load().tenant(id)?.module(&digest_of(bytes)).cloned()
    }

    /// Keeps a module that was found good.
    pub fn upload(&self, id: &TenantId, bytes: &[u8]) -> Result<Arc<Module>, TenantsError> {
        let digest = self.modules.keep(bytes)?;
        let module = |uploaded_at| Module { digest, bytes: bytes.len() as u64, uploaded_at };
        self.edit(id, |tenant, now| tenant.add_module(module(now)))
    }

    /// A module's bytes.
    pub fn module(&self, id: &TenantId, digest: &ModuleDigest) -> Result<Vec<u8>, TenantsError> {
        if self.known_tenant(id)?.module(digest).is_none() {
            let next = "upload it first (`module upload`)";
            return Err(TenantsError::NotFound { what: "module", name: digest.to_string(), next });
        }
        Ok(self.modules.read(digest)?)
    }

    /// Publishes a configured component as the campaign's next revision.
    pub fn publish(
        &self,
        id: &TenantId,
        campaign: &CampaignName,
        publication: Publication,
        component: &[u8],
    ) -> Result<Arc<Campaign>, TenantsError> {
        let component = self.components.keep(component)?;
        self.edit(id, |tenant, now| tenant.publish(campaign, publication, component, now))
    }

    /// The configured component of a revision: what is run.
    pub fn component(&self, published: &Published) -> Result<Vec<u8>, StorageError> {
        self.components.read(&published.component)
    }

    fn known_tenant(&self, id: &TenantId) -> Result<Arc<Tenant>, TenantsError> {
        let next = "`tenant list` shows those there are";
        let unknown = || TenantsError::NotFound { what: "tenant", name: id.to_string(), next };
        self.snapshot.load().tenant(id).cloned().ok_or_else(unknown)
    }

    /// Makes the tenant durable, then visible, then known to the listeners.
    fn keep(
        &self,
        file: MutexGuard<'_, TenantsFile>,
        before: &Tenant,
        tenant: Tenant,
    ) -> Result<Arc<Tenant>, TenantsError> {
        file.write(before, &tenant)?;
        let tenant = Arc::new(tenant);
        let now = self.replace(|snapshot| {
            snapshot.tenants.insert(tenant.id.clone(), Arc::clone(&tenant));
            if !same(&before.keys, &tenant.keys) {
                snapshot.index_keys();
            }
        });
        if !same(&before.sources, &tenant.sources) {
            replace_sources(&self.sources, &now);
        }
        drop(file);
        self.tell(&tenant.id);
        Ok(tenant)
    }

    /// The caller is the one writer.
    fn replace(&self, change: impl FnOnce(&mut Snapshot)) -> Arc<Snapshot> {
        let mut snapshot = Snapshot::clone(&self.snapshot.load());
        snapshot.version += 1;
        change(&mut snapshot);
        let snapshot = Arc::new(snapshot);
        self.snapshot.store(Arc::clone(&snapshot));
        snapshot
    }

    fn tell(&self, tenant: &TenantId) {
        let listeners = lock(&self.listeners).clone();
        for listener in listeners {
            listener(tenant);
        }
    }
}

impl fmt::Debug for Directory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Directory(version {})", self.snapshot.load().version)
    }
}

/// Whether two tables hold the very same things.
fn same<K: Ord, T>(before: &BTreeMap<K, Arc<T>>, after: &BTreeMap<K, Arc<T>>) -> bool {
    before.len() == after.len() && before.iter().zip(after).all(|((a, x), (b, y))| a == b && Arc::ptr_eq(x, y))
}

fn replace_sources(sources: &Sources, snapshot: &Snapshot) {
    let all = snapshot.tenants().flat_map(|tenant| tenant.sources());
    sources.replace(all.map(|registered| registered.source.clone()));
}

fn sweep(snapshot: &Snapshot, modules: &Vault, components: &Vault) -> Result<(), StorageError> {
    let uploaded = snapshot.tenants().flat_map(|tenant| tenant.modules());
    modules.sweep(&uploaded.map(|module| module.digest).collect::<HashSet<_>>())?;
    let published = snapshot.tenants().flat_map(|tenant| tenant.revisions());
    components.sweep(&published.map(|revision| revision.component).collect::<HashSet<_>>())
}

fn check_bootstrap_key(key: &str) -> Result<(), TenantsError> {
    let fits = (1..=limits::BOOTSTRAP_KEY_BYTES_MAX).contains(&key.len());
    if fits && key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(());
    }
    let rule = format!("use 1 to {} visible ASCII characters without blanks", limits::BOOTSTRAP_KEY_BYTES_MAX);
    Err(TenantsError::Invalid { what: "the bootstrap key".to_owned(), rule })
}

/// A panic while it was held left nothing half done: what is shared is replaced as a whole.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
