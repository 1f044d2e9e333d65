//! Which rows of `tenants.redb` hold what, and which of them are sealed: everything that may hold a secret, whole.

use redb::TableDefinition;

use crate::domain::TenantId;
use crate::keyring::{Keyring, OpenError, Place};

/// Rows of things, by tenant and name.
pub(super) type Rows = TableDefinition<'static, (&'static str, &'static str), &'static [u8]>;

/// Rows of one kind of things.
#[derive(Clone, Copy)]
pub(super) struct Shelf {
    pub(super) rows: Rows,
    /// What the things are called when they are sealed; none when they are kept in clear.
    pub(super) sealed: Option<&'static str>,
}

pub(super) const SOURCES: Shelf = Shelf { rows: TableDefinition::new("sources"), sealed: Some("source") };
pub(super) const CHANNELS: Shelf = Shelf { rows: TableDefinition::new("channels"), sealed: Some("channel") };
pub(super) const KEYS: Shelf = Shelf { rows: TableDefinition::new("keys"), sealed: None };
pub(super) const MODULES: Shelf = Shelf { rows: TableDefinition::new("modules"), sealed: None };
pub(super) const CAMPAIGNS: Shelf = Shelf { rows: TableDefinition::new("campaigns"), sealed: None };
pub(super) const REVISIONS: Shelf = Shelf { rows: TableDefinition::new("revisions"), sealed: None };
pub(super) const AUDIENCES: Shelf = Shelf { rows: TableDefinition::new("audiences"), sealed: None };
pub(super) const TEMPLATES: Shelf = Shelf { rows: TableDefinition::new("templates"), sealed: None };
pub(super) const MAPPINGS: Shelf = Shelf { rows: TableDefinition::new("mappings"), sealed: None };

/// Every shelf.
pub(super) const ALL: [Shelf; 9] =
    [SOURCES, KEYS, MODULES, CHANNELS, CAMPAIGNS, REVISIONS, AUDIENCES, MAPPINGS, TEMPLATES];

impl Shelf {
    /// A row's bytes as they are written.
    pub(super) fn wrap(&self, keyring: &Keyring, (tenant, name): (&TenantId, &str), bytes: Vec<u8>) -> Vec<u8> {
        match self.sealed {
            Some(kind) => keyring.seal(&Place { tenant, kind, name }, &bytes).into_bytes(),
            None => bytes,
        }
    }

    /// A row's bytes as they were before they were written.
    pub(super) fn unwrap(
        &self,
        keyring: &Keyring,
        (tenant, name): (&TenantId, &str),
        bytes: &[u8],
    ) -> Result<zeroize::Zeroizing<Vec<u8>>, OpenError> {
        match self.sealed {
            Some(kind) => keyring.open_sealed(&Place { tenant, kind, name }, bytes),
            None => Ok(zeroize::Zeroizing::new(bytes.to_vec())),
        }
    }
}
