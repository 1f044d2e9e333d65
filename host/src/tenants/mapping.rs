//! Mappings: what of a tenant's is what of ours, by name. What a mapping means, the mappings room knows; here they are kept, and
//! made ready for the door whenever one changes.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Tenant, TenantsError};
use crate::domain::{MappingName, Timestamp, limits};
use crate::mappings::{Clash, Mapping, Mappings};

/// A mapping with a name.
#[derive(Debug, Clone, PartialEq)]
pub struct NamedMapping {
    /// The name.
    pub name: MappingName,
    /// What it maps.
    pub mapping: Mapping,
    /// Since when it is this one.
    pub set_at: Timestamp,
}

impl Tenant {
    /// The mappings, by name.
    pub fn mappings(&self) -> impl Iterator<Item = &Arc<NamedMapping>> {
        self.mappings.values()
    }

    /// All of them, ready to be asked. It is another one whenever one of them is.
    pub fn ready_mappings(&self) -> &Arc<Mappings> {
        &self.ready_mappings
    }

    /// Sets a mapping, in place of what was set before. It leads to a campaign that is there, and maps what no other does.
    pub fn set_mapping(&mut self, mapping: NamedMapping) -> Result<Arc<NamedMapping>, TenantsError> {
        let campaigns: Vec<&str> = self.campaigns().map(|campaign| campaign.name.as_str()).collect();
        mapping.mapping.check_campaign(campaigns).map_err(|err| invalid(&mapping.name, &err))?;
        if !self.mappings.contains_key(&mapping.name) && self.mappings.len() >= limits::MAPPINGS_MAX {
            return Err(TenantsError::LimitReached {
                what: "mappings",
                max: limits::MAPPINGS_MAX,
                next: "remove one that no event needs",
            });
        }
        let (mut next, mapping) = (self.mappings.clone(), Arc::new(mapping));
        next.insert(mapping.name.clone(), Arc::clone(&mapping));
        self.ready_mappings = ready(&next).map_err(|err| invalid(&mapping.name, &err))?;
        self.mappings = next;
        Ok(mapping)
    }

    /// Removes a mapping: what arrives from now on is read without it.
    pub fn remove_mapping(&mut self, name: &MappingName) -> Result<(), TenantsError> {
        if self.mappings.remove(name).is_none() {
            let next = "`mapping list` shows those there are";
            return Err(TenantsError::NotFound { what: "mapping", name: name.to_string(), next });
        }
        self.make_mappings_ready().map_err(|err| invalid(name, &err))
    }

    /// Makes those ready that are kept.
    pub(super) fn make_mappings_ready(&mut self) -> Result<(), Clash> {
        self.ready_mappings = ready(&self.mappings)?;
        Ok(())
    }
}

fn ready(mappings: &BTreeMap<MappingName, Arc<NamedMapping>>) -> Result<Arc<Mappings>, Clash> {
    Mappings::of(mappings.values().map(|named| (named.name.as_str(), &named.mapping))).map(Arc::new)
}

fn invalid(name: &MappingName, err: &dyn std::error::Error) -> TenantsError {
    TenantsError::Invalid { what: format!("mapping `{name}`"), rule: err.to_string() }
}
