//! Taking the steps: what happens to each run when something happens, when a wait is over, and when the trigger comes.

use rekindle_guest::{Cause, Condition, Context, Decision, Error, Instruction, Mark, Timestamp, Wait};
use serde_json::{Map, Value, json};

use crate::Configured;
use crate::configuration::{Action, Goal, Message, Otherwise, Retrigger, Step, Way};
use crate::content::{Place, Values};
use crate::interests::{item_pointer, pointer};
use crate::state::{RUNS_MAX, Run, State};
use crate::trigger::properties;
use crate::values::{number, text};

/// Bytes of what is remembered of a trigger: with all runs of a person, within what may be remembered of one.
const TRIGGER_BYTES_MAX: usize = 1_200;

/// Decides.
pub(crate) fn decide(
    configured: &Configured,
    ctx: &Context,
    cause: &Cause,
    state: &mut State,
) -> Result<Decision, Error> {
    let mut walk = Walk { configured, ctx, moment: moment(ctx, cause), decision: Decision::none() };
    let runs = std::mem::take(&mut state.runs);
    for run in runs {
        state.runs.extend(walk.go_on(run, cause)?);
    }
    if configured.journey.trigger.is(cause, ctx)? {
        walk.triggered(cause, state)?;
    }
    Ok(walk.decision)
}

/// When the cause happened: what it leads to waits from then on.
fn moment(ctx: &Context, cause: &Cause) -> Timestamp {
    match cause {
        Cause::Event(event) => event.at,
        Cause::Engagement(engagement) => engagement.at,
        Cause::Schedule(moment) => *moment,
        _ => ctx.now(),
    }
}

struct Walk<'a> {
    configured: &'a Configured,
    ctx: &'a Context,
    moment: Timestamp,
    decision: Decision,
}

