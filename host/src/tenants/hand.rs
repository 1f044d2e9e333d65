//! The directory in somebody's hand: the only way to change it. Every change is written in one transaction with the row of
//! the audit log that says whose hand it was; what is refused is written down, too.

use std::sync::Arc;

use super::audit_table::Entry;
use super::{
    ApiKey, AuditLog, Campaign, Deed, DeedOutcome, Directory, Module, Publication, Role, Rotation, Secret, Tenant,
    TenantsError,
};
use crate::domain::{CampaignName, TenantId, Timestamp, limits};

/// The directory, and what somebody is about to do with it.
#[derive(Debug, Clone, Copy)]
pub struct Hand<'a> {
    directory: &'a Directory,
    deed: &'a Deed,
}

impl Directory {
    /// Takes the directory into somebody's hand.
    pub fn by<'a>(&'a self, deed: &'a Deed) -> Hand<'a> {
        Hand { directory: self, deed }
    }
}

impl Hand<'_> {
    /// Makes a tenant, and its first owner's key. It stands in the operator's log and begins the tenant's own.
    pub fn create_tenant(&self, id: TenantId) -> Result<(Arc<Tenant>, Secret), TenantsError> {
        let file = self.directory.writer();
        let now = self.directory.now();
        let (empty, tenant, text) = match self.draw_tenant(&id, now) {
            Ok(drawn) => drawn,
            Err(err) => return Err(self.directory.refused(&file, (&AuditLog::Operator, self.deed), err)),
        };
        let logs = [AuditLog::Operator, AuditLog::Tenant(id)];
        let entries = logs.each_ref().map(|log| self.entry(log, now));
        let tenant = self.directory.keep(file, &empty, tenant, &entries)?;
        Ok((tenant, text))
    }

    fn draw_tenant(&self, id: &TenantId, now: Timestamp) -> Result<(Tenant, Tenant, Secret), TenantsError> {
        let known = self.directory.snapshot();
        if known.tenants.contains_key(id) {
            let why = "is there already: use another name";
            return Err(TenantsError::Conflict { what: "tenant", name: id.to_string(), why });
        }
        if known.tenants.len() >= limits::TENANTS_MAX {
            let next = "run another server for more";
            return Err(TenantsError::LimitReached { what: "tenants", max: limits::TENANTS_MAX, next });
        }
        let empty = Tenant::new(id.clone(), now);
        let mut tenant = empty.clone();
        let (text, key) = ApiKey::draw("first owner".to_owned(), Role::Owner, now)?;
        tenant.add_key(key)?;
        Ok((empty, tenant, text))
    }

    /// Changes a tenant. What `edit` does is seen by all once it is durable; when it fails, nothing happened.
    pub fn edit<T>(
        &self,
        id: &TenantId,
        edit: impl FnOnce(&mut Tenant, Timestamp) -> Result<T, TenantsError>,
    ) -> Result<T, TenantsError> {
        let file = self.directory.writer();
        let before = self.directory.known_tenant(id)?;
        let (mut tenant, now, log) = (Tenant::clone(&before), self.directory.now(), AuditLog::Tenant(id.clone()));
        let answer = match edit(&mut tenant, now) {
            Ok(answer) => answer,
            Err(err) => return Err(self.directory.refused(&file, (&log, self.deed), err)),
        };
        self.directory.keep(file, &before, tenant, &[self.entry(&log, now)])?;
        Ok(answer)
    }

    /// Keeps a module that was found good.
    pub fn upload(&self, id: &TenantId, bytes: &[u8]) -> Result<Arc<Module>, TenantsError> {
        let digest = self.directory.modules.keep(bytes)?;
        let module = |uploaded_at| Module { digest, bytes: bytes.len() as u64, uploaded_at };
        let deed = self.deed.clone().about(digest);
        self.directory.by(&deed).edit(id, |tenant, now| tenant.add_module(module(now)))
    }

    /// Publishes a configured component as the campaign's next revision.
    pub fn publish(
        &self,
        id: &TenantId,
        campaign: &CampaignName,
        publication: Publication,
        component: &[u8],
    ) -> Result<Arc<Campaign>, TenantsError> {
        let component = self.directory.components.keep(component)?;
        self.edit(id, |tenant, now| tenant.publish(campaign, publication, component, now))
    }

    /// Reads the master keys again, and seals everything anew with the current one. Others go on meanwhile: they wait for no
    /// more than `limits::RESEAL_ROWS_MAX` rows.
    pub fn rotate_master_keys(&self) -> Result<Rotation, TenantsError> {
        let keyring = self.directory.keyring();
        let sealed_by: Vec<String> = self.directory.writer().key_ids()?.into_iter().collect();
        let current = keyring.reload(&sealed_by)?;
        let mut resealed = 0;
        loop {
            let some = self.directory.writer().reseal_some()?;
            if some == 0 {
                break;
            }
            resealed += some;
        }
        let file = self.directory.writer();
        file.note(&self.entry(&AuditLog::Operator, self.directory.now()))?;
        let needed = file.key_ids()?;
        let retired = keyring.ids().into_iter().filter(|id| *id != current && !needed.contains(id)).collect();
        Ok(Rotation { current, resealed, retired })
    }

    /// Writes down what changes nothing here, or was refused before it came here.
    pub fn note(&self, log: &AuditLog, outcome: DeedOutcome) -> Result<(), TenantsError> {
        let file = self.directory.writer();
        let entry = Entry { outcome, ..self.entry(log, self.directory.now()) };
        Ok(self.directory.note(&file, &entry)?)
    }

    fn entry<'e>(&'e self, log: &'e AuditLog, at: Timestamp) -> Entry<'e> {
        Entry { log, deed: self.deed, outcome: DeedOutcome::Done, at }
    }
}
