//! The same component by the engine's own hand, without the house around it: what a store and an instance cost by themselves,
//! and what a decision would cost if an instance were used again, which the house never does.

use std::sync::Arc;

use anyhow::Result;
use rekindle::domain::limits;
use serde_json::Value;
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Config, Enabled, Engine, InstanceAllocationStrategy, PoolingAllocationConfig, Store};

use self::bindings::rekindle::campaign::{catalogue, conditions, event_body, history, log, profile, types};
use self::bindings::{Campaign, CampaignPre};
use super::scene;

mod bindings {
    //! The contract in Rust's types, generated from `wit/campaign@0`.
    wasmtime::component::bindgen!({ path: "../wit/campaign@0", world: "campaign" });
}

/// As the house has them in `sandbox/engine.rs`.
const MEMORY_KEPT_BYTES: usize = 192 << 10;
const TABLE_KEPT_BYTES: usize = 16 << 10;

/// A component, ready for instances.
pub(super) struct Direct {
    engine: Engine,
    linked: CampaignPre<Answers>,
    body: Arc<Value>,
}

/// An instance that is used again.
pub(super) struct Reused {
    store: Store<Answers>,
    campaign: Campaign,
}

impl Direct {
    pub(super) fn new(component: &[u8]) -> Result<Self> {
        let engine = Engine::new(&configuration())?;
        let mut linker = Linker::new(&engine);
        Campaign::add_to_linker::<_, HasSelf<_>>(&mut linker, |answers| answers)?;
        let linked = linker.instantiate_pre(&Component::new(&engine, component)?)?;
        Ok(Self { linked: CampaignPre::new(linked)?, engine, body: Arc::new(scene::body().value()) })
    }

    pub(super) fn store(&self) -> Store<Answers> {
        let mut store = Store::new(&self.engine, Answers { body: Arc::clone(&self.body) });
        store.set_fuel(limits::FUEL_PER_CALL).expect("the engine should count fuel");
        store.set_epoch_deadline(limits::EPOCH_TICKS_PER_CALL);
        store
    }

    /// Asks a fresh instance, as the house does.
    pub(super) fn decide(&self, state: &[u8]) {
        self.instance().expect("there should be room for an instance").decide(state);
    }

    pub(super) fn instance(&self) -> Result<Reused> {
        let mut store = self.store();
        let campaign = self.linked.instantiate(&mut store)?;
        Ok(Reused { store, campaign })
    }
}

impl Reused {
    /// Asks it as the house asks a fresh one.
    pub(super) fn decide(&mut self, state: &[u8]) {
        self.store.set_fuel(limits::FUEL_PER_CALL).expect("the engine should count fuel");
        self.store.set_epoch_deadline(limits::EPOCH_TICKS_PER_CALL);
        let handler = self.campaign.rekindle_campaign_handler();
        let answer = handler.call_decide(&mut self.store, &context(state), &cause());
        let decision = answer.expect("the campaign should not trap").expect("the campaign should decide");
        assert_eq!(decision.timers.len(), 1, "the campaign should wait");
    }
}

fn configuration() -> Config {
    let mut pool = PoolingAllocationConfig::new();
    pool.linear_memory_keep_resident(MEMORY_KEPT_BYTES).table_keep_resident(TABLE_KEPT_BYTES);
    pool.max_memory_size(limits::GUEST_MEMORY_BYTES_MAX).total_memories(limits::INSTANCES_MAX).total_gc_heaps(0);
    pool.pagemap_scan(Enabled::No);
    let mut config = Config::new();
    config.concurrency_support(false).consume_fuel(true).epoch_interruption(true);
    config.cranelift_nan_canonicalization(true).gc_support(false);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool));
    config
}

fn context(state: &[u8]) -> types::Context {
    types::Context {
        campaign: "three-lines".to_owned(),
        now: scene::NOW.as_millis().unsigned_abs(),
        profile: "user-1".to_owned(),
        variation: String::new(),
        seed: 7,
        state: Some(state.to_vec()),
        ext: Vec::new(),
    }
}

fn cause() -> types::Cause {
    types::Cause::Event(types::Event {
        message_id: "m-1".to_owned(),
        call: "track".to_owned(),
        name: "Product Added".to_owned(),
        at: scene::NOW.as_millis().unsigned_abs(),
        ext: Vec::new(),
    })
}

/// What the campaign hears when it asks: the same as in the house.
pub(super) struct Answers {
    body: Arc<Value>,
}

impl types::Host for Answers {}

impl event_body::Host for Answers {
    fn get(&mut self, pointer: String) -> Option<String> {
        self.body.pointer(&pointer).map(Value::to_string)
    }

    fn document(&mut self) -> String {
        self.body.to_string()
    }
}

impl history::Host for Answers {
    fn look_up(&mut self, _: history::Subject, _: Option<u64>) -> history::Answer {
        history::Answer { count: 0, first: None, last: None, saturated: false }
    }
}

impl profile::Host for Answers {
    fn get_trait(&mut self, _: String) -> Option<String> {
        None
    }

    fn reachable(&mut self, _: String) -> bool {
        true
    }

    fn in_audience(&mut self, _: String) -> bool {
        false
    }
}

impl catalogue::Host for Answers {
    fn get_item(&mut self, _: String) -> Option<String> {
        None
    }
}

impl conditions::Host for Answers {
    fn check(&mut self, _: String) -> Result<(), String> {
        Ok(())
    }

    fn holds(&mut self, _: String, _: String) -> Result<bool, String> {
        Ok(true)
    }
}

impl log::Host for Answers {
    fn write(&mut self, _: String, _: String) {}
}
