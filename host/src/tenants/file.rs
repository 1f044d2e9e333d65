//! The file `tenants.redb`: one row per thing, one durable transaction per change. It alone knows the engine.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use redb::{
    Database, DatabaseError, ReadTransaction, ReadableDatabase, ReadableTable, TableDefinition, WriteTransaction,
};

use super::key::KeyDigest;
use super::records::{Damage, Kept, TenantRecord, key_digest};
use super::{ApiKey, Campaign, ChannelSettings, Module, Published, RegisteredSource, StorageError, Tenant};
use crate::domain::{TenantId, Timestamp};
use crate::faults::{self, Point};

/// Rows of things, by tenant and name.
type Rows = TableDefinition<'static, (&'static str, &'static str), &'static [u8]>;

/// What concerns the whole house: `format` and `bootstrap`.
const HOUSE: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("house");
const TENANTS: TableDefinition<'static, &str, &[u8]> = TableDefinition::new("tenants");
const SOURCES: Rows = TableDefinition::new("sources");
const KEYS: Rows = TableDefinition::new("keys");
const MODULES: Rows = TableDefinition::new("modules");
const CAMPAIGNS: Rows = TableDefinition::new("campaigns");
const REVISIONS: Rows = TableDefinition::new("revisions");
const CHANNELS: Rows = TableDefinition::new("channels");

/// Goes up when an older version could not read the file any more.
const FORMAT: u32 = 1;

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
}

/// A failure inside a transaction, before it is told which file it was.
enum Trouble {
    Engine(Box<redb::Error>),
    Damaged(Damage),
}

impl<E: Into<redb::Error>> From<E> for Trouble {
    fn from(err: E) -> Self {
        Self::Engine(Box::new(err.into()))
    }
}

impl TenantsFile {
    /// Opens the file, readable by its owner only; makes it where it is missing.
    pub(super) fn open(path: PathBuf) -> Result<Self, StorageError> {
        let database = Mutex::new(Some(open_database(&path)?));
        restrict(&path).map_err(|source| StorageError::Io { path: path.clone(), source })?;
        let file = Self { path, database };
        file.prepare()?;
        Ok(file)
    }

    /// Makes the tables where they are missing, and sees that this version may read them.
    fn prepare(&self) -> Result<(), StorageError> {
        let found = self.attempt(|database| {
            let tx = database.begin_write()?;
            let found = {
                let mut house = tx.open_table(HOUSE)?;
                let found = house.get("format")?.map(|format| <[u8; 4]>::try_from(format.value()));
                if found.is_none() {
                    house.insert("format", FORMAT.to_be_bytes().as_slice())?;
                }
                found.transpose().map_err(damaged)?
            };
            tx.open_table(TENANTS)?;
            for rows in [SOURCES, KEYS, MODULES, CHANNELS, CAMPAIGNS, REVISIONS] {
                tx.open_table(rows)?;
            }
            tx.commit()?;
            Ok(found.map_or(FORMAT, u32::from_be_bytes))
        })?;
        if found > FORMAT {
            return Err(StorageError::TooNew { path: self.path.clone(), found, known: FORMAT });
        }
        Ok(())
    }

    /// Reads all of it.
    pub(super) fn read(&self) -> Result<Contents, StorageError> {
        self.attempt(|database| {
            let tx = database.begin_read()?;
            let mut tenants = read_tenants(&tx)?;
            read_things(&tx, &mut tenants)?;
            let tenants = tenants.into_iter().map(|(id, tenant)| (id, Arc::new(tenant))).collect();
            let digest = tx.open_table(HOUSE)?.get("bootstrap")?;
            let bootstrap = digest.map(|digest| key_digest(digest.value())).transpose().map_err(damaged)?;
            Ok(Contents { tenants, bootstrap })
        })
    }

    /// Makes the file say `new` where it said `old`. Only rows that differ are touched.
    pub(super) fn write(&self, old: &Tenant, new: &Tenant) -> Result<(), StorageError> {
        self.attempt(|database| {
            let tx = database.begin_write()?;
            let record = TenantRecord { created_ms: new.created_at.as_millis() };
            tx.open_table(TENANTS)?.insert(new.id.as_str(), to_bytes(&record).as_slice())?;
            write_things(&tx, old, new)?;
            faults::pass(Point::TenantsCommitting);
            tx.commit()?;
            faults::pass(Point::TenantsCommitted);
            Ok(())
        })
    }

    /// Keeps the digest of the bootstrap key.
    pub(super) fn write_bootstrap(&self, digest: &KeyDigest) -> Result<(), StorageError> {
        self.attempt(|database| {
            let tx = database.begin_write()?;
            tx.open_table(HOUSE)?.insert("bootstrap", digest.0.as_slice())?;
            tx.commit()?;
            Ok(())
        })
    }

    fn attempt<T>(&self, work: impl FnOnce(&Database) -> Result<T, Trouble>) -> Result<T, StorageError> {
        let mut place = self.database.lock().unwrap_or_else(PoisonError::into_inner);
        let database = match place.take() {
            Some(database) => database,
            None => open_database(&self.path)?,
        };
        match work(&database) {
            Ok(done) => {
                *place = Some(database);
                Ok(done)
            }
            Err(Trouble::Engine(source)) => Err(StorageError::Engine { path: self.path.clone(), source }),
            Err(Trouble::Damaged(why)) => Err(StorageError::Damaged { path: self.path.clone(), why: why.to_string() }),
        }
    }
}

