//! From format 1, in which secrets were in clear, to format 2, in which they are sealed. Into a new file, which then takes
//! the old one's place: in the old one, freed pages would keep what was in them.

use std::fs;
use std::path::{Path, PathBuf};

use redb::{Database, ReadableDatabase as _, ReadableTable as _, TableDefinition, TableError, WriteTransaction};

use super::StorageError;
use super::file::{HOUSE, TENANTS, Trouble, attempt, damaged, restrict};
use super::shelf::{self, Shelf};
use crate::domain::TenantId;
use crate::keyring::Keyring;

/// What the new file is called until it is whole.
fn partial(path: &Path) -> PathBuf {
    path.with_extension("redb.partial")
}

/// Makes the file at `path`, of which `old` is open, one of format 2. The caller opens it anew.
pub(super) fn seal(path: &Path, old: Database, keyring: &Keyring) -> Result<(), StorageError> {
    let partial = partial(path);
    let io = |source| StorageError::Io { path: partial.clone(), source };
    // What a crash left half done is begun anew.
    if partial.exists() {
        fs::remove_file(&partial).map_err(io)?;
    }
    attempt(path, || {
        let new = Database::create(&partial)?;
        copy(&old, &new, keyring)
    })?;
    restrict(&partial).and_then(|()| fs::rename(&partial, path)).map_err(io)?;
    drop(old);
    path.parent().map_or(Ok(()), |folder| fs::File::open(folder)?.sync_all()).map_err(io)?;
    tracing::info!(path = %path.display(), "secrets that were in clear are sealed now");
    Ok(())
}

fn copy(old: &Database, new: &Database, keyring: &Keyring) -> Result<(), Trouble> {
    let (from, to) = (old.begin_read()?, new.begin_write()?);
    for table in [HOUSE, TENANTS] {
        copy_table(&from.open_table(table)?, table, &to)?;
    }
    to.open_table(HOUSE)?.insert("format", super::file::FORMAT.to_be_bytes().as_slice())?;
    for shelf in shelf::ALL {
        match from.open_table(shelf.rows) {
            Ok(rows) => copy_shelf(&rows, &shelf, (&to, keyring))?,
            // Shelves that came later: they are made where they are missing.
            Err(TableError::TableDoesNotExist(_)) => {}
            Err(err) => return Err(err.into()),
        }
    }
    to.commit()?;
    Ok(())
}

fn copy_table(
    from: &redb::ReadOnlyTable<&'static str, &'static [u8]>,
    table: TableDefinition<'static, &'static str, &'static [u8]>,
    to: &WriteTransaction,
) -> Result<(), Trouble> {
    let mut to = to.open_table(table)?;
    for row in from.iter()? {
        let (key, body) = row?;
        to.insert(key.value(), body.value())?;
    }
    Ok(())
}

fn copy_shelf(
    from: &redb::ReadOnlyTable<(&'static str, &'static str), &'static [u8]>,
    shelf: &Shelf,
    (to, keyring): (&WriteTransaction, &Keyring),
) -> Result<(), Trouble> {
    let mut to = to.open_table(shelf.rows)?;
    for row in from.iter()? {
        let (key, body) = row?;
        let (tenant, name) = key.value();
        let owner = TenantId::parse(tenant).map_err(damaged)?;
        to.insert((tenant, name), shelf.wrap(keyring, (&owner, name), body.value().to_vec()).as_slice())?;
    }
    Ok(())
}
