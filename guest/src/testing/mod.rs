//! A pretend host for authors' unit tests: one person, a virtual clock, and the same way in and out of
//! the campaign that a component has. What the real host would refuse (a step that the manifest does not
//! name, a state over its bound) is a panic here.
//!
//! ```
//! # use rekindle_guest::{Campaign, Cause, Context, Decision, Error, Instruction, Manifest, Sms, Wait};
//! # struct Nudge;
//! # impl Campaign for Nudge {
//! #     type Configuration = std::collections::BTreeMap<String, String>;
//! #     type State = ();
//! #     fn configure(_: Self::Configuration) -> Result<Self, Error> { Ok(Self) }
//! #     fn manifest(&self) -> Manifest {
//! #         Manifest::new("nudge", "1.0.0", "nudges").on_event("Cart Viewed").channel("sms").step("nudge")
//! #     }
//! #     fn decide(&self, ctx: &Context, cause: &Cause, _: &mut ()) -> Result<Decision, Error> {
//! #         Ok(match cause {
//! #             Cause::Event(_) => Decision::none().set_timer("nudge", ctx.now() + Wait::hours(1)),
//! #             _ => Decision::none().instruct(Instruction::new("nudge").deliver(&Sms::default())),
//! #         })
//! #     }
//! # }
//! use rekindle_guest::testing::Run;
//! use serde_json::json;
//!
//! let run = Run::of::<Nudge>(json!({}))
//!     .event("Cart Viewed", json!({ "cart_id": "c1" }))
//!     .wait("2h");
//! assert_eq!(run.timeline(), "+1h nudge over sms\n");
//! ```

mod ask;
pub(crate) mod host;
mod outcome;
mod run;

pub use outcome::Instructed;
pub use run::Run;

use serde_json::Value;

use crate::{Campaign, Manifest, dispatch};

/// Configures a campaign as the host does at a publication: the manifest, or the text that the tenant
/// would read.
pub fn configure<C: Campaign>(configuration: &Value) -> Result<Manifest, String> {
    dispatch::configure::<C>(&configuration.to_string())
        .map(|campaign| campaign.manifest())
        .map_err(|err| err.to_string())
}

/// The JSON Schema of a campaign's configuration, as the manifest carries it.
pub fn schema<C: Campaign>() -> Value {
    dispatch::schema::<C>()
}
