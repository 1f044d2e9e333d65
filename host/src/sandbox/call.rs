//! One call of a campaign: what it may use, and what the host keeps for it meanwhile. A store lives for one call and is
//! never used again, whatever became of it.

use std::sync::Arc;
use std::time::Duration;

use wasmtime::{Engine, Store, StoreContextMut, Trap, UpdateDeadline};

use super::View;
use super::asked::Asked;
use super::engine::PAGE_BYTES;
use super::failure::{BadQuestion, Excess};
use super::limiter::Limiter;
use super::log::Log;
use crate::domain::{LogLine, WorkMeter, limits};

/// Resource handles of one store: the contract has no resources, so whoever makes any is up to something.
const HANDLES_MAX: usize = 64;
/// What a call of the host costs besides its bytes: it takes about as long as that many instructions.
const HOST_CALL_FUEL: u64 = 500;

/// What one call may use.
#[derive(Debug, Clone, Copy)]
pub(super) struct Allowance {
    fuel: u64,
    ticks: u64,
    memory_bytes: usize,
    /// Bytes that one reading of the guest's values may copy.
    lifted_bytes: usize,
}

impl Allowance {
    /// For `decide`.
    pub(super) const DECIDE: Self = Self {
        fuel: limits::FUEL_PER_CALL,
        ticks: limits::EPOCH_TICKS_PER_CALL,
        memory_bytes: limits::GUEST_MEMORY_BYTES_MAX,
        lifted_bytes: limits::HOSTCALL_FUEL,
    };
    /// For `configure`.
    pub(super) const CONFIGURE: Self = Self {
        fuel: limits::FUEL_PER_CONFIGURE,
        ticks: limits::EPOCH_TICKS_PER_CONFIGURE,
        memory_bytes: limits::GUEST_MEMORY_BYTES_MAX,
        lifted_bytes: limits::HOSTCALL_FUEL,
    };
    /// For a template.
    const RENDER: Self =
        Self { fuel: limits::FUEL_PER_RENDER, lifted_bytes: limits::RENDERED_LIFTED_BYTES_MAX, ..Self::DECIDE };
    /// For reading an instance's memory after `configure`: each memory grows by a page meanwhile.
    pub(super) const SNAPSHOT: Self = Self {
        memory_bytes: PAGE_BYTES * limits::GUEST_MEMORIES_MAX as usize,
        lifted_bytes: limits::GUEST_MEMORY_BYTES_MAX,
        ..Self::CONFIGURE
    };
}

/// What the host keeps for a call while it runs.
pub(super) struct Call {
    allowance: Allowance,
    limiter: Limiter,
    log: Log,
    host_calls_left: u32,
    /// Since half of its time was over, or since it was last given more.
    meter: Option<WorkMeter>,
    /// How often it may still be given more time, because it got no processor.
    extensions_left: u32,
    /// Whom it is about; nobody during `configure`.
    view: Option<Arc<dyn View>>,
    /// What its campaign asked before.
    asked: Arc<Asked>,
}

impl Call {
    /// The units of fuel that it may use.
    pub(super) fn fuel(&self) -> u64 {
        self.allowance.fuel
    }

    /// The time that it may take.
    pub(super) fn time(&self) -> Duration {
        limits::EPOCH_TICK * u32::try_from(self.allowance.ticks).unwrap_or(u32::MAX)
    }

    /// Half of its time, or the rest of it, is over. It ends with the rest, unless it had less than half of a processor meanwhile, as happens
    /// to who stands back on a busy machine.
    fn half_time(&mut self) -> UpdateDeadline {
        let meter = self.meter.replace(WorkMeter::start());
        if let Some(meter) = meter {
            if meter.elapsed() >= self.time() / 4 || self.extensions_left == 0 {
                return UpdateDeadline::Interrupt;
            }
            self.extensions_left -= 1;
        }
        UpdateDeadline::Continue(self.allowance.ticks / 2)
    }

