//! Rekindle: a Segment-compatible destination that runs re-engagement campaigns as sandboxed WebAssembly components.
//!
//! The rooms stand in the order in which data walks through them; `ARCHITECTURE.md` is the plan of the house.

pub mod admin;
pub mod app;
mod callbacks;
pub mod catalogue;
pub mod channels;
mod check;
pub mod cli;
pub mod conditions;
pub mod demo;
pub mod domain;
pub mod experiments;
pub mod explain;
pub mod faults;
pub mod form;
#[cfg(any(test, fuzzing))]
pub mod fuzzing;
pub mod ingest;
mod journal;
pub mod keyring;
pub mod ledger;
mod listener;
pub mod mappings;
pub mod outbox;
pub mod policy;
pub mod profiles;
pub mod reports;
pub mod sandbox;
pub mod scenario;
pub mod schedules;
pub mod settings;
pub mod store;
pub mod telemetry;
pub mod tenants;
pub mod worker;
mod zones;
