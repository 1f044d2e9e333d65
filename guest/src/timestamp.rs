//! A moment, as the contract counts it. Campaigns have no clock: every moment they know was handed to
//! them, in the context or in a cause.

use std::ops::Add;

use serde::{Deserialize, Serialize};

use crate::Wait;

/// A moment in milliseconds since the Unix epoch, UTC.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From milliseconds since the Unix epoch.
    pub const fn from_millis(millis: u64) -> Self {
        Self(millis)
    }

    /// In milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }
}

impl Add<Wait> for Timestamp {
    type Output = Self;

    fn add(self, wait: Wait) -> Self {
        Self(self.0.saturating_add(wait.as_millis()))
    }
}
