//! Who our customers are, and what they set up: sources, keys, channels, modules, campaigns and their revisions.
//!
//! Who reads takes a [`Snapshot`], which never changes and takes no lock. Who changes goes through the [`Directory`]: one
//! writer at a time, pure edits of a [`Tenant`], on disk before anybody sees them.

mod campaign;
mod channel;
mod directory;
mod error;
mod file;
mod key;
mod lifecycle;
mod manifest_record;
mod module;
mod records;
mod registration;
mod snapshot;
mod source;
mod tenant;
mod token;
mod vault;

#[cfg(test)]
mod tests;

pub use campaign::{Campaign, Publication, Published};
pub use channel::{ChannelName, ChannelSettings};
pub use directory::Directory;
pub use error::{StorageError, TenantsError};
pub use key::{ApiKey, KeyId, Role};
pub use lifecycle::{CampaignAction, CampaignState, LifecycleError};
pub use module::Module;
pub use registration::{RegisteredSource, SourceDemands};
pub use snapshot::{Holder, Snapshot};
pub use source::{Source, Sources};
pub use tenant::Tenant;
pub use token::webhook_secret;

pub use crate::domain::Secret;
