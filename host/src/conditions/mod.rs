//! Conditions: one JSON grammar for every campaign in every language, for splits, filters, exceptions and exits.
//!
//! A condition is parsed once, with errors that name the place and say what would do, and evaluated over what a person is,
//! did and received. It is pure: the same person, cause, trigger and moment give the same answer. `docs/conditions.md`
//! is the grammar with its examples, each of which a test runs.

mod audiences;
mod comparison;
mod error;
mod evaluate;
mod items;
mod parse;
mod span;
mod tree;

#[cfg(test)]
mod tests;

pub use audiences::{AudienceError, Audiences};
pub use error::ConditionError;
pub(crate) use error::{choices, nearest};
pub use evaluate::{Person, Scene};
pub(crate) use parse::Place;
pub(crate) use span::{moment, read as span};
pub use tree::Condition;
