//! What all calls share: the engine, the contract's imports, the places in the pool, the backstop's beat; and the way
//! from a component to one that is linked: its code from disk where it is kept, else from the compiler.

use std::collections::HashSet;

use sha2::{Digest, Sha256};
use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use super::bindings::CampaignPre;
use super::call::Call;
use super::compiler::Compiler;
use super::epoch::Ticker;
use super::error::{CompileError, Rejection, SandboxError};
use super::permits::Permits;
use super::shelf::CompiledCode;
use super::{engine, host};
use crate::domain::{ModuleDigest, limits};

/// One engine for the process: types and compiled code of two would not mix.
pub(super) struct Machine {
    pub(super) engine: Engine,
    pub(super) permits: Permits,
    linker: Linker<Call>,
    compiler: Compiler,
    /// None: nothing is kept.
    shelf: Option<CompiledCode>,
    /// What kept code has to be compiled for.
    fingerprint: [u8; 32],
    /// Ticks as long as anything may run.
    _ticker: Ticker,
}

impl Machine {
    pub(super) fn start(compiler: Compiler, shelf: Option<CompiledCode>) -> Result<Self, SandboxError> {
        let no_engine = |err: wasmtime::Error| SandboxError::Engine(format!("{err:#}"));
        let engine = engine::engine().map_err(no_engine)?;
        let linker = host::linker(&engine).map_err(no_engine)?;
        let ticker = Ticker::start(&engine).map_err(SandboxError::Ticker)?;
        let fingerprint = engine::fingerprint(&engine);
        let permits = Permits::new(limits::INSTANCES_MAX);
        Ok(Self { engine, permits, linker, compiler, shelf, fingerprint, _ticker: ticker })
    }

    /// Makes a campaign's component ready and links it: what is left to do is to make an instance.
    pub(super) fn compile(&self, component: &[u8]) -> Result<CampaignPre<Call>, CompileError> {
        self.compile_to(component, |component| self.link(component))
    }

    /// The campaign's component of that digest from disk, where its code is kept.
    pub(super) fn recall(&self, component: &ModuleDigest) -> Option<CampaignPre<Call>> {
        self.recall_to(component, |component| self.link(component))
    }

    /// Makes a component ready and links it as it is meant.
    pub(super) fn compile_to<T>(
        &self,
        component: &[u8],
        link: impl Fn(&Component) -> Result<T, Rejection>,
    ) -> Result<T, CompileError> {
        let digest = ModuleDigest::new(Sha256::digest(component).into());
        if let Some(linked) = self.recall_to(&digest, &link) {
            return Ok(linked);
        }
        let code = self.compiler.compile(&self.engine, component)?;
        let component = load(&self.engine, &code).map_err(|err| {
            Rejection::new(format!("the module does not fit in: {err:#}"), "build it smaller or in another way")
        })?;
        let linked = link(&component)?;
        // Only what was once linked is kept. What cannot be kept is compiled again after the next start.
        if let Some(Err(err)) = self.shelf.as_ref().map(|shelf| shelf.keep(&self.fingerprint, &digest, &code)) {
            tracing::warn!(%err, component = %digest, "compiled code cannot be kept");
        }
        Ok(linked)
    }

    fn recall_to<T>(&self, component: &ModuleDigest, link: impl Fn(&Component) -> Result<T, Rejection>) -> Option<T> {
        let code = self.shelf.as_ref()?.find(&self.fingerprint, component)?;
        let loaded =
            load(&self.engine, &code).map_err(|err| Rejection::new(format!("{err:#}"), "it is compiled again"));
        match loaded.and_then(|loaded| link(&loaded)) {
            Ok(linked) => Some(linked),
            Err(rejection) => {
                tracing::warn!(%component, %rejection, "kept code does not load");
                None
            }
        }
    }

    /// Removes the code of all other components from disk.
    pub(super) fn sweep(&self, wanted: &HashSet<ModuleDigest>) -> std::io::Result<()> {
        self.shelf.as_ref().map_or(Ok(()), |shelf| shelf.sweep(&self.fingerprint, wanted))
    }

    fn link(&self, component: &Component) -> Result<CampaignPre<Call>, Rejection> {
        let linked = self.linker.instantiate_pre(component).map_err(|err| other_type("an import", &err))?;
        CampaignPre::new(linked).map_err(|err| other_type("the export", &err))
    }
}

/// Takes machine code in.
#[expect(unsafe_code, reason = "the one place where code is run that this process did not compile")]
fn load(engine: &Engine, code: &[u8]) -> wasmtime::Result<Component> {
    // SAFETY: the bytes have to be what `Engine::precompile_component` gave, unchanged. They come from `Compiler`, whose
    // process is this same program, started by us and talking to us alone; or from `CompiledCode::find`, which gives out
    // only what `keep` wrote after they had come from there, by a MAC over every byte under a key of this house's. Both are
    // private memory of ours, so nobody changes them between the check and the copy that is made here. That they were
    // compiled by this version and for these settings and processor, the engine checks by itself.
    unsafe { Component::deserialize(engine, code) }
}

/// The rejection of a component that has the contract's names and other types.
pub(super) fn other_type(what: &str, err: &wasmtime::Error) -> Rejection {
    let what = format!("{what} is of another type than the contract says: {err:#}");
    Rejection::new(what, "build it against this host's `wit/campaign@0`")
}
