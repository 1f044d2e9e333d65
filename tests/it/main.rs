//! The tests of the whole house, in one binary. Run them by `cargo xtask test`.

#![expect(clippy::unwrap_used, reason = "a test may stop where something is not there")]

mod callbacks;
mod campaigns;
mod catalogue;
mod catch_up;
mod commands;
mod compile;
mod containment;
mod delivery;
mod demo;
mod door;
mod durability;
mod emulators;
mod erasure;
mod followons;
mod hostile;
mod journeys;
mod leaks;
mod mappings;
#[expect(dead_code, reason = "the sandbox's own tests, and the probes, make more of it")]
#[path = "../../host/src/sandbox/tests/modules.rs"]
mod modules;
mod people;
mod policy;
mod process;
mod recipe;
mod reports;
mod scenarios;
mod schedules;
mod segment;
mod stalled;
mod stop;
mod sweeps;
mod templates;
mod tenants;
mod tidy;
