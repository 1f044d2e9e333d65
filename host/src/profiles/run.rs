//! What one campaign waits for and remembers about one person.

use std::collections::BTreeMap;

use crate::domain::{Instruction, InstructionId, Revision, StateChange, TimerChange, Timestamp, limits};

/// What the names of the house's own timers begin with: no name that a campaign gives can hold it.
pub const HOUSE_TIMER: char = '\u{1}';

/// A campaign's memory of a person, opaque to us, and its timers.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Run {
    /// What the campaign remembered.
    pub state: Option<Vec<u8>>,
    /// Timers that are set: name and due moment, the exact key of the timer that will fire.
    pub timers: BTreeMap<String, Timestamp>,
    /// Messages that wait for their moment, the oldest first; each has a timer of the house's.
    pub held: Vec<Held>,
}

/// A message that the policy holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// Its id, as it will go out.
    pub id: InstructionId,
    /// The campaign's revision that instructed it.
    pub revision: Revision,
    /// What is to be sent, over whichever channel it then can be.
    pub instruction: Instruction,
    /// When it was instructed.
    pub since: Timestamp,
    /// When it is judged anew.
    pub until: Timestamp,
    /// The rule that holds it.
    pub rule: String,
}

/// What changing timers comes to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct TimerEffects {
    /// Timers that are no more.
    pub unset: Vec<(String, Timestamp)>,
    /// Timers from now on.
    pub set: Vec<(String, Timestamp)>,
}

impl Run {
    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        self.state.is_none() && self.timers.is_empty() && self.held.is_empty()
    }

    /// Remembers as a decision says.
    pub fn remember(&mut self, change: StateChange) {
        match change {
            StateChange::Keep => {}
            StateChange::Replace(state) => self.state = Some(state),
            StateChange::Forget => self.state = None,
        }
    }

    /// Sets and cancels timers, in order. A moment that is past comes a moment after `now`: a campaign cannot spin.
    pub fn change_timers(&mut self, changes: Vec<TimerChange>, now: Timestamp) -> TimerEffects {
        let before = self.timers.clone();
        let earliest = now.plus(limits::TIMER_AHEAD_MIN);
        for change in changes {
            match change {
                TimerChange::Set { name, at } => drop(self.timers.insert(name, at.max(earliest))),
                TimerChange::Cancel(name) => drop(self.timers.remove(&name)),
                TimerChange::CancelAll => self.timers.retain(|name, _| name.starts_with(HOUSE_TIMER)),
            }
        }
        let missing_in = |other: &BTreeMap<String, Timestamp>, these: &BTreeMap<String, Timestamp>| {
            let changed = these.iter().filter(|(name, at)| other.get(*name) != Some(*at));
            changed.map(|(name, at)| (name.clone(), *at)).collect()
        };
        TimerEffects { unset: missing_in(&self.timers, &before), set: missing_in(&before, &self.timers) }
    }

    /// Takes a timer that fires. False when it is not the one that is set: replaced or cancelled meanwhile.
    pub fn take_timer(&mut self, name: &str, due: Timestamp) -> bool {
        let is_set = self.timers.get(name) == Some(&due);
        if is_set {
            self.timers.remove(name);
        }
        is_set
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    fn set(name: &str, seconds: i64) -> TimerChange {
        TimerChange::Set { name: name.into(), at: at(seconds) }
    }

    #[test]
    fn setting_a_timer_again_replaces_it() {
        let mut run = Run::default();
        run.change_timers(vec![set("wait", 100)], at(0));
        let effects = run.change_timers(vec![set("wait", 200)], at(0));
        assert_eq!(effects.unset, [("wait".to_owned(), at(100))]);
        assert_eq!(effects.set, [("wait".to_owned(), at(200))]);
        assert!(!run.take_timer("wait", at(100)));
        assert!(run.take_timer("wait", at(200)));
        assert!(run.is_empty());
    }

    #[test]
    fn a_campaign_cannot_cancel_what_the_house_waits_for() {
        let mut run = Run::default();
        run.timers.insert(format!("{HOUSE_TIMER}schedule"), at(100));
        assert_eq!(run.change_timers(vec![TimerChange::CancelAll], at(0)), TimerEffects::default());
        assert!(!run.is_empty());
    }

    #[test]
    fn changes_of_one_decision_come_to_their_net_effect() {
        let mut run = Run::default();
        run.change_timers(vec![set("a", 100)], at(0));
        let effects = run.change_timers(vec![TimerChange::CancelAll, set("a", 100), set("b", 50)], at(70));
        assert_eq!(effects, TimerEffects { unset: vec![], set: vec![("b".to_owned(), at(71))] });
    }
}