/// Opens the file; makes it where it is missing.
fn open_database(path: &Path) -> Result<Database, StorageError> {
    let mut builder = Database::builder();
    // All of it is read anyway, and without this the engine panics over bytes that it did not write.
    builder.set_check_integrity_on_open(true);
    faults::create_database(&builder, path).map_err(|err| match err {
        DatabaseError::DatabaseAlreadyOpen => StorageError::InUse { path: path.to_owned() },
        err => StorageError::Engine { path: path.to_owned(), source: Box::new(err.into()) },
    })
}

/// The file holds secrets in the clear: signatures cannot be checked without them.
#[cfg(unix)]
fn restrict(path: &Path) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt as _;
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))
}

#[cfg(not(unix))]
fn restrict(_: &Path) -> std::io::Result<()> {
    Ok(())
}

fn read_tenants(tx: &ReadTransaction) -> Result<BTreeMap<TenantId, Tenant>, Trouble> {
    let mut tenants = BTreeMap::new();
    for row in tx.open_table(TENANTS)?.iter()? {
        let (id, body) = row?;
        let id = TenantId::parse(id.value()).map_err(damaged)?;
        let record: TenantRecord = serde_json::from_slice(body.value()).map_err(damaged)?;
        tenants.insert(id.clone(), Tenant::new(id, Timestamp::from_millis(record.created_ms)));
    }
    Ok(tenants)
}

fn read_things(tx: &ReadTransaction, tenants: &mut BTreeMap<TenantId, Tenant>) -> Result<(), Trouble> {
    read_rows(tx, SOURCES, tenants, |tenant, source: RegisteredSource| {
        tenant.sources.insert(source.source.id.clone(), Arc::new(source));
        Ok(())
    })?;
    read_rows(tx, KEYS, tenants, |tenant, key: ApiKey| {
        tenant.keys.insert(key.id.clone(), Arc::new(key));
        Ok(())
    })?;
    read_rows(tx, MODULES, tenants, |tenant, module: Module| {
        tenant.modules.insert(module.digest, Arc::new(module));
        Ok(())
    })?;
    read_rows(tx, CHANNELS, tenants, |tenant, settings: ChannelSettings| {
        tenant.channels.insert(settings.channel.clone(), Arc::new(settings));
        Ok(())
    })?;
    read_rows(tx, CAMPAIGNS, tenants, |tenant, campaign: Campaign| {
        tenant.campaigns.insert(campaign.name.clone(), Arc::new(campaign));
        Ok(())
    })?;
    read_rows(tx, REVISIONS, tenants, |tenant, published: Published| {
        let campaign = tenant.campaigns.get_mut(&published.campaign);
        let campaign = campaign.ok_or_else(|| format!("a revision of `{}` has no campaign", published.campaign))?;
        Arc::make_mut(campaign).revisions.insert(published.revision, Arc::new(published));
        Ok(())
    })
}

fn read_rows<T: Kept>(
    tx: &ReadTransaction,
    rows: Rows,
    tenants: &mut BTreeMap<TenantId, Tenant>,
    take_in: impl Fn(&mut Tenant, T) -> Result<(), Damage>,
) -> Result<(), Trouble> {
    for row in tx.open_table(rows)?.iter()? {
        let (key, body) = row?;
        let (tenant, name) = key.value();
        let owner = TenantId::parse(tenant).ok().and_then(|id| tenants.get_mut(&id));
        let owner = owner.ok_or_else(|| damaged(format!("`{name}` belongs to `{tenant}`, which is not there")))?;
        let record: T::Record = serde_json::from_slice(body.value()).map_err(damaged)?;
        let thing = T::from_record(&owner.id, record).map_err(Trouble::Damaged)?;
        take_in(owner, thing).map_err(Trouble::Damaged)?;
    }
    Ok(())
}

fn write_things(tx: &WriteTransaction, old: &Tenant, new: &Tenant) -> Result<(), Trouble> {
    let tenant = &new.id;
    write_rows(tx, SOURCES, tenant, &old.sources, &new.sources)?;
    write_rows(tx, KEYS, tenant, &old.keys, &new.keys)?;
    write_rows(tx, MODULES, tenant, &old.modules, &new.modules)?;
    write_rows(tx, CHANNELS, tenant, &old.channels, &new.channels)?;
    write_rows(tx, CAMPAIGNS, tenant, &old.campaigns, &new.campaigns)?;
    for (name, campaign) in &new.campaigns {
        match old.campaigns.get(name) {
            Some(before) if Arc::ptr_eq(before, campaign) => {}
            Some(before) => write_rows(tx, REVISIONS, tenant, &before.revisions, &campaign.revisions)?,
            None => write_rows(tx, REVISIONS, tenant, &BTreeMap::new(), &campaign.revisions)?,
        }
    }
    Ok(())
}

/// Two things are the same when they are the same in memory: an edit makes a new one of what it changes.
fn write_rows<K: Ord, T: Kept>(
    tx: &WriteTransaction,
    rows: Rows,
    tenant: &TenantId,
    old: &BTreeMap<K, Arc<T>>,
    new: &BTreeMap<K, Arc<T>>,
) -> Result<(), Trouble> {
    let mut table = tx.open_table(rows)?;
    for (key, thing) in old {
        if !new.contains_key(key) {
            table.remove((tenant.as_str(), thing.name().as_str()))?;
        }
    }
    for (key, thing) in new {
        if !old.get(key).is_some_and(|before| Arc::ptr_eq(before, thing)) {
            table.insert((tenant.as_str(), thing.name().as_str()), to_bytes(&thing.to_record()).as_slice())?;
        }
    }
    Ok(())
}

fn to_bytes(record: &impl serde::Serialize) -> Vec<u8> {
    serde_json::to_vec(record).expect("a record should be writable: its keys are texts")
}

fn damaged(why: impl Into<Damage>) -> Trouble {
    Trouble::Damaged(why.into())
}
