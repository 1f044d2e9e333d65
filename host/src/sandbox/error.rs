//! Why the sandbox said no, before a campaign ever runs: what is wrong, where, and what to do next.

use std::fmt;

use super::failure::{cut, printable};
use crate::domain::{Failure, limits};

/// Why there is no sandbox.
#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    /// The engine could not reserve what it needs.
    #[error("the sandbox's engine could not start: {0}: it needs about 1 TiB of address space, so look at `ulimit -v`")]
    Engine(String),
    /// The thread that ends endless calls could not start.
    #[error("the sandbox's clock could not start")]
    Ticker(#[source] std::io::Error),
}

/// Why a module is not taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// What is wrong.
    pub what: String,
    /// Where in the module, when it has a place.
    pub place: Option<String>,
    /// What to do about it.
    pub next: String,
}

impl Rejection {
    /// What is wrong may repeat names out of a module, so it is bounded.
    pub(super) fn new(what: impl Into<String>, next: impl Into<String>) -> Self {
        let what = printable(cut(&what.into(), limits::REFUSAL_BYTES_MAX));
        Self { what, place: None, next: next.into() }
    }

    pub(super) fn at(self, place: String) -> Self {
        Self { place: Some(place), ..self }
    }
}

impl fmt::Display for Rejection {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)?;
        if let Some(place) = &self.place {
            write!(f, ", at {place}")?;
        }
        write!(f, "; {}", self.next)
    }
}

impl std::error::Error for Rejection {}

/// Why a module was not made ready.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CompileError {
    /// The module is not taken; it will not be taken later.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// Nothing speaks against the module: the host could not do it now.
    #[error("the module could not be compiled now: {0}; try again in a moment")]
    Unavailable(String),
}

/// Why a module was not configured.
#[derive(Debug, thiserror::Error)]
pub enum ConfigureError {
    /// The module, its manifest or the configuration's form is not taken.
    #[error(transparent)]
    Rejected(#[from] Rejection),
    /// The module does not take this configuration; its own words.
    #[error("the module refused the configuration: {0}")]
    Refused(String),
    /// The module failed in `configure`.
    #[error("the module failed before it was configured: {0}")]
    Failed(Failure),
    /// Nothing speaks against the module: the host could not do it now.
    #[error("the module could not be compiled now: {0}; try again in a moment")]
    Unavailable(String),
}

impl From<CompileError> for ConfigureError {
    fn from(err: CompileError) -> Self {
        match err {
            CompileError::Rejected(rejection) => Self::Rejected(rejection),
            CompileError::Unavailable(why) => Self::Unavailable(why),
        }
    }
}
