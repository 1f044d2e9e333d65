//! The file `tenants.redb`: one row per thing, one durable transaction per change. It alone knows the engine, with the files
//! that say what is on which shelf.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};

use super::audit::{AuditRow, Inspection};
use super::audit_table::{self, Entry};
use super::key::KeyDigest;
use super::records::{Damage, Kept, TenantRecord, key_digest};
use super::shelf::{
    self, AUDIENCES, CAMPAIGNS, CHANNELS, KEYS, MAPPINGS, MODULES, REVISIONS, SOURCES, Shelf, TEMPLATES,
};
use super::{
    ApiKey, Audience, AuditLog, Campaign, ChannelSettings, Module, NamedMapping, Published, RegisteredSource,
    StorageError, Template, Tenant, migration, reseal, uses,
};
use crate::domain::TenantId;
use crate::faults::{self, Point};
use crate::keyring::{Keyring, OpenError};

/// What concerns the whole house: `format` and `bootstrap`.
pub(super) const HOUSE: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("house");
pub(super) const TENANTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("tenants");

/// Goes up when an older version could not read the file any more. 2: sources and channels are sealed.
pub(super) const FORMAT: u32 = 2;

/// Everything in the file.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) tenants: BTreeMap<TenantId, Arc<Tenant>>,
    pub(super) bootstrap: Option<KeyDigest>,
}

/// The open file. Nobody else has it open.
#[derive(Debug)]
pub(super) struct TenantsFile {
    path: PathBuf,
    /// None after it failed: the engine takes nothing more until it is opened again.
    database: Mutex<Option<Database>>,
    keyring: Arc<Keyring>,
}

/// A failure inside a transaction, before it is told which file it was.
pub(super) enum Trouble {
    Engine(Box<redb::Error>),
    Damaged(Damage),
    Sealed(OpenError),
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(err: E) -> Self {
        Self::Engine(Box::new(err.into()))
    }
}

impl From<OpenError> for Trouble {
    fn from(err: OpenError) -> Self {
        Self::Sealed(err)
    }
}

impl TenantsFile {
    /// Opens the file, readable by its owner only; makes it where it is missing.
    pub(super) fn open(path: PathBuf, keyring: Arc<Keyring>) -> Result<Self, StorageError> {
        let mut database = open_database(&path)?;
        if attempt(&path, || format(&database))? == Some(1) {
            keyring.keep()?;
            migration::seal(&path, database, &keyring)?;
            database = open_database(&path)?;
        }
        let file = Self { path, database: Mutex::new(Some(database)), keyring };
        file.prepare()?;
        Ok(file)
    }

    /// Sees that this version may read the file, and makes the tables where they are missing.
    fn prepare(&self) -> Result<(), StorageError> {
        let found = self.with(format)?.unwrap_or(FORMAT);
        if found > FORMAT {
            return Err(StorageError::TooNew { path: self.path.clone(), found, known: FORMAT });
        }
        self.change(|tx| {
            tx.open_table(HOUSE)?.insert("format", FORMAT.to_be_bytes().as_slice())?;
            tx.open_table(TENANTS)?;
            for shelf in shelf::ALL {
                tx.open_table(shelf.rows)?;
            }
            audit_table::prepare(tx)?;
            uses::prepare(tx)
        })
    }

    /// Reads all of it.
    pub(super) fn read(&self) -> Result<Contents, StorageError> {
        self.look(|tx| {
            let mut tenants = read_tenants(tx)?;
            Reading { tx, keyring: &self.keyring }.things(&mut tenants)?;
            uses::read(tx, &tenants)?;
            let tenants = tenants.into_iter().map(|(id, tenant)| (id, Arc::new(tenant))).collect();
            let digest = tx.open_table(HOUSE)?.get("bootstrap")?;
            let bootstrap = digest.map(|digest| key_digest(digest.value())).transpose().map_err(damaged)?;
            Ok(Contents { tenants, bootstrap })
        })
    }

