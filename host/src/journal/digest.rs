//! What the journal remembers of an event to recognise it again: half a digest, the same for everything that the same
//! tenant sends under the same message id.

use sha2::{Digest as _, Sha256};

use crate::domain::Inbound;

/// Sixteen bytes of SHA-256: that any two of a trillion ids are alike has a chance below one in 10^14.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Digest(pub(super) [u8; Self::BYTES]);

impl Digest {
    pub(super) const BYTES: usize = 16;

    /// The digest of what a repetition has in common with the first delivery. No tenant's name holds a NUL, so that no two
    /// pairs run into each other.
    pub(super) fn of(inbound: &Inbound) -> Self {
        let whole = Sha256::new()
            .chain_update(inbound.tenant.as_str())
            .chain_update([0])
            .chain_update(inbound.message_id().as_str())
            .finalize();
        let mut half = [0; Self::BYTES];
        half.copy_from_slice(&whole[..Self::BYTES]);
        Self(half)
    }
}
