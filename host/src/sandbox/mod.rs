//! The sandbox: runs one campaign on one cause, within limits. Whatever a module does, it ends in an `Outcome`; no
//! module hurts another, nor the host.
//!
//! An upload is inspected, a publication configures it once and keeps the configured component, a start loads that,
//! and every decision gets an instance of its own. It alone knows wasmtime. It knows neither where state is kept nor
//! what becomes of a decision.

mod bindings;
mod call;
mod check;
mod configure;
mod contract;
mod convert;
mod engine;
mod epoch;
mod error;
mod failure;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod guest;
mod host;
mod limiter;
mod log;
mod machine;
mod manifest;
mod nesting;
mod permits;
mod snapshot;
mod structure;
mod view;
mod workbench;

#[cfg(test)]
mod tests;

use std::sync::Arc;

pub use configure::Configured;
pub use error::{ConfigureError, Rejection, SandboxError};
pub use guest::Guest;
pub use view::View;

use self::machine::Machine;
use self::workbench::on_workbench;
use crate::domain::Manifest;

/// Takes modules in, configures them and makes them ready to decide. One for the process.
#[derive(Clone)]
pub struct Sandbox {
    machine: Arc<Machine>,
}

impl Sandbox {
    /// Starts the engine and the thread that ends endless calls.
    pub fn new() -> Result<Self, SandboxError> {
        Ok(Self { machine: Arc::new(Machine::start()?) })
    }

    /// Upload: whether the file is a module that can be published. Compiles it to find out, which takes CPU.
    pub fn inspect(&self, module: &[u8]) -> Result<(), Rejection> {
        configure::inspect(&self.machine, module)
    }

    /// Publication: has the module take its configuration, and keeps what that left. Takes CPU, as `inspect` does.
    pub fn configure(&self, module: &[u8], configuration: &str) -> Result<Configured, ConfigureError> {
        configure::configure(&self.machine, module, configuration)
    }

    /// Makes a configured component ready to decide. Takes CPU, as `inspect` does; its answers are held to `manifest`.
    pub fn load(&self, component: &[u8], manifest: &Manifest) -> Result<Guest, Rejection> {
        let linked = on_workbench(|| self.machine.compile(component))??;
        Ok(Guest::new(Arc::clone(&self.machine), linked, manifest))
    }
}