    /// Makes the file say `new` where it said `old`, and why. Only rows that differ are touched.
    pub(super) fn write(&self, old: &Tenant, new: &Tenant, entries: &[Entry<'_>]) -> Result<(), StorageError> {
        self.change(|tx| {
            let record = TenantRecord::of(new);
            tx.open_table(TENANTS)?.insert(new.id.as_str(), to_bytes(&record).as_slice())?;
            Writing { tx, keyring: &self.keyring, tenant: &new.id }.things(old, new)?;
            entries.iter().try_for_each(|entry| audit_table::append(tx, entry))
        })
    }

    /// Keeps the digest of the bootstrap key.
    pub(super) fn write_bootstrap(&self, digest: &KeyDigest, entry: &Entry<'_>) -> Result<(), StorageError> {
        self.change(|tx| {
            tx.open_table(HOUSE)?.insert("bootstrap", digest.0.as_slice())?;
            audit_table::append(tx, entry)
        })
    }

    /// Adds to the audit log what changes nothing here.
    pub(super) fn note(&self, entry: &Entry<'_>) -> Result<(), StorageError> {
        self.change(|tx| audit_table::append(tx, entry))
    }

    /// The newest rows of an audit log below a number, the newest first.
    pub(super) fn audit(&self, log: &AuditLog, below: u64, max: usize) -> Result<Vec<(u64, AuditRow)>, StorageError> {
        self.look(|tx| audit_table::list(tx, log, below, max))
    }

    /// Follows an audit log from its first row to its last.
    pub(super) fn inspect(&self, log: &AuditLog) -> Result<Inspection, StorageError> {
        self.look(|tx| audit_table::inspect(tx, log))
    }

    /// Keeps when keys were last used.
    pub(super) fn write_uses(&self, uses: &[uses::Use]) -> Result<(), StorageError> {
        self.change(|tx| uses::write(tx, uses))
    }

    /// The ids of the master keys that something is sealed with.
    pub(super) fn key_ids(&self) -> Result<BTreeSet<String>, StorageError> {
        self.look(reseal::key_ids)
    }

    /// Seals some rows anew; none are left to be when there were none.
    pub(super) fn reseal_some(&self) -> Result<usize, StorageError> {
        self.change(|tx| reseal::reseal_some(tx, &self.keyring))
    }

    fn look<T>(&self, work: impl FnOnce(&ReadTransaction) -> Result<T, Trouble>) -> Result<T, StorageError> {
        self.with(|database| work(&database.begin_read()?))
    }

    fn change<T>(&self, work: impl FnOnce(&WriteTransaction) -> Result<T, Trouble>) -> Result<T, StorageError> {
        self.with(|database| {
            let tx = database.begin_write()?;
            let done = work(&tx)?;
            faults::pass(Point::TenantsCommitting);
            tx.commit()?;
            faults::pass(Point::TenantsCommitted);
            Ok(done)
        })
    }

    fn with<T>(&self, work: impl FnOnce(&Database) -> Result<T, Trouble>) -> Result<T, StorageError> {
        let mut place = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match place.take() {
            Some(database) => database,
            None => open_database(&self.path)?,
        };
        let done = work(&database);
        if !matches!(done, Err(Trouble::Engine(_))) {
            *place = Some(database);
        }
        attempt(&self.path, || done)
    }
}

fn open_database(path: &Path) -> Result<Database, StorageError> {
    let mut builder = Database::builder();
    // All of it is read anyway, and without this the engine panics over bytes that it did not write.
    builder.set_check_integrity_on_open(true);
    let database = faults::create_database(&builder, path).map_err(|err| match err {
        DatabaseError::DatabaseAlreadyOpen => StorageError::InUse { path: path.to_owned() },
        err => StorageError::Engine { path: path.to_owned(), source: Box::new(err.into()) },
    })?;
    restrict(path).map_err(|source| StorageError::Io { path: path.to_owned(), source })?;
    Ok(database)
}

/// The file's format; none when it is new.
fn format(database: &Database) -> Result<Option<u32>, Trouble> {
    let tx = database.begin_read()?;
    let house = match tx.open_table(HOUSE) {
        Ok(house) => house,
        Err(redb::TableError::TableDoesNotExist(_)) => return Ok(None),
        Err(err) => return Err(err.into()),
    };
    let format = house.get("format")?.map(|format| <[u8; 4]>::try_from(format.value()));
    Ok(format.transpose().map_err(damaged)?.map(u32::from_be_bytes))
}

/// Says which file it was.
pub(super) fn attempt<T>(path: &Path, work: impl FnOnce() -> Result<T, Trouble>) -> Result<T, StorageError> {
    work().map_err(|trouble| match trouble {
        Trouble::Engine(source) => StorageError::Engine { path: path.to_owned(), source },
        Trouble::Damaged(why) => StorageError::Damaged { path: path.to_owned(), why: why.to_string() },
        Trouble::Sealed(source) => StorageError::Sealed { path: path.to_owned(), source },
    })
}

/// Secrets are sealed; names and configurations are not.
#[cfg(unix)]
pub(super) fn restrict(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
pub(super) fn restrict(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn read_tenants(tx: &ReadTransaction) -> Result<BTreeMap<TenantId, Tenant>, Trouble> {
    let mut tenants = BTreeMap::new();
    for row in tx.open_table(TENANTS)?.iter()? {
        let (id, body) = row?;
        let id = TenantId::parse(id.value()).map_err(damaged)?;
        let record: TenantRecord = serde_json::from_slice(body.value()).map_err(damaged)?;
        tenants.insert(id.clone(), record.tenant(id).map_err(Trouble::Damaged)?);
    }
    Ok(tenants)
}

struct Reading<'a> {
    tx: &'a ReadTransaction,
    keyring: &'a Keyring,
}

type Tenants = BTreeMap<TenantId, Tenant>;

impl Reading<'_> {
    fn things(&self, tenants: &mut Tenants) -> Result<(), Trouble> {
        self.rows(SOURCES, tenants, |tenant, source: RegisteredSource| {
            tenant.sources.insert(source.source.id.clone(), Arc::new(source));
            Ok(())
        })?;
        self.rows(KEYS, tenants, |tenant, key: ApiKey| {
            tenant.keys.insert(key.id.clone(), Arc::new(key));
            Ok(())
        })?;
        self.rows(MODULES, tenants, |tenant, module: Module| {
            tenant.modules.insert(module.digest, Arc::new(module));
            Ok(())
        })?;
        self.rows(CHANNELS, tenants, |tenant, settings: ChannelSettings| {
            tenant.channels.insert(settings.channel.clone(), Arc::new(settings));
            Ok(())
        })?;
        self.rows(AUDIENCES, tenants, |tenant, audience: Audience| {
            tenant.audiences.insert(audience.name.clone(), Arc::new(audience));
            Ok(())
        })?;
        self.rows(MAPPINGS, tenants, |tenant, mapping: NamedMapping| {
            tenant.mappings.insert(mapping.name.clone(), Arc::new(mapping));
            Ok(())
        })?;
        self.rows(TEMPLATES, tenants, |tenant, template: Template| {
            tenant.templates.insert((template.key.clone(), template.version), Arc::new(template));
            Ok(())
        })?;
        tenants.values_mut().try_for_each(Tenant::make_mappings_ready).map_err(damaged)?;
        self.rows(CAMPAIGNS, tenants, |tenant, campaign: Campaign| {
            tenant.campaigns.insert(campaign.name.clone(), Arc::new(campaign));
            Ok(())
        })?;
        self.rows(REVISIONS, tenants, |tenant, published: Published| {
            let campaign = tenant.campaigns.get_mut(&published.campaign);
            let campaign = campaign.ok_or_else(|| format!("a revision of `{}` has no campaign", published.campaign))?;
            Arc::make_mut(campaign).revisions.insert(published.revision, Arc::new(published));
            Ok(())
        })
    }

    fn rows<T: Kept>(
        &self,
        shelf: Shelf,
        tenants: &mut Tenants,
        take_in: impl Fn(&mut Tenant, T) -> Result<(), Damage>,
    ) -> Result<(), Trouble> {
        for row in self.tx.open_table(shelf.rows)?.iter()? {
            let (key, body) = row?;
            let (tenant, name) = key.value();
            let owner = TenantId::parse(tenant).ok().and_then(|id| tenants.get_mut(&id));
            let owner = owner.ok_or_else(|| damaged(format!("`{name}` belongs to `{tenant}`, which is not there")))?;
            let bytes = shelf.unwrap(self.keyring, (&owner.id, name), body.value())?;
            let record: T::Record = serde_json::from_slice(&bytes).map_err(damaged)?;
            let thing = T::from_record(&owner.id, record).map_err(Trouble::Damaged)?;
            take_in(owner, thing).map_err(Trouble::Damaged)?;
        }
        Ok(())
    }
}

struct Writing<'a> {
    tx: &'a WriteTransaction,
    keyring: &'a Keyring,
    tenant: &'a TenantId,
}

