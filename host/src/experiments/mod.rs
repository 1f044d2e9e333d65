//! Experiments: what a campaign's tenant wants to try ([`Design`]), who is tried on what ([`Design::arm`]), what came of it
//! ([`assess`]), and whether that is enough to decide ([`winner`]). `docs/experiments.md` is for those who design them.
//!
//! The room is pure. Who is enrolled stays where they are: that, and what is credited to which message, is kept with the person
//! (`profiles/trials`); the figures are counted from there.

mod assignment;
mod design;
mod posterior;
mod read;
mod statistics;
mod winner;

#[cfg(test)]
mod tests;

pub use design::{Design, Measure, Metric, Variation, WinnerRule};
pub use statistics::{Assessed, Interval, Lift, assess};
pub use winner::{Lack, Standing, winner};
