//! Why a batch came to nothing.

use super::sweep::SweepError;
use crate::catalogue::RecordError as ItemError;
use crate::outbox::RecordError as EntryError;
use crate::profiles::RecordError;
use crate::store::StoreError;

/// Why a batch came to nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WorkerError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Profile(#[from] RecordError),
    #[error(transparent)]
    Entry(#[from] EntryError),
    #[error(transparent)]
    Item(#[from] ItemError),
    #[error("a record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
    #[error("a sweep cannot be read: {0}")]
    Sweep(#[from] SweepError),
}
