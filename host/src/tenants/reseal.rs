//! Rotation of master keys: everything that is sealed is sealed anew with the current one, some rows at a time.

use std::collections::BTreeSet;

use redb::{ReadTransaction, ReadableTable as _, WriteTransaction};

use super::file::{Trouble, damaged};
use super::shelf::{CHANNELS, SOURCES, Shelf};
use crate::domain::{TenantId, limits};
use crate::keyring::{Keyring, sealed_by};

/// The shelves whose rows are sealed.
const SEALED: [Shelf; 2] = [SOURCES, CHANNELS];

/// What a rotation did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rotation {
    /// The id of the master key that everything is sealed with now.
    pub current: String,
    /// How many rows were sealed anew.
    pub resealed: usize,
    /// The ids of master keys whose lines are no longer needed.
    pub retired: Vec<String>,
}

/// The ids of the master keys that something is sealed with.
pub(super) fn key_ids(tx: &ReadTransaction) -> Result<BTreeSet<String>, Trouble> {
    let mut ids = BTreeSet::new();
    for shelf in SEALED {
        for row in tx.open_table(shelf.rows)?.iter()? {
            ids.insert(sealed_by(row?.1.value())?.to_owned());
        }
    }
    Ok(ids)
}

/// Seals some rows anew that another key than the current one has sealed; how many. None are left when there are none.
pub(super) fn reseal_some(tx: &WriteTransaction, keyring: &Keyring) -> Result<usize, Trouble> {
    let current = keyring.current();
    let mut count = 0;
    for shelf in SEALED {
        let mut table = tx.open_table(shelf.rows)?;
        let stale = stale(&table, &current, limits::RESEAL_ROWS_MAX - count)?;
        count += stale.len();
        for (tenant, name, sealed) in stale {
            let owner = TenantId::parse(&tenant).map_err(damaged)?;
            let bytes = shelf.unwrap(keyring, (&owner, &name), &sealed)?;
            let resealed = shelf.wrap(keyring, (&owner, &name), bytes.to_vec());
            table.insert((tenant.as_str(), name.as_str()), resealed.as_slice())?;
        }
    }
    Ok(count)
}

type Row = (String, String, Vec<u8>);

fn stale(
    table: &redb::Table<'_, (&'static str, &'static str), &'static [u8]>,
    current: &str,
    max: usize,
) -> Result<Vec<Row>, Trouble> {
    let mut stale = Vec::new();
    for row in table.iter()? {
        if stale.len() == max {
            break;
        }
        let (key, sealed) = row?;
        if sealed_by(sealed.value())? != current {
            let (tenant, name) = key.value();
            stale.push((tenant.to_owned(), name.to_owned(), sealed.value().to_vec()));
        }
    }
    Ok(stale)
}