/// What ends a run at any time.
enum Ending<'a> {
    Goal(&'a Goal),
    Exit(&'a str),
}

impl<'a> Walk<'a> {
    /// What becomes of a run that waits; none when it is over.
    fn go_on(&mut self, mut run: Run, cause: &Cause) -> Result<Option<Run>, Error> {
        let is_over = match cause {
            Cause::Timer(name) if *name != run.timer() => return Ok(Some(run)),
            Cause::Timer(_) => true,
            _ => false,
        };
        let Some((_, step)) = self.stands_at(&run) else {
            self.end(&run, "the journey was changed");
            return Ok(None);
        };
        if self.ends(&run, step)? {
            return Ok(None);
        }
        match (&step.action, is_over) {
            (Action::WaitUntil { condition, .. }, _) if self.holds(condition, &run.trigger, run.since)? => {
                run.step += 1
            }
            (_, false) => return Ok(Some(run)),
            (Action::WaitUntil { otherwise: Otherwise::Exit, .. }, true) => {
                self.end(&run, "waited in vain");
                return Ok(None);
            }
            (Action::WaitUntil { otherwise: Otherwise::Go(label), .. }, true) => run.step = self.labelled(&run, label),
            (_, true) => run.step += 1,
        }
        self.advance(run)
    }

    /// What ends a run that began so, whatever it stands at; none while nothing does.
    fn ending(&self, trigger: &Value) -> Result<Option<Ending<'a>>, Error> {
        let (journey, began) = (&self.configured.journey, began(trigger));
        if let Some(goal) = &journey.goal
            && self.holds(&goal.when, trigger, began)?
        {
            return Ok(Some(Ending::Goal(goal)));
        }
        for exit in &journey.exit {
            if self.holds(&exit.when, trigger, began)? {
                return Ok(Some(Ending::Exit(&exit.reason)));
            }
        }
        Ok(None)
    }

    /// Ends the run where its goal, an exit or an exception holds.
    fn ends(&mut self, run: &Run, step: &Step) -> Result<bool, Error> {
        match self.ending(&run.trigger)? {
            Some(Ending::Goal(goal)) => {
                let worth = goal.value.as_deref().and_then(|property| number(&self.ctx.body(&pointer(property))?));
                self.mark(Mark::Converted(worth.unwrap_or_default()));
                self.end(run, "reached its goal");
                return Ok(true);
            }
            Some(Ending::Exit(reason)) => {
                self.end(run, reason);
                return Ok(true);
            }
            None => {}
        }
        let (Action::Wait { unless, .. } | Action::WaitUntil { unless, .. }) = &step.action else { return Ok(false) };
        match unless {
            Some(exception) if self.holds(exception, &run.trigger, run.since)? => {
                self.end(run, "an exception while waiting");
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    fn triggered(&mut self, cause: &Cause, state: &mut State) -> Result<(), Error> {
        let journey = &self.configured.journey;
        let trigger = self.trigger_event(cause);
        if let Some(filter) = &journey.filter
            && !self.holds(filter, &trigger, began(&trigger))?
        {
            return Ok(());
        }
        let key = match &journey.retrigger {
            Retrigger::Parallel(property) => Some(trigger.pointer(&pointer(property)).cloned().unwrap_or_default()),
            _ => None,
        };
        let Some(waiting) = state.runs.iter_mut().find(|run| run.key == key) else {
            return self.enter((key, trigger), cause, state);
        };
        if !matches!(journey.retrigger, Retrigger::Ignore) {
            waiting.trigger = trigger;
            self.count(waiting, cause);
            let run = waiting.clone();
            let again = self.advance(run)?;
            state.runs.retain(|run| run.key != key);
            state.runs.extend(again);
        }
        Ok(())
    }

    fn enter(&mut self, (key, trigger): (Option<Value>, Value), cause: &Cause, state: &mut State) -> Result<(), Error> {
        // An order that arrived before the cart that it closes.
        if self.ending(&trigger)?.is_some() {
            return Ok(());
        }
        let (way, number) = (self.choose_way(), state.next_number());
        let mut run = Run {
            number,
            key,
            way: way.name.to_owned(),
            step: 0,
            since: self.moment,
            trigger,
            count: 0,
            items: Vec::new(),
            more: 0,
        };
        self.count(&mut run, cause);
        if state.runs.len() >= RUNS_MAX {
            let oldest = state.runs.remove(0);
            self.end(&oldest, "too many runs at a time");
        }
        self.mark(Mark::Entered);
        state.runs.extend(self.advance(run)?);
        Ok(())
    }

    /// Takes steps until one waits; none when the run is over.
    fn advance(&mut self, mut run: Run) -> Result<Option<Run>, Error> {
        while let Some((_, step)) = self.stands_at(&run) {
            match &step.action {
                Action::Wait { time, .. } => return Ok(Some(self.wait(run, *time))),
                Action::WaitUntil { condition, at_most, .. } => {
                    if !self.holds(condition, &run.trigger, self.moment)? {
                        return Ok(Some(self.wait(run, *at_most)));
                    }
                    run.step += 1;
                }
                Action::Message(message) => {
                    if !self.instruct(message, &run)? {
                        return Ok(None);
                    }
                    run.step += 1;
                }
                Action::Split { condition, yes, no } => {
                    let way = if self.holds(condition, &run.trigger, began(&run.trigger))? { yes } else { no };
                    run.step = way.as_ref().map_or(run.step + 1, |label| self.labelled(&run, label));
                }
                Action::Exit(reason) => {
                    self.end(&run, reason);
                    return Ok(None);
                }
            }
        }
        self.end(&run, "completed");
        Ok(None)
    }

    fn wait(&mut self, mut run: Run, time: Wait) -> Run {
        run.since = self.moment;
        let timer = (run.timer(), self.moment + time);
        self.change(|decision| decision.set_timer(timer.0, timer.1));
        run
    }

    /// False when the person is not to get it, which ends the run.
    fn instruct(&mut self, message: &Message, run: &Run) -> Result<bool, Error> {
        if let Some(condition) = &self.configured.journey.dont_send_if
            && self.holds(condition, &run.trigger, began(&run.trigger))?
        {
            self.end(run, "not to be sent");
            return Ok(false);
        }
        let values = Known { ctx: self.ctx, run };
        let mut instruction = Instruction::new(&message.step);
        for delivery in &message.deliveries {
            instruction = instruction.deliver_over(&delivery.channel, &delivery.content.render(&values));
        }
        if let Some(expires) = message.expires {
            instruction = instruction.expires(self.ctx.now() + expires);
        }
        self.change(|decision| decision.instruct(instruction));
        Ok(true)
    }

    fn end(&mut self, run: &Run, reason: &str) {
        let (timer, mark) = (run.timer(), Mark::exited(reason));
        self.change(|decision| decision.cancel_timer(timer).mark(mark));
    }

    fn mark(&mut self, mark: Mark) {
        self.change(|decision| decision.mark(mark));
    }

    fn change(&mut self, change: impl FnOnce(Decision) -> Decision) {
        self.decision = change(std::mem::take(&mut self.decision));
    }

    /// Whether a condition holds, in which what somebody did counts from `since` on.
    fn holds(&self, condition: &Condition, trigger: &Value, since: Timestamp) -> Result<bool, Error> {
        let mut trigger = trigger.clone();
        trigger["timestamp"] = since.as_millis().into();
        self.ctx.holds(condition, &trigger)
    }

    fn stands_at(&self, run: &Run) -> Option<(Way<'a>, &'a Step)> {
        let way = self.configured.journey.way(&run.way)?;
        way.steps.get(run.step).map(|step| (way, step))
    }

    /// The step of that name; behind the last, where a newer journey has none.
    fn labelled(&self, run: &Run, label: &str) -> usize {
        let steps = self.configured.journey.way(&run.way).map_or(&[][..], |way| way.steps);
        steps.iter().position(|step| step.label() == Some(label)).unwrap_or(steps.len())
    }

    /// The way that the host assigned, or else always the same one for a person, by the weights.
    fn choose_way(&self) -> Way<'a> {
        let journey = &self.configured.journey;
        if let Some(way) = self.ctx.variation().and_then(|name| journey.way(name)) {
            return way;
        }
        let weights: u64 = journey.ways().map(|way| u64::from(way.weight)).sum();
        let mut place = hash(self.ctx.campaign(), self.ctx.profile_id()) % weights.max(1);
        let mut ways = journey.ways();
        let chosen = ways.find(|way| {
            let is_here = place < u64::from(way.weight);
            place = place.saturating_sub(way.weight.into());
            is_here
        });
        chosen.expect("weights should have been checked")
    }

    /// The event that began a run, as far as anything asks for it, and when it was.
    fn trigger_event(&self, cause: &Cause) -> Value {
        let mut event = json!({ "timestamp": self.moment.as_millis() });
        match cause {
            Cause::TraitChanged(change) => event["properties"] = properties(change, "trait"),
            Cause::ItemChanged(change) => event["properties"] = properties(change, "item"),
            _ => {}
        }
        let mut bytes = 0;
        for pointer in &self.configured.interests.pointers {
            let Some(value) = self.ctx.body(pointer) else { continue };
            bytes += pointer.len() + value.to_string().len();
            if bytes > TRIGGER_BYTES_MAX {
                self.ctx.warn("the trigger's event is too large to remember all that the journey asks of it");
                break;
            }
            put(&mut event, pointer, value);
        }
        event
    }

    fn count(&self, run: &mut Run, cause: &Cause) {
        run.count += 1;
        let aggregate = &self.configured.journey.aggregate;
        let is_of_item = matches!(cause, Cause::ItemChanged(_));
        let listed = self.ctx.body(&if is_of_item { item_pointer(aggregate) } else { pointer(aggregate) });
        listed.as_ref().and_then(text).into_iter().for_each(|item| run.list(item));
    }
}

/// When a run began.
fn began(trigger: &Value) -> Timestamp {
    Timestamp::from_millis(trigger["timestamp"].as_u64().unwrap_or_default())
}

/// Puts a value at its place, making the objects above it.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let mut place = document;
    for token in pointer.split('/').skip(1) {
        if !place.is_object() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[token.replace("~1", "/").replace("~0", "~")];
    }
    *place = value;
}

/// What the places of a text stand for.
struct Known<'a> {
    ctx: &'a Context,
    run: &'a Run,
}

impl Values for Known<'_> {
    fn value(&self, place: &Place) -> Option<String> {
        match place {
            Place::Count => Some(self.run.count.to_string()),
            Place::Items => self.run.items(),
            Place::Trigger(property) => self.run.trigger.pointer(&pointer(property)).and_then(text),
            Place::Item(attribute) => self.run.trigger.pointer(&item_pointer(attribute)).and_then(text),
            Place::Trait(name) => self.ctx.get_trait(name).as_ref().and_then(text),
        }
    }
}

/// FNV-1a, 64 bits: the same for the same person, in every version.
fn hash(campaign: &str, profile: &str) -> u64 {
    let bytes = campaign.bytes().chain([0]).chain(profile.bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3))
}
