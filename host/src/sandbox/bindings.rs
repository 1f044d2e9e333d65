//! The contract in Rust's types, generated from `wit/campaign@0`. Only `convert`, `host` and `check` speak them: the
//! rest of the house speaks the domain's.

wasmtime::component::bindgen!({
    path: "../wit/campaign@0",
    world: "campaign",
});

/// What the host asks of its own renderer, generated from `wit/renderer@0`. Only `renderer` speaks it.
pub(super) mod templates {
    wasmtime::component::bindgen!({
        path: "../wit/renderer@0",
        world: "renderer",
    });
}
