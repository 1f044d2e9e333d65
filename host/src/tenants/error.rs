//! Why a tenant's wish was not granted, and what its owner can do about it.

use std::path::PathBuf;

use super::LifecycleError;
use crate::keyring::{KeyringError, OpenError};

/// Why the directory did not do as asked.
#[derive(Debug, thiserror::Error)]
pub enum TenantsError {
    /// There is no such thing.
    #[error("{what} `{name}` is not known: {next}")]
    NotFound {
        /// What kind of thing.
        what: &'static str,
        /// What it was called.
        name: String,
        /// What to do next.
        next: &'static str,
    },
    /// It is there already, or something else stands against it.
    #[error("{what} `{name}` {why}")]
    Conflict {
        /// What kind of thing.
        what: &'static str,
        /// What it is called.
        name: String,
        /// What stands against it, and what to do next.
        why: &'static str,
    },
    /// A bound of `domain/limits.rs` is reached.
    #[error("there are {max} {what} already, which is the most: {next}")]
    LimitReached {
        /// What there are too many of.
        what: &'static str,
        /// The bound.
        max: usize,
        /// What to do next.
        next: &'static str,
    },
    /// A text is not what it should be.
    #[error("{what} is not valid: {rule}")]
    Invalid {
        /// What was given.
        what: String,
        /// What it should have been.
        rule: String,
    },
    /// The campaign's state does not allow it.
    #[error("campaign `{campaign}` {why}")]
    Lifecycle {
        /// Which campaign.
        campaign: String,
        /// Which state it is in, and which would do.
        #[source]
        why: LifecycleError,
    },
    /// The disk did not do as asked.
    #[error(transparent)]
    Storage(#[from] StorageError),
    /// The master keys are not what they should be.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
}

impl TenantsError {
    /// Whether something stood against a wish that was right in itself.
    pub(super) fn is_conflict(&self) -> bool {
        matches!(self, Self::Conflict { .. } | Self::LimitReached { .. } | Self::Lifecycle { .. })
    }
}

/// Why what is kept could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum StorageError {
    /// Another process holds the file.
    #[error("`{path}` is in use by another process: stop it first, or use another data directory")]
    InUse {
        /// The file.
        path: PathBuf,
    },
    /// The engine failed.
    #[error("`{path}` could not be read or written: {source}")]
    Engine {
        /// The file.
        path: PathBuf,
        /// What the engine said.
        #[source]
        source: Box<redb::Error>,
    },
    /// The file system failed.
    #[error("`{path}` could not be read or written: {source}")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// What is there is not what was written.
    #[error("`{path}` is damaged: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// What is sealed in it does not open.
    #[error("`{path}` cannot be read: {source}")]
    Sealed {
        /// The file.
        path: PathBuf,
        /// Why it does not open.
        #[source]
        source: OpenError,
    },
    /// The master key could not be kept.
    #[error(transparent)]
    Keyring(#[from] KeyringError),
    /// A newer version wrote it.
    #[error("`{path}` has format {found}, which is newer than {known}: use the version of `rekindle` that wrote it")]
    TooNew {
        /// The file.
        path: PathBuf,
        /// The format found.
        found: u32,
        /// The format that this version knows.
        known: u32,
    },
}
