//! The directory: the one place where what tenants set up is changed. A change is an edit of one tenant: made on a copy,
//! written durably, then seen by everybody at once. Readers take snapshots and wait for nobody. Who may change it and how,
//! `hand` knows.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use arc_swap::ArcSwap;

use super::audit_table::Entry;
use super::file::TenantsFile;
use super::key::KeyDigest;
use super::uses::Use;
use super::vault::{Vault, digest_of};
use super::{
    AuditLog, AuditRow, Deed, DeedOutcome, Holder, Inlet, Inspection, Module, Published, RegisteredSource, Secret,
    Snapshot, Sources, StorageError, Tenant, TenantsError, token,
};
use crate::domain::{Clock, ModuleDigest, TenantId, Timestamp, limits};
use crate::keyring::Keyring;

/// Told after every change whose it was.
type Listener = Arc<dyn Fn(&TenantId) + Send + Sync>;

/// All that tenants set up, on disk and in memory.
pub struct Directory {
    clock: Arc<dyn Clock>,
    keyring: Arc<Keyring>,
    pub(super) modules: Vault,
    pub(super) components: Vault,
    /// Whoever holds it is the one writer.
    file: Mutex<TenantsFile>,
    snapshot: ArcSwap<Snapshot>,
    sources: Arc<Sources>,
    listeners: Mutex<Vec<Listener>>,
    /// When keys were last used, as it is on the disk.
    uses: Mutex<HashMap<(TenantId, String), i64>>,
    /// Refusals that stand in the audit log, by log, and the hour in which they are counted.
    refusals: Mutex<(i64, HashMap<AuditLog, u32>)>,
}

/// What a key turned out to be.
#[derive(Debug, Clone)]
pub enum Recognised {
    /// Somebody's.
    Holder(Holder),
    /// Nobody's.
    Unknown,
    /// No key at all: its checksum does not fit.
    Mistyped,
}

impl Directory {
    /// Opens the directory in `folder`; makes it where it is missing.
    pub fn open(folder: &Path, clock: Arc<dyn Clock>, keyring: Arc<Keyring>) -> Result<Self, StorageError> {
        let modules = Vault::open(folder.join("modules"))?;
        let components = Vault::open(folder.join("components"))?;
        let file = TenantsFile::open(folder.join("tenants.redb"), Arc::clone(&keyring))?;
        let contents = file.read()?;
        keyring.keep()?;
        let mut snapshot = Snapshot::default();
        snapshot.tenants = contents.tenants;
        snapshot.bootstrap = contents.bootstrap;
        snapshot.index_keys();
        sweep(&snapshot, &modules, &components)?;
        let sources = Arc::new(Sources::default());
        replace_sources(&sources, &snapshot);
        Ok(Self {
            clock,
            keyring,
            modules,
            components,
            file: Mutex::new(file),
            snapshot: ArcSwap::from_pointee(snapshot),
            sources,
            listeners: Mutex::default(),
            uses: Mutex::default(),
            refusals: Mutex::default(),
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
                let key = token::key("rkb_");
                self.keep_bootstrap(KeyDigest::of(key.expose()))?;
                Ok(Some(key))
            }
        }
    }

    fn keep_bootstrap(&self, digest: KeyDigest) -> Result<(), StorageError> {
        let file = lock(&self.file);
        if self.snapshot.load().bootstrap != Some(digest) {
            let deed = Deed::of_house("set_bootstrap_key", "");
            let (log, at) = (&AuditLog::Operator, self.clock.now());
            file.write_bootstrap(&digest, &Entry { log, deed: &deed, outcome: DeedOutcome::Done, at })?;
            self.replace(|snapshot| snapshot.bootstrap = Some(digest));
        }
        Ok(())
    }

    /// Whose key that is. That it was used is noted.
    pub fn recognise(&self, key: &str) -> Recognised {
        match self.snapshot.load().holder(key) {
            Some(holder) => {
                if let Holder::Tenant { key, .. } = &holder {
                    key.last_use.note(self.clock.now());
                }
                Recognised::Holder(holder)
            }
            None if token::is_mistyped(key) => Recognised::Mistyped,
            None => Recognised::Unknown,
        }
    }

    /// Writes down when keys were last used, where that changed.
    pub fn keep_uses(&self) -> Result<(), StorageError> {
        let snapshot = self.snapshot();
        let used = snapshot.tenants().flat_map(|tenant| {
            let used = |key: &Arc<super::ApiKey>| Some((key.id.clone(), key.last_used_at()?.as_millis()));
            tenant.keys().filter_map(used).map(|(key, at_ms)| Use { tenant: tenant.id.clone(), key, at_ms })
        });
        let used: Vec<Use> = used.collect();
        let now = used.iter().map(|used| ((used.tenant.clone(), used.key.as_str().to_owned()), used.at_ms)).collect();
        let mut known = lock(&self.uses);
        if *known != now {
            lock(&self.file).write_uses(&used)?;
            *known = now;
        }
        Ok(())
    }

