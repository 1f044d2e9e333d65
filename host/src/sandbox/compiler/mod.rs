//! From a component to machine code: in a process of its own, or, for tests and library users, in this one. What a
//! compiler costs is not bounded by its input's size, and it is the largest program that a stranger's bytes walk
//! through; so a server gives it a process that has limits and may do nothing but compute.

mod apart;
mod child;
mod confine;

use std::path::{Path, PathBuf};

use wasmtime::Engine;

pub use child::compile_module;

use super::error::{CompileError, Rejection};
use crate::domain::{Stopwatch, limits};

/// The hidden command that the program answers by `compile_module`.
pub const COMMAND: &str = "compile-module";

/// Who compiles.
#[derive(Debug, Clone)]
pub enum Compiler {
    /// This process, without limits.
    InProcess,
    /// A process for each module.
    Apart {
        /// What is started, with `COMMAND` as its argument.
        program: PathBuf,
    },
}

impl Compiler {
    /// This program in a process of its own; fails where it cannot tell what file it is.
    pub fn this_program() -> std::io::Result<Self> {
        // Linux keeps the file of a running program under this name even when an update has replaced it meanwhile.
        let running = Path::new("/proc/self/exe");
        let program = if running.exists() { running.to_owned() } else { std::env::current_exe()? };
        Ok(Self::Apart { program })
    }

    /// Compiles for `engine`.
    pub(super) fn compile(&self, engine: &Engine, component: &[u8]) -> Result<Vec<u8>, CompileError> {
        let started = Stopwatch::start();
        let compiled = match self {
            Self::InProcess => compile_here(engine, component).map_err(CompileError::Rejected),
            Self::Apart { program } => apart::compile(program, component),
        };
        let outcome = match &compiled {
            Ok(_) => "compiled",
            Err(CompileError::Rejected(_)) => "rejected",
            Err(CompileError::Unavailable(_)) => "unavailable",
        };
        metrics::histogram!("rekindle_compile_seconds", "outcome" => outcome).record(started.elapsed());
        compiled
    }
}

fn compile_here(engine: &Engine, component: &[u8]) -> Result<Vec<u8>, Rejection> {
    let next = "build it smaller or in another way";
    let code = engine
        .precompile_component(component)
        .map_err(|err| Rejection::new(format!("the module does not compile: {err:#}"), next))?;
    if code.len() > limits::COMPILED_BYTES_MAX {
        let (bytes, max) = (code.len(), limits::COMPILED_BYTES_MAX);
        return Err(Rejection::new(format!("the module compiles to `{bytes}` bytes, at most `{max}` are taken"), next));
    }
    Ok(code)
}
