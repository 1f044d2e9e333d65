//! Why a batch came to nothing.

use super::sweep::SweepError;
use crate::catalogue::RecordError as ItemError;
use crate::domain::ProfileKey;
use crate::outbox::RecordError as EntryError;
use crate::profiles::RecordError;
use crate::reports::CountedError;
use crate::store::StoreError;

/// Why a batch came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("`{}` of `{}`: {source}", key.profile, key.tenant)]
    Profile { key: ProfileKey, source: RecordError },
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Item(#[from] ItemError),
    #[error("a record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
    #[error(transparent)]
    Counted(#[from] CountedError),
    #[error("a sweep cannot be read: {0}")]
    Sweep(#[from] SweepError),
}

impl WorkerError {
    /// Somebody's record cannot be read.
    pub(super) fn of_profile(key: &ProfileKey, source: RecordError) -> Self {
        Self::Profile { key: key.clone(), source }
    }
}
