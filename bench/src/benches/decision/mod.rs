//! A decision: somebody with a cart puts another product into it. The real campaign, configured, a fresh instance each time;
//! next to it the same code in an instance that is used again, and compiled for this machine.

mod engine;
mod scene;

use std::hint::black_box;
use std::sync::Arc;

use anyhow::{Result, ensure};
use rekindle::domain::{Cause, Context, StateChange};
use rekindle::sandbox::{Guest, Sandbox, View};
use rekindle_guest::testing::Run;
use serde_json::Value;
use three_lines::ThreeLines;

use crate::arguments::Settings;
use crate::figure::{Figure, Goal};
use crate::usage::cpu_us_each;
use engine::Direct;
use scene::{CONFIGURATION, Shopper};

/// The goal that the prototype's 8.9 µs led to.
const GOAL_US: f64 = 12.0;

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let (rounds, count) = (settings.extent.pick(3, 9), settings.extent.pick(2_000, 20_000));
    let sandbox = Sandbox::new()?;
    let configured = sandbox.configure(&settings.component()?, CONFIGURATION)?;
    let guest = sandbox.load(&configured.component, &configured.manifest)?;
    let shopper: Arc<dyn View> = Arc::new(Shopper::new());
    let (cause, context) = (scene::cause(), with_a_cart(&guest, &shopper)?);
    let direct = Direct::new(&configured.component)?;
    let state = context.state.clone().unwrap_or_default();
    let mut native = Native::new()?;
    let body = scene::body();
    let rounds = |job: &mut dyn FnMut()| {
        cpu_us_each(count / 10, &mut *job);
        (0..rounds).map(|_| cpu_us_each(count, &mut *job)).collect()
    };
    let fresh = rounds(&mut || drop(black_box(guest.decide(&context, &cause, Arc::clone(&shopper)))));
    let mut reused = direct.instance()?;
    Ok(vec![
        Figure::of("decision, fresh instance", "µs CPU", fresh).with_goal(Goal::AtMost(GOAL_US)),
        Figure::of("· a store", "µs CPU", rounds(&mut || drop(direct.store()))),
        Figure::of("· a store and an instance", "µs CPU", rounds(&mut || drop(direct.instance()))),
        Figure::of("· a store, an instance and the call", "µs CPU", rounds(&mut || direct.decide(&state))),
        Figure::of("· floor: instance used again", "µs CPU", rounds(&mut || reused.decide(&state))),
        Figure::of("· floor: native code", "µs CPU", rounds(&mut || native.decide())),
        Figure::of("· besides: reading the event's body", "µs CPU", rounds(&mut || drop(black_box(body.value())))),
        Figure::once("· bytes of the component", "bytes", configured.component.len() as f64),
    ])
}

/// The context of somebody who has something in the cart, as the campaign itself left it.
fn with_a_cart(guest: &Guest, shopper: &Arc<dyn View>) -> Result<Context> {
    let cause: Cause = scene::cause();
    let mut context = scene::context();
    for _ in 0..2 {
        let outcome = guest.decide(&context, &cause, Arc::clone(shopper));
        let Ok(decision) = outcome.result else { anyhow::bail!("the campaign failed: {:?}", outcome.result) };
        ensure!(decision.timers.len() == 1, "the campaign should wait: {decision:?}");
        if let StateChange::Replace(state) = decision.state {
            context.state = Some(state);
        }
    }
    Ok(context)
}

/// The campaign's code for this machine, with the kit's pretend host.
struct Native {
    configuration: Value,
    run: Option<Run<ThreeLines>>,
    decisions: usize,
}

impl Native {
    /// What is written down of a run grows with it.
    const DECISIONS_MAX: usize = 100;

    fn new() -> Result<Self> {
        Ok(Self { configuration: serde_json::from_str(CONFIGURATION)?, run: None, decisions: 0 })
    }

    fn decide(&mut self) {
        let run = self.run.take().filter(|_| !self.decisions.is_multiple_of(Self::DECISIONS_MAX));
        let run = run.unwrap_or_else(|| Run::of::<ThreeLines>(self.configuration.clone()));
        self.run = Some(run.event("Product Added", scene::product()));
        self.decisions += 1;
    }
}
