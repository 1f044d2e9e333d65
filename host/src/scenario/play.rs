//! Plays one scenario: takes its steps in order, and holds what went out against what should have. What goes out between two
//! waits has to be expected before the second; a campaign that fails has to be expected, too.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::time::Duration;

use serde_json::Value;

use super::ScenarioError;
use super::expectation::{Expected, NOBODY_ASKED, Silence, offset, picture, reasons};
use super::script::{Action, Scenario, Step};
use super::stage::Stage;
use crate::domain::{Json, Said, Timestamp};
use crate::ledger::{FailureRow, LedgerRow, What};
use crate::worker::MessageRow;

/// How a scenario went.
#[derive(Debug, Default)]
pub(super) struct Played {
    /// What was not as it should be, in the order of the steps.
    pub(super) deviations: Vec<Deviation>,
    /// What happened and what should have, in the order of time.
    pub(super) timeline: Vec<Line>,
    /// What the ledger says of those who are in a deviation.
    pub(super) ledgers: BTreeMap<String, Vec<String>>,
    /// How long it was for those who are in it.
    pub(super) passed: Duration,
}

/// Something that was not as it should be.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Deviation {
    /// The step, as a JSON Pointer into the file.
    pub(super) pointer: String,
    pub(super) what: String,
}

/// A line of the timeline.
#[derive(Debug)]
pub(super) struct Line {
    pub(super) after: Duration,
    pub(super) mark: Mark,
    pub(super) person: String,
    pub(super) what: String,
}

/// How a line compares with what was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Mark {
    /// Somebody did it.
    Done,
    /// It went out, as expected.
    AsExpected,
    /// It should have gone out.
    Missing,
    /// It should not have gone out.
    Unexpected,
}

/// A scenario being played.
struct Play {
    stage: Stage,
    start: Timestamp,
    played: Played,
    /// The messages that were expected, or reported because they were not.
    judged: HashSet<String>,
    concerned: BTreeSet<String>,
    /// Reasons that somebody wrote down.
    known_reasons: Vec<String>,
}

/// Plays a scenario to its end.
pub(super) async fn play(stage: Stage, scenario: &Scenario) -> Result<Played, ScenarioError> {
    let mut play = Play {
        start: stage.now(),
        stage,
        played: Played::default(),
        judged: HashSet::new(),
        concerned: BTreeSet::new(),
        known_reasons: Vec::new(),
    };
    for step in &scenario.steps {
        play.take(step).await?;
    }
    let end = scenario.steps.last().map(|step| step.pointer.clone()).unwrap_or_default();
    play.finish(&end)
}

impl Play {
    async fn take(&mut self, step: &Step) -> Result<(), ScenarioError> {
        match &step.action {
            Action::Wait(duration) => {
                self.judge_the_rest(&step.pointer)?;
                self.stage.pass(*duration).await
            }
            Action::Happens { person, what, ago } => {
                let happened = self.stage.now().minus(*ago);
                let late = if ago.is_zero() { String::new() } else { format!(", {} before", offset(*ago)) };
                self.line(Mark::Done, &person.0, format!("{}{late}", what.picture()));
                self.hear(step, what.call(person, happened)).await
            }
            Action::Segment(call) => {
                self.line(Mark::Done, "", call.to_string());
                self.hear(step, call.clone()).await
            }
            Action::Item { item, amendments } => {
                let now = amendments.iter().map(|(name, value)| (name.clone(), value.as_ref().map(Json::value)));
                let now: serde_json::Map<_, _> = now.map(|(name, value)| (name, value.unwrap_or_default())).collect();
                self.line(Mark::Done, "", format!("the item {item} is now {}", Value::Object(now)));
                self.stage.say(item, Said::Becomes(amendments.clone())).await
            }
            Action::Channel { channel, answers } => {
                self.line(Mark::Done, "", format!("the provider of {channel} now {answers:?}").to_lowercase());
                self.stage.answer(channel, *answers);
                Ok(())
            }
            Action::Expect(expected) => self.expect(&step.pointer, expected),
            Action::ExpectNone(silence) => self.expect_none(&step.pointer, silence),
        }
    }

    async fn hear(&mut self, step: &Step, call: Value) -> Result<(), ScenarioError> {
        if let Err(reason) = self.stage.hear(call).await? {
            self.deviate(&step.pointer, format!("the call goes into quarantine: {reason}"));
        }
        Ok(())
    }

