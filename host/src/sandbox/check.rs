//! The rules of an answer, checked after it was read and before anything is made of it: a decision that breaks one is
//! no decision.

use std::collections::HashSet;

use super::bindings::rekindle::campaign::types as wit;
use super::convert::timestamp;
use crate::domain::{Manifest, Timestamp, limits};

/// What a campaign promised in its manifest to stay within.
#[derive(Debug)]
pub(super) struct Promises {
    channels: HashSet<String>,
    steps: HashSet<String>,
}

impl Promises {
    pub(super) fn new(manifest: &Manifest) -> Self {
        Self { channels: manifest.channels.iter().cloned().collect(), steps: manifest.steps.iter().cloned().collect() }
    }
}

/// Checks a decision made at `now`; says which rule it breaks, and where.
pub(super) fn decision(decision: &wit::Decision, promises: &Promises, now: Timestamp) -> Result<(), String> {
    at_most("instructions", decision.instructions.len(), limits::INSTRUCTIONS_MAX)?;
    at_most("timer changes", decision.timers.len(), limits::TIMERS_MAX)?;
    at_most("marks", decision.marks.len(), limits::MARKS_MAX)?;
    instructions(&decision.instructions, promises)?;
    decision.timers.iter().try_for_each(|change| timer(change, now))?;
    state(&decision.state)?;
    decision.marks.iter().try_for_each(mark)?;
    at_most("bytes of text", decision_bytes(decision), limits::OUTPUT_BYTES_MAX)
}

fn instructions(instructions: &[wit::Instruction], promises: &Promises) -> Result<(), String> {
    let mut steps = HashSet::new();
    for instruction in instructions {
        let step = instruction.step.as_str();
        name("a step", step)?;
        if !promises.steps.contains(step) {
            return Err(format!("step `{step}` is not in the manifest: add it to its steps"));
        }
        // A message is recognised by campaign, profile, cause and step: two of one step would be one message.
        if !steps.insert(step) {
            return Err(format!("step `{step}` is there twice: instruct each step once in an answer"));
        }
        deliveries(step, &instruction.deliveries, promises)?;
    }
    Ok(())
}

fn deliveries(step: &str, deliveries: &[wit::Delivery], promises: &Promises) -> Result<(), String> {
    if deliveries.is_empty() {
        return Err(format!("step `{step}` has no delivery: name at least one channel"));
    }
    at_most(&format!("deliveries in step `{step}`"), deliveries.len(), limits::DELIVERIES_MAX)?;
    for delivery in deliveries {
        name("a channel", &delivery.channel)?;
        if !promises.channels.contains(&delivery.channel) {
            let channel = &delivery.channel;
            return Err(format!("channel `{channel}` in step `{step}` is not in the manifest: add it to its channels"));
        }
    }
    Ok(())
}

fn timer(change: &wit::TimerChange, now: Timestamp) -> Result<(), String> {
    match change {
        wit::TimerChange::Set((timer, at)) => {
            name("a timer", timer)?;
            let latest = now.plus(limits::TIMER_AHEAD_MAX);
            if timestamp(*at) <= latest {
                return Ok(());
            }
            let days = limits::TIMER_AHEAD_MAX.as_secs() / 86_400;
            Err(format!("timer `{timer}` is due more than {days} days ahead: set it to `{latest}` or before"))
        }
        wit::TimerChange::Cancel(timer) => name("a timer", timer),
        wit::TimerChange::CancelAll => Ok(()),
    }
}

fn state(change: &wit::StateChange) -> Result<(), String> {
    let wit::StateChange::Replace(state) = change else { return Ok(()) };
    at_most("bytes of state", state.len(), limits::STATE_BYTES_MAX)
}

fn mark(mark: &wit::Mark) -> Result<(), String> {
    match mark {
        wit::Mark::Entered => Ok(()),
        wit::Mark::Exited(reason) => name("the reason of an exit", reason),
        wit::Mark::Converted(value) if value.is_finite() => Ok(()),
        wit::Mark::Converted(value) => Err(format!("the value `{value}` of a conversion is not a number to add up")),
        wit::Mark::Other((other, _)) => name("a mark", other),
    }
}

/// Checks a name: reports, storage keys and people read it.
pub(super) fn name(what: &str, text: &str) -> Result<(), String> {
    if text.is_empty() {
        return Err(format!("the name of {what} is empty: give it one"));
    }
    if text.len() > limits::NAME_BYTES_MAX {
        return Err(format!("the name of {what} has {} bytes: use at most {}", text.len(), limits::NAME_BYTES_MAX));
    }
    if text.contains(char::is_control) {
        return Err(format!("the name of {what}, {text:?}, has control characters: leave them out"));
    }
    Ok(())
}

/// Checks a number of something.
pub(super) fn at_most(what: &str, number: usize, max: usize) -> Result<(), String> {
    if number <= max { Ok(()) } else { Err(format!("`{number}` {what}: at most `{max}` are allowed")) }
}

fn decision_bytes(decision: &wit::Decision) -> usize {
    let instructions: usize = decision.instructions.iter().map(instruction_bytes).sum();
    let timers: usize = decision.timers.iter().map(timer_bytes).sum();
    let marks: usize = decision.marks.iter().map(mark_bytes).sum();
    instructions + timers + marks + ext_bytes(&decision.ext)
}

fn instruction_bytes(instruction: &wit::Instruction) -> usize {
    let deliveries: usize = instruction.deliveries.iter().map(|each| each.channel.len() + each.content.len()).sum();
    instruction.step.len() + deliveries + ext_bytes(&instruction.ext)
}

fn timer_bytes(change: &wit::TimerChange) -> usize {
    match change {
        wit::TimerChange::Set((name, _)) | wit::TimerChange::Cancel(name) => name.len(),
        wit::TimerChange::CancelAll => 0,
    }
}

fn mark_bytes(mark: &wit::Mark) -> usize {
    match mark {
        wit::Mark::Entered | wit::Mark::Converted(_) => 0,
        wit::Mark::Exited(reason) => reason.len(),
        wit::Mark::Other((name, value)) => name.len() + value.len(),
    }
}

fn ext_bytes(ext: &[(String, String)]) -> usize {
    ext.iter().map(|(name, value)| name.len() + value.len()).sum()
}
