//! The sandbox: runs one campaign on one cause, within limits. Whatever a module does, it ends in an `Outcome`; no
//! module hurts another, nor the host.
//!
//! An upload is inspected, a publication configures it once and keeps the configured component, a start loads that,
//! and every decision gets an instance of its own. Machine code is made in a process apart and kept on disk under a MAC.
//! It alone knows wasmtime. It knows neither where state is kept nor
//! what becomes of a decision.

mod asked;
mod bindings;
mod call;
mod check;
mod compiler;
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
mod renderer;
mod shelf;
mod snapshot;
mod structure;
mod tally;
mod view;
mod workbench;

#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

pub use compiler::{COMMAND as COMPILE_COMMAND, Compiler, compile_module};
pub use configure::Configured;
pub use error::{CompileError, ConfigureError, Rejection, SandboxError};
pub use guest::Guest;
pub use renderer::Renderer;
pub use shelf::CompiledCode;
pub use view::View;

use self::machine::Machine;
use self::workbench::on_workbench;
use crate::domain::{Manifest, ModuleDigest};

/// Takes modules in, configures them and makes them ready to decide. One for the process.
#[derive(Clone)]
pub struct Sandbox {
    machine: Arc<Machine>,
}

impl Sandbox {
    /// Starts the engine and the thread that ends endless calls. Compiles in this process and keeps nothing of it.
    pub fn new() -> Result<Self, SandboxError> {
        Ok(Self { machine: Arc::new(Machine::start(Compiler::InProcess, None)?) })
    }

    /// The same; compiles as it is told and keeps the code, so that a component is compiled once.
    pub fn with(compiler: Compiler, kept: CompiledCode) -> Result<Self, SandboxError> {
        Ok(Self { machine: Arc::new(Machine::start(compiler, Some(kept))?) })
    }

    /// Upload: whether the file is a module that can be published. Compiles it to find out, which takes CPU.
    pub fn inspect(&self, module: &[u8]) -> Result<(), CompileError> {
        configure::inspect(&self.machine, module)
    }

    /// Publication: has the module take its configuration, and keeps what that left. Takes CPU, as `inspect` does.
    pub fn configure(&self, module: &[u8], configuration: &str) -> Result<Configured, ConfigureError> {
        configure::configure(&self.machine, module, configuration)
    }

    /// Makes a configured component ready to decide. Takes CPU, as `inspect` does, unless its code is kept; its answers
    /// are held to `manifest`.
    pub fn load(&self, component: &[u8], manifest: &Manifest) -> Result<Guest, CompileError> {
        let linked = on_workbench(|| self.machine.compile(component))??;
        Ok(Guest::new(Arc::clone(&self.machine), linked, manifest))
    }

    /// The same for a component whose code is kept; none where it is not. Takes milliseconds.
    pub fn recall(&self, component: &ModuleDigest, manifest: &Manifest) -> Option<Guest> {
        let linked = on_workbench(|| self.machine.recall(component)).ok()??;
        Some(Guest::new(Arc::clone(&self.machine), linked, manifest))
    }

    /// What renders templates, by the component in that file. It is read and compiled when the first template asks for it.
    pub fn renderer(&self, component: PathBuf) -> Renderer {
        Renderer::new(Arc::clone(&self.machine), component)
    }

    /// Forgets the code of all components but these.
    pub fn sweep(&self, wanted: &HashSet<ModuleDigest>) -> io::Result<()> {
        self.machine.sweep(wanted)
    }
}
