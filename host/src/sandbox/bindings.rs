//! The contract in Rust's types, generated from `wit/campaign@0`. Only `convert`, `host` and `check` speak them: the
//! rest of the house speaks the domain's.

wasmtime::component::bindgen!({
    path: "../wit/campaign@0",
    world: "campaign",
});
