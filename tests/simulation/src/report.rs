//! What came of a run.

use std::fmt;
use std::time::Duration;

use crate::broken::Broken;
use crate::explanations::Explanation;
use crate::judge::Kept;
use crate::reports::Rebuilt;
use crate::truth::Estimate;

/// Lines of a list that are shown: one is enough to know that something is wrong.
const SHOWN_MAX: usize = 20;
/// The share of intervals that should hold the truth, in percent, and what is allowed below it by chance.
const CONFIDENCE_PERCENT: usize = 95;

/// What came of a run.
#[derive(Debug)]
pub struct Report {
    /// How long the month took.
    pub(crate) lived: Duration,
    pub(crate) calls: u64,
    pub(crate) messages: usize,
    pub(crate) people: usize,
    pub(crate) figures: usize,
    pub(crate) differences: Vec<String>,
    pub(crate) promises: Kept,
    pub(crate) rebuilt: Rebuilt,
    pub(crate) is_same_after: bool,
    pub(crate) estimates: Vec<Estimate>,
    /// What was wrong on purpose, and nobody said so.
    pub(crate) unnoticed: Vec<Broken>,
    pub(crate) explanations: Vec<Explanation>,
}

impl Report {
    /// What is wrong with the house, a line each.
    pub fn complaints(&self) -> Vec<String> {
        let broken = self.promises.broken.iter().map(|broken| format!("broken: {broken}"));
        let differed = (self.rebuilt.differed > 0 || !self.is_same_after)
            .then(|| format!("counted again, {} counters are not what they were", self.rebuilt.differed));
        let unnoticed =
            self.unnoticed.iter().map(|broken| format!("the judge did not notice what was broken: {broken:?}"));
        self.differences.iter().cloned().chain(broken).chain(differed).chain(unnoticed).collect()
    }

    /// What the house says of people whose stories differ.
    pub fn explained(&self) -> String {
        self.explanations.iter().map(ToString::to_string).collect()
    }

    /// How many intervals hold the truth, and of how many.
    pub fn held(&self) -> (usize, usize) {
        (self.estimates.iter().filter(|estimate| estimate.holds()).count(), self.estimates.len())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { calls, messages, people, figures, rebuilt, promises, .. } = self;
        let seconds = self.lived.as_secs_f64();
        writeln!(f, "{people} people, {calls} calls, {messages} messages accepted, in {seconds:.1} s")?;
        writeln!(f, "{figures} figures recounted, {} differ from the reports", self.differences.len())?;
        writeln!(f, "{} messages held against what was promised, {} broken", promises.messages, promises.broken.len())?;
        let all = if self.is_same_after { "all as before" } else { "not all as before" };
        writeln!(
            f,
            "{} rows counted again, {} counters compared, {} differed; {all}",
            rebuilt.rows, rebuilt.compared, rebuilt.differed
        )?;
        let (held, of) = self.held();
        writeln!(f, "{held} of {of} intervals of {CONFIDENCE_PERCENT} % hold the true effect")?;
        for estimate in &self.estimates {
            let mark = if estimate.holds() { ' ' } else { '!' };
            let (low, high) = (estimate.interval.low, estimate.interval.high);
            writeln!(f, "{mark} {:<40} {:>8.4} in {low:>8.4} to {high:>8.4}", estimate.what, estimate.truth)?;
        }
        let complaints = self.complaints();
        complaints.iter().take(SHOWN_MAX).try_for_each(|complaint| writeln!(f, "{complaint}"))?;
        let more = complaints.len().saturating_sub(SHOWN_MAX);
        if more > 0 { writeln!(f, "and {more} more") } else { Ok(()) }
    }
}