    fn expect(&mut self, pointer: &str, expected: &Expected) -> Result<(), ScenarioError> {
        let messages = self.unjudged()?;
        if let Some(found) = messages.iter().find(|message| expected.difference(message, self.start).is_none()) {
            self.went_out(Mark::AsExpected, found);
            return Ok(());
        }
        let person = &expected.selection.person;
        self.line(Mark::Missing, person, expected.picture());
        self.concerned.insert(person.clone());
        let instead = match messages.iter().find(|message| expected.selection.means(message)) {
            Some(nearest) => {
                self.went_out(Mark::Unexpected, nearest);
                expected.difference(nearest, self.start).unwrap_or_default()
            }
            None => self.why_not(expected)?,
        };
        self.deviate(pointer, format!("{person} should have got {}, but {instead}", expected.selection.picture()));
        Ok(())
    }

    /// The latest that the ledger says.
    fn why_not(&self, expected: &Expected) -> Result<String, ScenarioError> {
        let ledger = self.stage.ledger(&expected.selection.person)?;
        let last = reasons(&ledger, &expected.selection).last();
        Ok(last.map_or(NOBODY_ASKED.to_owned(), |last| format!("did not; the ledger's last word is: {last}")))
    }

    fn expect_none(&mut self, pointer: &str, silence: &Silence) -> Result<(), ScenarioError> {
        let person = silence.selection.person.clone();
        self.known_reasons.push(silence.because.to_lowercase());
        for message in self.unjudged()?.iter().filter(|message| silence.selection.means(message)) {
            self.went_out(Mark::Unexpected, message);
            self.deviate(
                pointer,
                format!("{person} should not have got {}, and got {}", silence.selection.picture(), picture(message)),
            );
        }
        let ledger = self.stage.ledger(&person)?;
        if !silence.is_given(&ledger) {
            self.concerned.insert(person.clone());
            let said: Vec<String> = reasons(&ledger, &silence.selection).collect();
            let said = if said.is_empty() { NOBODY_ASKED.to_owned() } else { said.join(" | ") };
            self.deviate(
                pointer,
                format!("`{}` is not why {person} got nothing; the ledger says: {said}", silence.because),
            );
        }
        Ok(())
    }

    /// What is left now was not expected.
    fn judge_the_rest(&mut self, pointer: &str) -> Result<(), ScenarioError> {
        for message in self.unjudged()? {
            self.went_out(Mark::Unexpected, &message);
            self.deviate(
                pointer,
                format!("{} got {}, which nothing before this step expects", message.profile, picture(&message)),
            );
        }
        Ok(())
    }

    fn finish(mut self, pointer: &str) -> Result<Played, ScenarioError> {
        self.judge_the_rest(pointer)?;
        for failure in self.stage.failures()? {
            self.judge_failure(pointer, failure);
        }
        for person in &self.concerned {
            let ledger = self.stage.ledger(person)?;
            let mut said: Vec<String> = ledger.iter().map(|row| self.said(row)).collect();
            if said.is_empty() {
                said.push(NOBODY_ASKED.to_owned());
            }
            self.played.ledgers.insert(person.clone(), said);
        }
        self.played.passed = self.stage.now().since(self.start);
        // What was missed stands at the moment at which it was missed.
        self.played.timeline.sort_by_key(|line| line.after);
        Ok(self.played)
    }

    fn judge_failure(&mut self, pointer: &str, failure: FailureRow) {
        let FailureRow { at, campaign, profile, failed } = failure;
        let row = LedgerRow { at, campaign, what: What::Failed(failed) };
        let sentence = row.sentence();
        if !self.known_reasons.iter().any(|reason| sentence.to_lowercase().contains(reason)) {
            self.deviate(pointer, format!("{}, asked about {profile}, {sentence}", row.campaign));
            self.concerned.insert(profile);
        }
    }

    fn said(&self, row: &LedgerRow) -> String {
        let after = offset(Timestamp::from_millis(row.at).since(self.start));
        format!("{after:<10} {}: {}", row.campaign, row.sentence())
    }

    fn unjudged(&self) -> Result<Vec<MessageRow>, ScenarioError> {
        let mut messages = self.stage.messages()?;
        messages.retain(|message| !self.judged.contains(&message.id));
        Ok(messages)
    }

    fn went_out(&mut self, mark: Mark, message: &MessageRow) {
        self.judged.insert(message.id.clone());
        if mark == Mark::Unexpected {
            self.concerned.insert(message.profile.clone());
        }
        let after = Timestamp::from_millis(message.at).since(self.start);
        self.played.timeline.push(Line { after, mark, person: message.profile.clone(), what: picture(message) });
    }

    fn line(&mut self, mark: Mark, person: &str, what: String) {
        let after = self.stage.now().since(self.start);
        self.played.timeline.push(Line { after, mark, person: person.to_owned(), what });
    }

    fn deviate(&mut self, pointer: &str, what: String) {
        self.played.deviations.push(Deviation { pointer: pointer.to_owned(), what });
    }
}