    /// What it said last at level `error`: why it panicked, when it did.
    pub(super) fn last_words(&self) -> Option<&str> {
        self.log.last_error()
    }

    /// What it wrote.
    pub(super) fn log(&mut self) -> &mut Log {
        &mut self.log
    }

    /// What its campaign asked before.
    pub(super) fn asked(&self) -> &Asked {
        &self.asked
    }

    /// The person, for a question named `question`.
    pub(super) fn view(&self, question: &str) -> wasmtime::Result<&dyn View> {
        let nobody = || BadQuestion(format!("`{question}` cannot be asked during `configure`: there is no person yet"));
        self.view.as_deref().ok_or_else(|| wasmtime::Error::new(nobody()))
    }
}

/// A fresh store for a call about somebody.
pub(super) fn store(engine: &Engine, view: Arc<dyn View>, asked: Arc<Asked>) -> Store<Call> {
    fresh(engine, Allowance::DECIDE, Some(view), asked)
}

/// A fresh store for a template.
pub(super) fn store_of_template(engine: &Engine) -> Store<Call> {
    fresh(engine, Allowance::RENDER, None, Arc::default())
}

/// A fresh store for `configure`.
pub(super) fn store_of_nobody(engine: &Engine) -> Store<Call> {
    fresh(engine, Allowance::CONFIGURE, None, Arc::default())
}

fn fresh(engine: &Engine, allowance: Allowance, view: Option<Arc<dyn View>>, asked: Arc<Asked>) -> Store<Call> {
    let limiter = Limiter::new(allowance.memory_bytes);
    let call = Call {
        allowance,
        limiter,
        log: Log::default(),
        host_calls_left: limits::HOST_CALLS_MAX,
        meter: None,
        extensions_left: limits::CALL_EXTENSIONS_MAX,
        view,
        asked,
    };
    let mut store = Store::new(engine, call);
    store.limiter(|call| &mut call.limiter);
    store.set_max_component_handles(HANDLES_MAX);
    store.epoch_deadline_callback(|mut store| Ok(store.data_mut().half_time()));
    set_bounds(&mut store, allowance);
    store
}

/// Gives a store a new allowance, after its call came back.
pub(super) fn renew(store: &mut Store<Call>, allowance: Allowance) {
    store.data_mut().allowance = allowance;
    store.data_mut().limiter = Limiter::new(allowance.memory_bytes);
    store.data_mut().meter = None;
    set_bounds(store, allowance);
}

fn set_bounds(store: &mut Store<Call>, allowance: Allowance) {
    store.set_fuel(allowance.fuel).expect("the engine should count fuel");
    store.set_epoch_deadline(allowance.ticks / 2);
    store.set_hostcall_fuel(allowance.lifted_bytes);
}

/// Units of fuel that a store's call has used.
pub(super) fn fuel_used(store: &Store<Call>) -> u64 {
    let left = store.get_fuel().expect("the engine should count fuel");
    store.data().fuel().saturating_sub(left)
}

/// What a call wrote to its log.
pub(super) fn into_log(store: Store<Call>) -> Vec<LogLine> {
    store.into_data().log.into_lines()
}

/// Counts a call of the host and has the guest pay for it.
pub(super) fn enter_host(store: &mut StoreContextMut<'_, Call>, argument_bytes: usize) -> wasmtime::Result<()> {
    let call = store.data_mut();
    call.host_calls_left =
        call.host_calls_left.checked_sub(1).ok_or_else(|| wasmtime::Error::new(Excess::HostCalls))?;
    charge(store, HOST_CALL_FUEL + argument_bytes as u64)
}

/// Has the guest pay for what the host does for it: the engine counts only the guest's own instructions.
pub(super) fn charge(store: &mut StoreContextMut<'_, Call>, fuel: u64) -> wasmtime::Result<()> {
    let left = store.get_fuel()?;
    store.set_fuel(left.saturating_sub(fuel))?;
    if fuel > left { Err(wasmtime::Error::new(Trap::OutOfFuel)) } else { Ok(()) }
}
