//! Journeys without code: one JSON document says what begins a run, what it waits for, where it splits, what it sends and
//! what ends it. `docs/journeys.md` is the format with its examples.
//!
//! What the format leaves open is decided as follows:
//!   - A wait counts from the event that led to it, by the event's own time.
//!   - In `exit` and `goal`, what somebody did counts from the trigger on; in `unless` and `wait_until`, from the moment the
//!     wait began: unless the condition says itself since when.
//!   - Exits, goals and exceptions are asked whenever something happens and again when a wait is over, so that what arrived late
//!     counts too. A run whose exit holds already when it would begin does not begin.
//!   - A trigger that comes again while a run waits has the pending step wait anew, and the next message speak of everything
//!     since, unless `retrigger` says otherwise. A run that is over can begin again.
//!
//! `configuration` is what a tenant writes, `trigger` what begins a run, `check` refuses what cannot work, `interests` finds out what the
//! journey has to be asked about, `state` is what is remembered of a person, `walk` takes the steps.

mod check;
mod configuration;
mod content;
mod form;
mod interests;
mod item;
mod state;
mod trigger;
mod values;
mod walk;

use rekindle_guest::{Campaign, Cause, Context, Decision, Error, Manifest};

pub use configuration::Journey;
use configuration::Step;
use interests::Interests;
pub use state::State;

/// A journey that can work, and what it wants to know.
#[derive(Debug)]
pub struct Configured {
    journey: Journey,
    interests: Interests,
}

impl Campaign for Configured {
    type Configuration = Journey;
    type State = State;

    fn configure(journey: Journey) -> Result<Self, Error> {
        check::check(&journey)?;
        let interests = Interests::of(&journey);
        Ok(Self { journey, interests })
    }

    fn manifest(&self) -> Manifest {
        let summary = self.journey.summary.clone().unwrap_or_else(|| "a journey without a summary".to_owned());
        let manifest = Manifest::new(env!("CARGO_PKG_NAME"), env!("CARGO_PKG_VERSION"), summary);
        let manifest = self.interests.triggers.iter().cloned().fold(manifest, Manifest::on);
        let messages = self.journey.ways().flat_map(|way| way.steps).filter_map(Step::message);
        let mut named = Vec::new();
        messages.fold(manifest, |manifest, message| {
            let manifest =
                message.deliveries.iter().fold(manifest, |manifest, delivery| manifest.channel(&delivery.channel));
            if named.contains(&message.step.as_str()) {
                return manifest;
            }
            named.push(message.step.as_str());
            manifest.step(&message.step)
        })
    }

    fn decide(&self, ctx: &Context, cause: &Cause, state: &mut State) -> Result<Decision, Error> {
        walk::decide(self, ctx, cause, state)
    }
}

rekindle_guest::campaign!(Configured);
