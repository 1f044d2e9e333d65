//! What all calls share: the engine, the contract's imports, the places in the pool, the backstop's beat.

use wasmtime::Engine;
use wasmtime::component::{Component, Linker};

use super::bindings::CampaignPre;
use super::call::Call;
use super::epoch::Ticker;
use super::error::{Rejection, SandboxError};
use super::permits::Permits;
use super::{engine, host};
use crate::domain::limits;

/// One engine for the process: types and compiled code of two would not mix.
pub(super) struct Machine {
    pub(super) engine: Engine,
    pub(super) permits: Permits,
    linker: Linker<Call>,
    /// Ticks as long as anything may run.
    _ticker: Ticker,
}

impl Machine {
    pub(super) fn start() -> Result<Self, SandboxError> {
        let no_engine = |err: wasmtime::Error| SandboxError::Engine(format!("{err:#}"));
        let engine = engine::engine().map_err(no_engine)?;
        let linker = host::linker(&engine).map_err(no_engine)?;
        let ticker = Ticker::start(&engine).map_err(SandboxError::Ticker)?;
        Ok(Self { engine, permits: Permits::new(limits::INSTANCES_MAX), linker, _ticker: ticker })
    }

    /// Compiles a component and links it: what is left to do is to make an instance.
    pub(super) fn compile(&self, component: &[u8]) -> Result<CampaignPre<Call>, Rejection> {
        let component = Component::new(&self.engine, component).map_err(|err| {
            Rejection::new(format!("the module does not compile: {err:#}"), "build it smaller or in another way")
        })?;
        let linked = self.linker.instantiate_pre(&component).map_err(|err| other_type("an import", &err))?;
        CampaignPre::new(linked).map_err(|err| other_type("the export", &err))
    }
}

/// The rejection of a component that has the contract's names and other types.
pub(super) fn other_type(what: &str, err: &wasmtime::Error) -> Rejection {
    let what = format!("{what} is of another type than the contract says: {err:#}");
    Rejection::new(what, "build it against this host's `wit/campaign@0`")
}
