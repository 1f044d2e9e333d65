//! The engine: what WebAssembly may be here, and how much room its instances have. It alone knows wasmtime's settings;
//! each says why it is not the default.

use std::hash::{Hash, Hasher};
use std::num::NonZeroUsize;

use sha2::{Digest, Sha256};
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, OptLevel, PoolingAllocationConfig, Strategy,
    WasmBacktraceDetails,
};

use crate::domain::limits;

/// One page of linear memory. A snapshot needs one more than the campaign has, to say where its memory lies.
pub(super) const PAGE_BYTES: usize = 64 << 10;
/// What stays mapped of a memory between two instances. Measured: without it, page faults triple the cost of a decision.
const KEEP_RESIDENT_BYTES: usize = 192 << 10;
/// What stays mapped of a table between two instances.
const TABLE_KEEP_RESIDENT_BYTES: usize = 16 << 10;
/// The guest's native stack. Host functions run on what the thread has beyond it; threads have 2 MiB.
const STACK_BYTES: usize = 512 << 10;

/// Makes the engine. It fails where the machine cannot reserve the address space.
pub(super) fn engine() -> wasmtime::Result<Engine> {
    let mut config = config();
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool()));
    Engine::new(&config)
}

/// Makes an engine that compiles for the other and has no room for instances, so that it fits into a limited process.
pub(super) fn compiling() -> wasmtime::Result<Engine> {
    Engine::new(&config())
}

/// What makes compiled code what it is.
fn config() -> Config {
    let mut config = Config::new();
    narrow(&mut config);
    bound(&mut config);
    config.strategy(Strategy::Cranelift).cranelift_opt_level(OptLevel::Speed);
    config
}

/// What code has to be compiled by and for to run here: version, settings, processor. The same from process to process.
pub(super) fn fingerprint(engine: &Engine) -> [u8; 32] {
    let mut hasher = Sha256Hasher::default();
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hasher.0.finalize().into()
}

/// The standard library's own hasher promises no result from one version to the next.
#[derive(Default)]
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("nobody should ask for a short hash")
    }
}

/// Off is what no toolchain of ours needs: most of the engine's advisories are in there.
fn narrow(config: &mut Config) {
    config.wasm_component_model(true);
    // Asynchronous components; besides, without them a host call costs 83 ns and not 144.
    config.concurrency_support(false);
    config.wasm_threads(false).shared_memory(false);
    // Relaxed SIMD goes with SIMD.
    config.wasm_simd(false).wasm_relaxed_simd(false);
    config.wasm_tail_call(false).wasm_memory64(false).wasm_exceptions(false);
    config.wasm_function_references(false).wasm_gc(false).gc_support(false);
    config.wasm_wide_arithmetic(false).wasm_custom_page_sizes(false);
    // `wasm_multi_memory` stays on: without it `Component::new` panics on composed components, whose adapters, made by
    // the engine, have two memories. `structure` refuses it in what is uploaded.
}

/// Nothing runs for ever, and everything runs the same way twice.
fn bound(config: &mut Config) {
    config.consume_fuel(true);
    // Fuel does not count what the host does for a guest.
    config.epoch_interruption(true);
    // The bits of a NaN would tell machines apart.
    config.cranelift_nan_canonicalization(true);
    config.max_wasm_stack(STACK_BYTES);
    config.wasm_backtrace_max_frames(NonZeroUsize::new(limits::BACKTRACE_FRAMES_MAX));
    // To read debug information that came with a module is work without a bound; names are enough.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    // Instances start from an image of their memory. Without it a snapshot's segments would be copied each time.
    config.memory_init_cow(true);
}

/// Room for `limits::INSTANCES_MAX` of the largest components, so that who has a permit finds a place.
fn pool() -> PoolingAllocationConfig {
    let mut pool = PoolingAllocationConfig::new();
    let instances = limits::INSTANCES_MAX;
    pool.total_component_instances(instances)
        .total_core_instances(instances * limits::CORE_INSTANCES_MAX)
        .total_memories(instances * limits::GUEST_MEMORIES_MAX)
        .total_tables(instances * limits::GUEST_TABLES_MAX)
        .max_core_instances_per_component(limits::CORE_INSTANCES_MAX)
        .max_memories_per_component(limits::GUEST_MEMORIES_MAX)
        .max_tables_per_component(limits::GUEST_TABLES_MAX)
        .max_memories_per_module(1)
        .max_memory_size(limits::GUEST_MEMORY_BYTES_MAX + PAGE_BYTES)
        .table_elements(limits::GUEST_TABLE_ELEMENTS_MAX)
        .linear_memory_keep_resident(KEEP_RESIDENT_BYTES)
        .table_keep_resident(TABLE_KEEP_RESIDENT_BYTES);
    // Switched off above; its heaps would reserve terabytes of address space.
    pool.total_gc_heaps(0);
    // It leaves pages that were swapped out as they were, for the next instance to read (wasmtime#14357).
    pool.pagemap_scan(Enabled::No);
    pool
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_one_engine_compiles_the_other_runs() {
        assert_eq!(fingerprint(&compiling().unwrap()), fingerprint(&engine().unwrap()));
    }
}