impl Writing<'_> {
    fn things(&self, old: &Tenant, new: &Tenant) -> Result<(), Trouble> {
        self.rows(SOURCES, &old.sources, &new.sources)?;
        self.rows(KEYS, &old.keys, &new.keys)?;
        self.rows(MODULES, &old.modules, &new.modules)?;
        self.rows(CHANNELS, &old.channels, &new.channels)?;
        self.rows(AUDIENCES, &old.audiences, &new.audiences)?;
        self.rows(MAPPINGS, &old.mappings, &new.mappings)?;
        self.rows(TEMPLATES, &old.templates, &new.templates)?;
        self.rows(CAMPAIGNS, &old.campaigns, &new.campaigns)?;
        for (name, campaign) in &new.campaigns {
            match old.campaigns.get(name) {
                Some(before) if Arc::ptr_eq(before, campaign) => {}
                Some(before) => self.rows(REVISIONS, &before.revisions, &campaign.revisions)?,
                None => self.rows(REVISIONS, &BTreeMap::new(), &campaign.revisions)?,
            }
        }
        Ok(())
    }

    /// Two things are the same when they are the same in memory: an edit makes a new one of what it changes.
    fn rows<K: Ord, T: Kept>(
        &self,
        shelf: Shelf,
        old: &BTreeMap<K, Arc<T>>,
        new: &BTreeMap<K, Arc<T>>,
    ) -> Result<(), Trouble> {
        let (mut table, tenant) = (self.tx.open_table(shelf.rows)?, self.tenant);
        for (key, thing) in old {
            if !new.contains_key(key) {
                table.remove((tenant.as_str(), thing.name().as_str()))?;
            }
        }
        for (key, thing) in new {
            if !old.get(key).is_some_and(|before| Arc::ptr_eq(before, thing)) {
                let name = thing.name();
                let row = shelf.wrap(self.keyring, (tenant, &name), to_bytes(&thing.to_record()));
                table.insert((tenant.as_str(), name.as_str()), row.as_slice())?;
            }
        }
        Ok(())
    }
}

fn to_bytes(record: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record should be writable: its keys are texts")
}

pub(super) fn damaged(why: impl Into<Damage>) -> Trouble {
    Trouble::Damaged(why.into())
}