    /// The newest rows of an audit log, below a number, the newest first.
    pub fn audit(&self, log: &AuditLog, below: u64, max: usize) -> Result<Vec<(u64, AuditRow)>, StorageError> {
        self.writer().audit(log, below, max)
    }

    /// Follows an audit log from its first row to its last, and says whether they are what was written.
    pub fn inspect_audit(&self, log: &AuditLog) -> Result<Inspection, StorageError> {
        self.writer().inspect(log)
    }

    /// The module of these bytes, where the tenant uploaded it before.
    pub fn known_module(&self, id: &TenantId, bytes: &[u8]) -> Option<Arc<Module>> {
        self.snapshot.load().tenant(id)?.module(&digest_of(bytes)).cloned()
    }

    /// A module's bytes.
    pub fn module(&self, id: &TenantId, digest: &ModuleDigest) -> Result<Vec<u8>, TenantsError> {
        if self.known_tenant(id)?.module(digest).is_none() {
            let next = "upload it first (`module upload`)";
            return Err(TenantsError::NotFound { what: "module", name: digest.to_string(), next });
        }
        Ok(self.modules.read(digest)?)
    }

    /// The configured component of a revision: what is run.
    pub fn component(&self, published: &Published) -> Result<Vec<u8>, StorageError> {
        self.components.read(&published.component)
    }

    pub(super) fn keyring(&self) -> &Keyring {
        &self.keyring
    }

    /// Whoever has it is the one writer.
    pub(super) fn writer(&self) -> MutexGuard<'_, TenantsFile> {
        lock(&self.file)
    }

    pub(super) fn known_tenant(&self, id: &TenantId) -> Result<Arc<Tenant>, TenantsError> {
        let next = "`tenant list` shows those there are";
        let unknown = || TenantsError::NotFound { what: "tenant", name: id.to_string(), next };
        self.snapshot.load().tenant(id).cloned().ok_or_else(unknown)
    }

    /// Makes the tenant durable, then visible, then known to the listeners.
    pub(super) fn keep(
        &self,
        file: MutexGuard<'_, TenantsFile>,
        before: &Tenant,
        tenant: Tenant,
        entries: &[Entry<'_>],
    ) -> Result<Arc<Tenant>, TenantsError> {
        file.write(before, &tenant, entries)?;
        let tenant = Arc::new(tenant);
        let now = self.replace(|snapshot| {
            snapshot.tenants.insert(tenant.id.clone(), Arc::clone(&tenant));
            if !same(&before.keys, &tenant.keys) {
                snapshot.index_keys();
            }
        });
        if !same(&before.sources, &tenant.sources) || !Arc::ptr_eq(before.ready_mappings(), tenant.ready_mappings()) {
            replace_sources(&self.sources, &now);
        }
        drop(file);
        self.tell(&tenant.id);
        Ok(tenant)
    }

    /// Writes a refusal down, and gives it back. That it could not be written is the worse of the two.
    pub(super) fn refused(
        &self,
        file: &TenantsFile,
        (log, deed): (&AuditLog, &Deed),
        err: TenantsError,
    ) -> TenantsError {
        if !err.is_conflict() {
            return err;
        }
        let entry = Entry { log, deed, outcome: DeedOutcome::Conflict, at: self.clock.now() };
        self.note(file, &entry).map_or_else(TenantsError::from, |()| err)
    }

    /// Writes down what changed nothing. Of refusals only so many an hour: they must not drive changes out of the log.
    pub(super) fn note(&self, file: &TenantsFile, entry: &Entry<'_>) -> Result<(), StorageError> {
        if entry.outcome != DeedOutcome::Done && !self.has_room_for_refusal(entry.log, entry.at) {
            metrics::counter!("rekindle_audit_refusals_left_out_total").increment(1);
            return Ok(());
        }
        file.note(entry)
    }

    fn has_room_for_refusal(&self, log: &AuditLog, now: Timestamp) -> bool {
        const HOUR_MS: i64 = 3_600_000;
        let mut refusals = lock(&self.refusals);
        let hour = now.as_millis() / HOUR_MS;
        if refusals.0 != hour {
            *refusals = (hour, HashMap::new());
        }
        let count = refusals.1.entry(log.clone()).or_default();
        *count += 1;
        *count <= limits::AUDIT_REFUSALS_PER_HOUR_MAX
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
    let inlets = |tenant: &Arc<Tenant>| {
        let mappings = tenant.ready_mappings();
        let inlet =
            |known: &Arc<RegisteredSource>| Inlet { source: known.source.clone(), mappings: Arc::clone(mappings) };
        tenant.sources().map(inlet).collect::<Vec<_>>()
    };
    sources.replace(snapshot.tenants().flat_map(inlets));
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
