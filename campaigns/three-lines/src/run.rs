//! Where a person stands on the way through the three lines, and what each cause changes about it. One
//! function per cause; none of them reads a clock, and each of them compares the times of events rather
//! than trusting the order of their arrival.

use std::mem;

use rekindle_guest::body::{OrderCompleted, ProductAdded, ProductRemoved};
use rekindle_guest::{
    AdsAction, Context, Decision, Engagement, EngagementKind, Event, Instruction, Mark, Subject, Timestamp,
};
use serde::{Deserialize, Serialize};

use crate::cart::Cart;
use crate::lines::Line;
use crate::{ORDER_COMPLETED, ThreeLines};

/// What is remembered about a person.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct State {
    stage: Stage,
    /// Outlives a run that ended unordered: the products are still in the cart.
    cart: Cart,
    /// A message went out since the last order, so that an order counts as converted.
    messaged: bool,
    /// The audience that the person was put into.
    #[serde(skip_serializing_if = "Option::is_none")]
    audience: Option<String>,
}

/// Where the person stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Stage {
    /// No run.
    #[default]
    Idle,
    /// The line's timer is set; its message has not gone out.
    Waiting(Line),
    /// The line's message went out, and nobody said yet that it was received.
    Sent(Line),
}

impl ThreeLines {
    /// Begins a run, or restarts the wait of the pending step.
    pub(crate) fn product_added(&self, ctx: &Context, event: &Event, state: &mut State) -> Decision {
        let at = event.at.min(ctx.now());
        if ordered_since(ctx, at) {
            ctx.debug("a product added before an order that is known already: no run");
            return Decision::none();
        }
        let added: ProductAdded = ctx.read();
        state.cart.add(&added, at);
        let line = match state.stage {
            Stage::Idle => Line::Push,
            Stage::Waiting(line) | Stage::Sent(line) => line,
        };
        let decision = self.wait_for(line, at, &state.cart);
        if state.stage != Stage::Idle {
            return decision;
        }
        state.stage = Stage::Waiting(line);
        decision.mark(Mark::Entered)
    }

    /// Takes out of the cart; an emptied cart ends the run.
    pub(crate) fn product_removed(&self, ctx: &Context, event: &Event, state: &mut State) -> Decision {
        let removed: ProductRemoved = ctx.read();
        state.cart.remove(&removed, event.at.min(ctx.now()));
        if state.cart.is_empty() {
            return end(state, "cart emptied");
        }
        Decision::none()
    }

    /// Ends the run, unless products were added after the order, and takes the person out of the audience.
    pub(crate) fn order_completed(&self, ctx: &Context, event: &Event, state: &mut State) -> Decision {
        let closed_some = state.cart.close(event.at.min(ctx.now()));
        if !closed_some && !state.cart.is_empty() {
            ctx.debug("an order from before everything in the cart: the run goes on");
            return Decision::none();
        }
        self.ordered(ctx.read::<OrderCompleted>().worth(), state)
    }

    /// Received: the next line's wait begins. Opened or clicked by the person: the run ends.
    pub(crate) fn engaged(&self, ctx: &Context, engagement: &Engagement, state: &mut State) -> Decision {
        let line = self.line_of(engagement);
        match engagement.kind {
            EngagementKind::Delivered => match line {
                Some(line) => self.received(line, engagement.at.min(ctx.now()), state),
                None => Decision::none(),
            },
            EngagementKind::Opened | EngagementKind::Clicked if !engagement.by_machine && state.message_is_out() => {
                let step = line.map_or("a message", Line::step);
                end(state, &format!("{} {step}", engagement.kind.as_str()))
            }
            _ => Decision::none(),
        }
    }

    /// A line's wait is over, with no order: its message goes out.
    pub(crate) fn time_came(&self, ctx: &Context, timer: &str, state: &mut State) -> Decision {
        let Some(line) = Line::named(timer).filter(|line| state.stage.is_at(*line)) else {
            return Decision::none();
        };
        // While a campaign is paused, no cause tells it of an order; the history does.
        if state.cart.last_added_at().is_some_and(|at| ordered_since(ctx, at)) {
            state.cart = Cart::default();
            return self.ordered(None, state);
        }
        state.messaged = true;
        match line {
            Line::Push => sent(line, self.push(&state.cart), state),
            Line::Email => sent(line, self.email(&state.cart), state),
            Line::Ads => self.join_audience(state),
        }
    }

    /// An order is known, and what it bought is out of the cart.
    fn ordered(&self, worth: Option<f64>, state: &mut State) -> Decision {
        let mut decision = Decision::none();
        if state.cart.is_empty() {
            decision = end(state, "ordered");
        }
        if mem::take(&mut state.messaged) {
            decision = decision.mark(Mark::Converted(worth.unwrap_or(0.0)));
        }
        match state.audience.take() {
            Some(audience) => decision.instruct(self.ads(AdsAction::Remove, &audience)),
            None => decision,
        }
    }

    fn received(&self, line: Line, at: Timestamp, state: &mut State) -> Decision {
        let Some(next) = line.next().filter(|_| state.stage == Stage::Sent(line)) else {
            return Decision::none();
        };
        state.stage = Stage::Waiting(next);
        self.wait_for(next, at, &state.cart).cancel_timer(line.step())
    }

    /// The last line: whether the person joins or is in already, the run is over.
    fn join_audience(&self, state: &mut State) -> Decision {
        let audience = self.configuration.ads.audience.as_str();
        let ended = end(state, "all lines used");
        if state.audience.as_deref() == Some(audience) {
            return ended;
        }
        state.audience = Some(audience.to_owned());
        ended.instruct(self.ads(AdsAction::Add, audience))
    }

    /// Counts from that moment, or from when a product was last added if that is later.
    fn wait_for(&self, line: Line, at: Timestamp, cart: &Cart) -> Decision {
        let from = cart.last_added_at().map_or(at, |added_at| added_at.max(at));
        Decision::none().set_timer(line.step(), from + self.configuration.wait(line))
    }

    /// By its step; by its channel when the provider did not say which step it was.
    fn line_of(&self, engagement: &Engagement) -> Option<Line> {
        match &engagement.step {
            Some(step) => Line::named(step),
            None => Line::ALL.into_iter().find(|line| self.configuration.channel(*line) == engagement.channel),
        }
    }
}

impl State {
    /// Whether a message of this run went out: only then does an opened one end it.
    fn message_is_out(&self) -> bool {
        !matches!(self.stage, Stage::Idle | Stage::Waiting(Line::Push))
    }
}

impl Stage {
    /// A line that was sent and not received is tried again when a product is added.
    fn is_at(self, line: Line) -> bool {
        self == Self::Waiting(line) || self == Self::Sent(line)
    }
}

fn sent(line: Line, instruction: Instruction, state: &mut State) -> Decision {
    state.stage = Stage::Sent(line);
    Decision::none().instruct(instruction)
}

/// Ends the run, if there is one.
fn end(state: &mut State, reason: &str) -> Decision {
    match mem::take(&mut state.stage) {
        Stage::Idle => Decision::none(),
        Stage::Waiting(_) | Stage::Sent(_) => Decision::none().cancel_all_timers().mark(Mark::exited(reason)),
    }
}

fn ordered_since(ctx: &Context, at: Timestamp) -> bool {
    ctx.look_up_since(&Subject::event(ORDER_COMPLETED), at).occurred()
}
