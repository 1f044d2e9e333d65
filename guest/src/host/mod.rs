//! The seam to the host. A component asks the real one, through the contract's imports; native unit
//! tests ask the pretend one of [`testing`](crate::testing). Campaigns see neither.

#[cfg(target_family = "wasm")]
mod real;
#[cfg(target_family = "wasm")]
pub(crate) use real::{
    body, check_condition, document, get_item, get_trait, holds, in_audience, log, look_up, reachable,
};

#[cfg(not(target_family = "wasm"))]
pub(crate) use crate::testing::host::{
    body, check_condition, document, get_item, get_trait, holds, in_audience, log, look_up, reachable,
};

/// How loud a log line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Level {
    Debug,
    Info,
    Warn,
}

impl Level {
    /// The contract's word for it.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
        }
    }
}
