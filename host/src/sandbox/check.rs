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

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::*;

    const NOW_MS: u64 = 1_767_323_045_678;

    fn instruction(step: &str, channels: &[&str]) -> wit::Instruction {
        let delivery = |channel: &&str| wit::Delivery { channel: (*channel).to_owned(), content: "{}".to_owned() };
        let deliveries = channels.iter().map(delivery).collect();
        wit::Instruction { step: step.to_owned(), deliveries, expires: None, ext: Vec::new() }
    }

    fn empty() -> wit::Decision {
        let state = wit::StateChange::Keep;
        wit::Decision { instructions: Vec::new(), timers: Vec::new(), state, marks: Vec::new(), ext: Vec::new() }
    }

    fn instructing(instructions: Vec<wit::Instruction>) -> wit::Decision {
        wit::Decision { instructions, ..empty() }
    }

    fn timing(timers: Vec<wit::TimerChange>) -> wit::Decision {
        wit::Decision { timers, ..empty() }
    }

    fn marking(marks: Vec<wit::Mark>) -> wit::Decision {
        wit::Decision { marks, ..empty() }
    }

    fn judged(answer: &wit::Decision) -> Result<(), String> {
        let texts = |texts: &[&str]| texts.iter().map(|&text| text.to_owned()).collect();
        let promises = Promises { channels: texts(&["push", "email"]), steps: texts(&["remind", "thank"]) };
        decision(answer, &promises, timestamp(NOW_MS))
    }

    #[track_caller]
    fn check(answers: &[wit::Decision], expected: Expect) {
        let breaches: Vec<String> = answers.iter().map(|answer| judged(answer).unwrap_err()).collect();
        expected.assert_eq(&(breaches.join("\n") + "\n"));
    }

    #[test]
    fn an_answer_at_its_limits_is_taken() {
        let ninety_days_ms = 90 * 24 * 3_600_000;
        let name = "n".repeat(limits::NAME_BYTES_MAX);
        let answer = wit::Decision {
            instructions: vec![
                instruction("remind", &["push"; limits::DELIVERIES_MAX]),
                instruction("thank", &["email"]),
            ],
            timers: vec![wit::TimerChange::Set((name.clone(), NOW_MS + ninety_days_ms)); limits::TIMERS_MAX],
            state: wit::StateChange::Replace(vec![0; limits::STATE_BYTES_MAX]),
            marks: vec![wit::Mark::Other((name, "1".to_owned())); limits::MARKS_MAX],
            ext: Vec::new(),
        };
        assert_eq!(judged(&answer), Ok(()));
        assert_eq!(judged(&empty()), Ok(()));
    }

    #[test]
    fn an_instruction_keeps_to_the_manifest() {
        check(
            &[
                instructing(vec![instruction("nag", &["push"])]),
                instructing(vec![instruction("remind", &["push", "fax"])]),
                instructing(vec![instruction("remind", &["push"]), instruction("remind", &["email"])]),
                instructing(vec![instruction("remind", &[])]),
                instructing(vec![instruction("remind", &["push"; 9])]),
                instructing(vec![instruction("remind", &["push"]); 101]),
                instructing(vec![instruction("", &["push"])]),
            ],
            expect![[r#"
                step `nag` is not in the manifest: add it to its steps
                channel `fax` in step `remind` is not in the manifest: add it to its channels
                step `remind` is there twice: instruct each step once in an answer
                step `remind` has no delivery: name at least one channel
                `9` deliveries in step `remind`: at most `8` are allowed
                `101` instructions: at most `100` are allowed
                the name of a step is empty: give it one
            "#]],
        );
    }

    #[test]
    fn a_timer_has_a_name_and_is_due_within_ninety_days() {
        check(
            &[
                timing(vec![wit::TimerChange::Set(("wait".to_owned(), u64::MAX))]),
                timing(vec![wit::TimerChange::Set((String::new(), NOW_MS))]),
                timing(vec![wit::TimerChange::Cancel("a\0b".to_owned())]),
                timing(vec![wit::TimerChange::CancelAll; 33]),
            ],
            expect![[r#"
                timer `wait` is due more than 90 days ahead: set it to `2026-04-02T03:04:05.678Z` or before
                the name of a timer is empty: give it one
                the name of a timer, "a\0b", has control characters: leave them out
                `33` timer changes: at most `32` are allowed
            "#]],
        );
    }

    #[test]
    fn marks_can_be_counted_and_added_up() {
        check(
            &[
                marking(vec![wit::Mark::Converted(f64::NAN)]),
                marking(vec![wit::Mark::Exited(String::new())]),
                marking(vec![wit::Mark::Other(("x".repeat(129), "1".to_owned()))]),
                marking(vec![wit::Mark::Entered; 33]),
            ],
            expect![[r#"
                the value `NaN` of a conversion is not a number to add up
                the name of the reason of an exit is empty: give it one
                the name of a mark has 129 bytes: use at most 128
                `33` marks: at most `32` are allowed
            "#]],
        );
    }

    #[test]
    fn state_and_texts_are_bounded() {
        let long = "x".repeat(limits::OUTPUT_BYTES_MAX);
        let state = wit::StateChange::Replace(vec![0; limits::STATE_BYTES_MAX + 1]);
        check(
            &[
                wit::Decision { state, ..empty() },
                marking(vec![wit::Mark::Other(("m".to_owned(), long.clone()))]),
                wit::Decision { ext: vec![("x".to_owned(), long)], ..empty() },
            ],
            expect![[r#"
                `16385` bytes of state: at most `16384` are allowed
                `65537` bytes of text: at most `65536` are allowed
                `65537` bytes of text: at most `65536` are allowed
            "#]],
        );
    }
}
