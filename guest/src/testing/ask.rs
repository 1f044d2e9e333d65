//! One question to the campaign, and what becomes of its answer: what the real host would do with it, and
//! a panic where the real host would refuse it.

use serde_json::Value;

use super::outcome::{Entry, Instructed};
use super::run::Run;
use crate::decision::{Delivery, TimerChange};
use crate::dispatch::StateChange;
use crate::{Campaign, Cause, Context, Decision, Instruction, dispatch};

/// The contract's bound on what is remembered about one person, in bytes.
const STATE_BYTES_MAX: usize = 16 * 1024;
/// The contract's bound on one decision's instructions.
const INSTRUCTIONS_MAX: usize = 100;

impl<C: Campaign> Run<C> {
    pub(super) fn ask(&mut self, cause: &Cause) {
        let ctx = Context {
            campaign: self.host.campaign.clone(),
            now: self.now,
            profile: "profile-1".to_owned(),
            variation: String::new(),
            seed: self.causes,
        };
        let (campaign, state) = (&self.campaign, self.state.as_deref());
        let answer = self.host.lend(|| dispatch::decide(campaign, &ctx, cause, state));
        let (decision, change) = answer.unwrap_or_else(|err| panic!("the campaign failed on {cause:?}: {err}"));
        self.keep_state(change);
        self.act(decision);
    }

    fn keep_state(&mut self, change: StateChange) {
        match change {
            StateChange::Keep => {}
            StateChange::Forget => self.state = None,
            StateChange::Replace(bytes) => {
                assert!(
                    bytes.len() <= STATE_BYTES_MAX,
                    "a state of {} bytes is over its bound of {STATE_BYTES_MAX}",
                    bytes.len()
                );
                self.state = Some(bytes);
            }
        }
    }

    fn act(&mut self, decision: Decision) {
        for change in decision.timers {
            match change {
                TimerChange::Set(name, at) => drop(self.timers.insert(name, at)),
                TimerChange::Cancel(name) => drop(self.timers.remove(&name)),
                TimerChange::CancelAll => self.timers.clear(),
            }
        }
        assert!(
            decision.instructions.len() <= INSTRUCTIONS_MAX,
            "a decision gives at most {INSTRUCTIONS_MAX} instructions"
        );
        for instruction in decision.instructions {
            self.instruct(instruction);
        }
        let marks = decision.marks.into_iter().map(|mark| Entry::Marked(self.now, mark));
        self.diary.extend(marks);
    }

    fn instruct(&mut self, instruction: Instruction) {
        self.check(&instruction);
        let mut deliveries = instruction.deliveries.into_iter();
        let reached = deliveries.find(|delivery| !self.host.unreachable.contains(&delivery.channel));
        let (channel, content) = match reached {
            Some(Delivery { channel, content }) => (Some(channel), content),
            None => (None, Value::Null),
        };
        self.diary.push(Entry::Instructed(self.instructions.len()));
        self.instructions.push(Instructed {
            at: self.now,
            step: instruction.step,
            channel,
            content,
            expires: instruction.expires,
        });
    }

    fn check(&self, instruction: &Instruction) {
        let step = &instruction.step;
        assert!(self.manifest.steps.contains(step), "the manifest names no step `{step}`");
        assert!(!instruction.deliveries.is_empty(), "the step `{step}` has no delivery");
        for Delivery { channel, .. } in &instruction.deliveries {
            let is_named = self.manifest.channels.contains(channel);
            assert!(is_named, "the manifest names no channel `{channel}`");
        }
    }
}
