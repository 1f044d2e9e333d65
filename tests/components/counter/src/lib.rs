//! A campaign whose every instruction can be foretold, so that a judge sees from one message whether an event before it was lost, came
//! twice, or came in another order. It counts the events of a person and says at each how many there were; every third sets a timer.

use rekindle_guest::{Campaign, Cause, Context, Decision, Error, Instruction, Manifest, Wait};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::json;

/// The event that is counted; its property `number` is the sender's own count.
pub const COUNTED: &str = "Counted";
/// Every how many events a timer is set.
pub const EVENTS_PER_TIMER: u64 = 3;
/// The channel of every instruction.
const CHANNEL: &str = "webhook";

/// The campaign.
#[derive(Debug)]
pub struct Counter;

/// What a tenant may set.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {
    /// Makes one publication another than the next.
    pub edition: u64,
}

/// What is remembered about one person.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// Events so far.
    pub events: u64,
    /// Timers that fired so far.
    pub timers: u64,
}

impl Campaign for Counter {
    type Configuration = Configuration;
    type State = State;

    fn configure(_: Configuration) -> Result<Self, Error> {
        Ok(Self)
    }

    fn manifest(&self) -> Manifest {
        Manifest::new("counter", env!("CARGO_PKG_VERSION"), "counts what a person does")
            .on_event(COUNTED)
            .channel(CHANNEL)
            .step("event")
            .step("timer")
    }

    fn decide(&self, ctx: &Context, cause: &Cause, state: &mut State) -> Result<Decision, Error> {
        match cause {
            Cause::Event(_) => {
                state.events += 1;
                let content = json!({"number": ctx.body("/properties/number"), "events": state.events});
                let decision = Decision::none().instruct(Instruction::new("event").deliver_over(CHANNEL, &content));
                let is_third = state.events.is_multiple_of(EVENTS_PER_TIMER);
                // Timers of one moment fire in the order of their names.
                let name = format!("{:06}", state.events);
                Ok(if is_third { decision.set_timer(name, ctx.now() + Wait::seconds(1)) } else { decision })
            }
            Cause::Timer(name) => {
                state.timers += 1;
                // The moment is in it, because a decision that is made again would be made at another one.
                let content = json!({"timer": name, "timers": state.timers, "at_ms": ctx.now().as_millis()});
                Ok(Decision::none().instruct(Instruction::new("timer").deliver_over(CHANNEL, &content)))
            }
            _ => Ok(Decision::none()),
        }
    }
}

rekindle_guest::campaign!(Counter);
