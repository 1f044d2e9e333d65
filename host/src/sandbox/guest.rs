//! A published campaign, ready to decide: compiled, linked, configured. Each decision has an instance of its own, which
//! nothing that came before can have touched.

use std::sync::Arc;

use wasmtime::Store;

use super::asked::Asked;
use super::bindings::CampaignPre;
use super::call::{self, Call};
use super::check::Promises;
use super::configure::own_words;
use super::machine::Machine;
use super::{View, check, convert, failure};
use crate::domain::{Cause, Context, Decision, Event, Failure, FailureKind, Manifest, Outcome, limits};

/// A campaign that can be asked. To clone it costs nothing; who still holds an old one decides by the old one.
#[derive(Clone)]
pub struct Guest(Arc<Loaded>);

struct Loaded {
    machine: Arc<Machine>,
    linked: CampaignPre<Call>,
    promises: Promises,
    asked: Arc<Asked>,
}

impl Guest {
    pub(super) fn new(machine: Arc<Machine>, linked: CampaignPre<Call>, manifest: &Manifest) -> Self {
        Self(Arc::new(Loaded { machine, linked, promises: Promises::new(manifest), asked: Arc::default() }))
    }

    /// Asks the campaign. The same context, cause and view give the same decision.
    pub fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome {
        let bytes = input_bytes(context, cause);
        if bytes > limits::INPUT_BYTES_MAX {
            let message = format!("event and state have `{bytes}` bytes, at most `{}` go in", limits::INPUT_BYTES_MAX);
            let result = Err(failure::plain(FailureKind::InputTooLarge, message, 0));
            return Outcome { result, fuel_used: 0, log: Vec::new() };
        }
        let _permit = self.0.machine.permits.take();
        let mut store = call::store(&self.0.machine.engine, view, Arc::clone(&self.0.asked));
        let result = self.ask(&mut store, context, cause);
        Outcome { result, fuel_used: call::fuel_used(&store), log: call::into_log(store) }
    }

    fn ask(&self, store: &mut Store<Call>, context: &Context, cause: &Cause) -> Result<Decision, Failure> {
        let Loaded { linked, promises, .. } = &*self.0;
        let campaign = linked.instantiate(&mut *store).map_err(|err| failure::of_start(&err, store))?;
        let handler = campaign.rekindle_campaign_handler();
        let answer = handler.call_decide(&mut *store, &convert::context(context), &convert::cause(cause));
        let answer = answer.map_err(|err| failure::of_call(&err, store))?;
        let not_taken = |kind, message| failure::plain(kind, message, call::fuel_used(store));
        let decision = answer.map_err(|words| not_taken(FailureKind::Refused, own_words(&words)))?;
        check::decision(&decision, promises, context.now)
            .and_then(|()| convert::decision(decision))
            .map_err(|message| not_taken(FailureKind::InvalidAnswer, message))
    }
}

fn input_bytes(context: &Context, cause: &Cause) -> usize {
    let event_bytes = |event: &Event| event.name.len() + event.body.as_str().len();
    let cause_bytes = match cause {
        Cause::Event(event) | Cause::Engagement { event, .. } => event_bytes(event),
        Cause::Timer(name) => name.len(),
        Cause::Schedule(_) => 0,
        Cause::TraitChanged(change) | Cause::ItemChanged { change, .. } => {
            let values = change.before.iter().chain(&change.after);
            change.subject.len() + values.map(|value| value.as_str().len()).sum::<usize>()
        }
    };
    cause_bytes + context.state.as_ref().map_or(0, Vec::len)
}
