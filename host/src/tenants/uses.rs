//! When keys were last used: noted in memory at every request, written down from time to time.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use redb::{ReadTransaction, ReadableTable as _, TableDefinition, WriteTransaction};

use super::file::{Trouble, damaged};
use super::{KeyId, Tenant};
use crate::domain::{TenantId, Timestamp};

/// Milliseconds since the epoch, by tenant and key.
const USES: TableDefinition<'static, (&'static str, &'static str), i64> = TableDefinition::new("key_uses");

/// What is not yet known to the minute is not told apart.
const GRAIN_MS: i64 = 60_000;

/// When something was last used, to the minute. Copies share it.
#[derive(Debug, Clone, Default)]
pub(super) struct LastUse(Arc<AtomicI64>);

/// A key, and when it was last used.
pub(super) struct Use {
    pub(super) tenant: TenantId,
    pub(super) key: KeyId,
    pub(super) at_ms: i64,
}

impl LastUse {
    pub(super) fn note(&self, now: Timestamp) {
        let minute = now.as_millis() / GRAIN_MS * GRAIN_MS;
        // Most requests change nothing, so most leave the line of memory to others.
        if self.0.load(Ordering::Relaxed) < minute {
            self.0.fetch_max(minute, Ordering::Relaxed);
        }
    }

    pub(super) fn get(&self) -> Option<Timestamp> {
        let at_ms = self.0.load(Ordering::Relaxed);
        (at_ms > 0).then(|| Timestamp::from_millis(at_ms))
    }
}

/// Makes the table where it is missing.
pub(super) fn prepare(tx: &WriteTransaction) -> Result<(), Trouble> {
    tx.open_table(USES)?;
    Ok(())
}

/// Tells keys when they were last used. A use of a key that is no more concerns nobody.
pub(super) fn read(tx: &ReadTransaction, tenants: &BTreeMap<TenantId, Tenant>) -> Result<(), Trouble> {
    for row in tx.open_table(USES)?.iter()? {
        let (key, at_ms) = row?;
        let (tenant, id) = key.value();
        let tenant = tenants.get(&TenantId::parse(tenant).map_err(damaged)?);
        if let Some(key) = tenant.and_then(|tenant| tenant.keys.get(&KeyId::new(id.to_owned()))) {
            key.last_use.note(Timestamp::from_millis(at_ms.value()));
        }
    }
    Ok(())
}

/// Replaces what was known: keys that are no more are forgotten.
pub(super) fn write(tx: &WriteTransaction, uses: &[Use]) -> Result<(), Trouble> {
    let mut table = tx.open_table(USES)?;
    table.retain(|_, _| false)?;
    for used in uses {
        table.insert((used.tenant.as_str(), used.key.as_str()), used.at_ms)?;
    }
    Ok(())
}
