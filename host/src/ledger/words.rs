//! The rows in words: a line each, that a person can read.

use super::{
    CONVERTED, Converted, Credit, Credited, Decided, ENTERED, EXITED, Enrolled, Fate, Judged, LedgerRow, Told, What,
};
use crate::domain::{LogLine, Mark, Outcome, Timestamp};

/// Millionths in a hundredth.
const MILLIONTHS: i64 = 10_000;

impl LedgerRow {
    /// What happened, in a line.
    pub fn sentence(&self) -> String {
        match &self.what {
            What::Decided(decided) => decided.sentence(),
            What::Released(released) => format!("held until now: {}", released.judged.sentence(Wish::IsSent)),
            What::Failed(failed) => format!("failed ({}): {}", failed.kind, failed.message),
            What::NotAsked { reason, .. } => format!("not asked: {reason}"),
            What::Sent(fate) => {
                format!("`{}` went out over {} ({}){}", fate.step, fate.channel, fate.provider, fate.note_text())
            }
            What::Retried(fate) => {
                let next = fate.next.map(Timestamp::from_millis).unwrap_or_default();
                format!("`{}` was not accepted ({}); next attempt {next}", fate.step, fate.reason_text())
            }
            What::Dead(fate) => format!("`{}` was given up: {}", fate.step, fate.reason_text()),
            What::Told(told) => told.sentence(),
            What::Enrolled(enrolled) => enrolled.sentence(),
            What::Converted(converted) => converted.sentence(),
            What::Credited(credited) => credited.sentence(),
            What::Recounted(_) => "two ids are one person: what they counted for twice is taken back".to_owned(),
        }
    }
}

/// Whether a message that nothing speaks against is sent.
#[derive(Clone, Copy)]
enum Wish {
    IsSent,
    WouldBeSent,
}

impl Decided {
    fn sentence(&self) -> String {
        let wish = if self.held_out.is_some() { Wish::WouldBeSent } else { Wish::IsSent };
        let held_out = self.held_out.as_ref().map(|share| format!("held out ({share})"));
        let verdicts = self.verdicts.iter().map(|judged| judged.sentence(wish));
        let set = self
            .timers_set
            .iter()
            .map(|(name, at)| format!("waits for `{name}` until {}", Timestamp::from_millis(*at)));
        let unset = self.timers_unset.iter().map(|name| format!("no longer waits for `{name}`"));
        let marks = self.marks.iter().filter(|mark| !mark.is_empty()).cloned();
        let parts: Vec<String> = held_out.into_iter().chain(verdicts).chain(set).chain(unset).chain(marks).collect();
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join("; ") }
    }
}

impl Judged {
    fn sentence(&self, wish: Wish) -> String {
        match (&self.rule, &self.saw, self.until) {
            (Some(rule), Some(saw), Some(until)) => {
                format!("`{}` is held until {} ({rule}: {saw})", self.step, Timestamp::from_millis(until))
            }
            (Some(rule), Some(saw), None) => format!("`{}` is not sent ({rule}: {saw})", self.step),
            _ => match wish {
                Wish::IsSent => format!("`{}` is sent over {}", self.step, self.channel),
                Wish::WouldBeSent => format!("`{}` would be sent over {}", self.step, self.channel),
            },
        }
    }
}

impl Fate {
    /// What was said when it went out, to stand at a sentence's end.
    pub(crate) fn note_text(&self) -> String {
        self.reason.as_ref().map(|note| format!(": {note}")).unwrap_or_default()
    }

    /// Why it did not go out.
    pub(crate) fn reason_text(&self) -> &str {
        self.reason.as_deref().unwrap_or("no reason given")
    }
}

impl Told {
    fn sentence(&self) -> String {
        let message = if self.step.is_empty() { "a message".to_owned() } else { format!("`{}`", self.step) };
        let by_machine = if self.by_machine { ", by a machine" } else { "" };
        format!("{message}: {}{by_machine}", self.kind)
    }
}

impl Enrolled {
    fn sentence(&self) -> String {
        let arm = [
            self.variation.as_ref().map(|variation| format!("variation `{variation}`")),
            self.held_out.as_ref().map(|share| format!("held out ({share})")),
        ];
        let arm: Vec<String> = arm.into_iter().flatten().collect();
        if arm.is_empty() { "takes part from now on".to_owned() } else { format!("takes part: {}", arm.join(", ")) }
    }
}

impl Converted {
    fn sentence(&self) -> String {
        let worth = match self.value_micros {
            0 => String::new(),
            micros => format!(", worth {}", value_text(micros)),
        };
        let to = self.credit.as_ref().map_or("to no message".to_owned(), Credit::words);
        let counts = if self.before == self.after { "; too late to count" } else { "" };
        format!("converted{worth}: credited {to}{counts}")
    }
}

impl Credited {
    fn sentence(&self) -> String {
        let words = |credit: &Option<Credit>| credit.as_ref().map_or("no message".to_owned(), Credit::message);
        format!("a conversion is credited to {} and no longer to {}", words(&self.to), words(&self.from))
    }
}

impl Credit {
    fn words(&self) -> String {
        format!("to {}", self.message())
    }

    fn message(&self) -> String {
        format!("`{}` over {}", self.step, self.channel)
    }
}

/// A value in hundredths, the rest cut off.
fn value_text(micros: i64) -> String {
    let hundredths = (micros / MILLIONTHS).unsigned_abs();
    let sign = if micros <= -MILLIONTHS { "-" } else { "" };
    format!("{sign}{}.{:02}", hundredths / 100, hundredths % 100)
}

/// A campaign's log, a line each.
pub(crate) fn log_lines(outcome: &Outcome) -> Vec<String> {
    outcome.log.iter().map(|LogLine { level, message }| format!("{level}: {message}")).collect()
}

/// A mark, in words.
pub(crate) fn mark_text(mark: &Mark) -> String {
    match mark {
        Mark::Entered => ENTERED.to_owned(),
        Mark::Exited(why) => format!("{EXITED}{why}"),
        Mark::Converted(value) => format!("{CONVERTED}{value}"),
        Mark::Other(name, value) => format!("{name}: {}", value.as_str()),
    }
}
