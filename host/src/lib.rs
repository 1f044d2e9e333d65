//! Rekindle: a Segment-compatible destination that runs re-engagement campaigns as sandboxed WebAssembly components.
//!
//! The rooms stand in the order in which data walks through them; `ARCHITECTURE.md` is the plan of the house.

pub mod cli;
pub mod domain;
pub mod policy;
pub mod profiles;
mod journal;
pub mod sandbox;
pub mod channels;
pub mod domain;
pub mod outbox;
pub mod store;
pub mod tenants;
