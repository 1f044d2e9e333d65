//! Figures by campaign, variation, who is held out, step, channel and day: the form in which the judge's and the reports' are compared.

use std::collections::BTreeMap;
use std::fmt;

/// Milliseconds of a day.
const DAY_MS: i64 = 24 * 3_600_000;

/// What figures are about.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(crate) struct Line {
    pub(crate) campaign: String,
    pub(crate) variation: String,
    pub(crate) held_out: String,
    pub(crate) step: String,
    pub(crate) channel: String,
    /// Days since the Unix epoch, UTC.
    pub(crate) day: i64,
}

/// All figures that are not nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Figures(BTreeMap<(Line, String), i128>);

/// What the judge knows enough of to recount.
pub(crate) const COUNTED: [&str; 14] = [
    "sent",
    "delivered",
    "opened",
    "opened_by_machines",
    "clicked",
    "unsubscribed",
    "people",
    "people_converted",
    "conversions",
    "value_micros",
    "value_hundredths",
    "value_squares",
    "credited",
    "credited_micros",
];

/// A figure that is not the same on both sides.
#[derive(Debug)]
pub(crate) struct Difference {
    line: Line,
    measure: String,
    recounted: i128,
    reported: i128,
}

impl Line {
    /// The same on the day of a moment.
    pub(crate) fn on(&self, at_ms: i64) -> Self {
        Self { day: at_ms.div_euclid(DAY_MS), ..self.clone() }
    }
}

impl Figures {
    pub(crate) fn add(&mut self, line: Line, measure: &str, count: i128) {
        if count == 0 {
            return;
        }
        let key = (line, measure.to_owned());
        let sum = self.0.entry(key.clone()).or_default();
        *sum += count;
        if *sum == 0 {
            self.0.remove(&key);
        }
    }

    /// How many there are.
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// All of one measure of what `is_meant`.
    pub(crate) fn sum(&self, measure: &str, is_meant: impl Fn(&Line) -> bool) -> i128 {
        let meant = self.0.iter().filter(|((line, of), _)| of == measure && is_meant(line));
        meant.map(|(_, count)| count).sum()
    }

    /// Where the two differ, both ways.
    pub(crate) fn differences(&self, reported: &Self) -> Vec<Difference> {
        let mut keys: Vec<_> = self.0.keys().chain(reported.0.keys()).collect();
        keys.sort_unstable();
        keys.dedup();
        let of = |figures: &Self, key| figures.0.get(key).copied().unwrap_or_default();
        let pairs = keys.into_iter().map(|key| (key, of(self, key), of(reported, key)));
        pairs
            .filter(|(_, recounted, reported)| recounted != reported)
            .map(|((line, measure), recounted, reported)| Difference {
                line: line.clone(),
                measure: measure.clone(),
                recounted,
                reported,
            })
            .collect()
    }
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { line, measure, recounted, reported } = self;
        let Line { campaign, variation, held_out, step, channel, day } = line;
        let words = [variation, held_out, step, channel].map(|word| if word.is_empty() { "-" } else { word });
        write!(
            f,
            "{campaign} {} day {day}: {measure} is {recounted} by the judge, {reported} in the reports",
            words.join(" ")
        )
    }
}
