//! Rekindle: a Segment-compatible destination that runs re-engagement campaigns as sandboxed WebAssembly components.
//!
//! The rooms stand in the order in which data walks through them; `ARCHITECTURE.md` is the plan of the house.

pub mod domain;
pub mod ingest;
pub mod store;
pub mod tenants;
