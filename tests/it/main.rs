//! The tests of the whole house, in one binary. Run them by `cargo xtask test`.

mod campaigns;
mod commands;
mod delivery;
mod demo;
mod door;
mod durability;
mod tenants;
mod tidy;
