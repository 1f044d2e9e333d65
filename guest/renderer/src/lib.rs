//! Renders tenants' templates: Liquid, as marketers know it. The house's own guest: compiled to a component of `wit/renderer@0`, it runs
//! in the sandbox, where a hostile template ends nothing but its own call.
//!
//! A template is a document: a head of named lines, which become members of the message, and a body. Nothing here knows channels.

mod date;
mod document;
mod echo;
mod filters;
mod language;
mod lenient;
mod outputs;
mod render;

#[cfg(target_family = "wasm")]
mod component;

pub use render::{Form, Rendered, check, render};
