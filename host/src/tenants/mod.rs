//! Who our customers are, and what they set up: sources, keys, channels, templates, mappings, audiences, modules, campaigns and
//! their revisions.
//!
//! Who reads takes a [`Snapshot`], which never changes and takes no lock. Who changes goes through the [`Directory`]: one
//! writer at a time, pure edits of a [`Tenant`], on disk before anybody sees them, with a row of the audit log in the same
//! transaction. Whatever may hold a secret is sealed on the disk.

mod audience;
mod audit;
mod audit_table;
mod campaign;
mod channel;
mod deed;
mod directory;
mod error;
mod file;
mod hand;
mod key;
mod lifecycle;
mod manifest_record;
mod mapping;
mod migration;
mod module;
mod records;
mod registration;
mod reseal;
mod shelf;
mod snapshot;
mod source;
mod template;
mod template_record;
mod tenant;
mod token;
mod uses;
mod vault;

#[cfg(test)]
mod tests;

pub use audience::{Audience, AudienceName};
pub use audit::{AuditRow, Inspection};
pub use campaign::{Campaign, Publication, Published, Suspended};
pub use channel::ChannelSettings;
pub use deed::{Actor, AuditLog, Deed, DeedOutcome};
pub use directory::{Directory, Recognised};
pub use error::{StorageError, TenantsError};
pub use hand::Hand;
pub use key::{ApiKey, KeyId, Role};
pub use lifecycle::{CampaignAction, CampaignState, LifecycleError};
pub use mapping::NamedMapping;
pub use module::Module;
pub use registration::{RegisteredSource, SourceDemands};
pub use reseal::Rotation;
pub use snapshot::{Holder, Snapshot};
pub use source::{Inlet, Source, Sources};
pub use template::{Template, TemplateKey};
pub use tenant::Tenant;
pub use token::webhook_secret;

pub use crate::domain::Secret;
