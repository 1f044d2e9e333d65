//! What a Rekindle campaign in Rust is written with.
//!
//! A campaign is a type that implements [`Campaign`], in a crate that says [`campaign!`] once. It is
//! asked "this happened to this person: what now?" and answers with a [`Decision`]. It has no clock, no
//! chance, no network and no files: everything it knows comes through its [`Context`].
//!
//! Its unit tests run natively, against the pretend host of [`testing`].
//!
//! Where this stands: authors see the types at the root. `dispatch` turns the contract's texts and
//! bytes into them and back; `component` binds that to the contract (`wit/campaign@0`) in WebAssembly,
//! [`testing`] to the pretend host natively. No type of the bindings reaches an author.

pub mod body;
mod campaign;
mod cause;
#[cfg(target_family = "wasm")]
#[doc(hidden)]
pub mod component;
mod condition;
mod content;
mod context;
mod decision;
mod dispatch;
mod error;
mod history;
mod host;
mod manifest;
#[cfg(not(target_family = "wasm"))]
pub mod testing;
mod timestamp;
mod wait;

pub use campaign::Campaign;
pub use cause::{Call, Cause, Change, Engagement, EngagementKind, Event};
pub use condition::Condition;
pub use content::{Ads, AdsAction, Content, Email, Push, Sms, Webhook};
pub use context::Context;
pub use decision::{Decision, Instruction, Mark};
pub use error::Error;
pub use history::{Answer, Subject};
pub use manifest::{Manifest, Target, Trigger};
pub use timestamp::Timestamp;
pub use wait::{Wait, WaitError};
