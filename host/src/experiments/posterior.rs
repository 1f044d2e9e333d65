//! What is believed of a number after it was measured: a distribution as a table, so that differences and ratios of two, for which no
//! formula serves, are sums. Nothing is drawn by chance: the same figures give the same answer.

use statrs::distribution::{Beta, Continuous, Normal};
use statrs::statistics::Distribution;

use crate::domain::limits::POSTERIOR_CELLS;

/// How many standard deviations around the mean are looked at: beyond is less than one in 100,000, whatever the shape.
const REACH: f64 = 12.0;
/// Halvings of an interval until it is a point.
const HALVINGS: usize = 50;
/// Between which logarithms a ratio is looked for.
const LOG_RATIO_MAX: f64 = 40.0;

/// A distribution, as equal cells over where it is.
#[derive(Debug, Clone)]
pub(super) struct Posterior {
    low: f64,
    width: f64,
    /// The part of each cell.
    masses: Vec<f64>,
    /// The part below each edge; one more than cells.
    below: Vec<f64>,
}

impl Posterior {
    /// Of a share, of which `hits` of `all` are known, and before which every share was as likely.
    pub(super) fn of_share(hits: f64, all: f64) -> Self {
        let beta = Beta::new(1.0 + hits, 1.0 + all - hits).expect("shapes should be at least 1");
        Self::of(&beta, (0.0, 1.0))
    }

    /// Of the mean of many.
    pub(super) fn of_mean(mean: f64, error: f64) -> Self {
        let normal = Normal::new(mean, error).expect("an error of the mean should be above 0");
        Self::of(&normal, (f64::NEG_INFINITY, f64::INFINITY))
    }

    /// The density is brought to one here, so that an error of its constant, which is great for great figures, does not matter.
    fn of(known: &(impl Continuous<f64, f64> + Distribution<f64>), bounds: (f64, f64)) -> Self {
        let mean = known.mean().expect("the distribution should have a mean");
        let spread = REACH * known.std_dev().expect("the distribution should have a spread");
        let (low, high) = ((mean - spread).max(bounds.0), (mean + spread).min(bounds.1));
        let width = (high - low) / POSTERIOR_CELLS as f64;
        let logs: Vec<f64> = (0..POSTERIOR_CELLS).map(|cell| known.ln_pdf(low + width * (cell as f64 + 0.5))).collect();
        let greatest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let parts: Vec<f64> = logs.iter().map(|log| (log - greatest).exp()).collect();
        let whole: f64 = parts.iter().sum();
        let masses: Vec<f64> = parts.iter().map(|part| part / whole).collect();
        let mut below = Vec::with_capacity(masses.len() + 1);
        below.push(0.0);
        masses.iter().for_each(|mass| below.push(below[below.len() - 1] + mass));
        Self { low, width, masses, below }
    }

    /// The probability that it is at most that.
    pub(super) fn at_most(&self, value: f64) -> f64 {
        let cells = (value - self.low) / self.width;
        if cells <= 0.0 {
            return 0.0;
        }
        let cell = cells as usize;
        self.masses.get(cell).map_or(1.0, |mass| self.below[cell] + mass * (cells - cell as f64))
    }

    /// The middle of each cell, and its part.
    fn cells(&self) -> impl Iterator<Item = (f64, f64)> {
        let middle = |cell: usize| self.low + self.width * (cell as f64 + 0.5);
        self.masses.iter().enumerate().map(move |(cell, mass)| (middle(cell), *mass))
    }

    fn high(&self) -> f64 {
        self.low + self.width * self.masses.len() as f64
    }

    /// The probability that it is above all of the others.
    pub(super) fn chance_above<'a>(&self, others: impl Iterator<Item = &'a Self> + Clone) -> f64 {
        let chance = |value: f64| others.clone().map(|other| other.at_most(value)).product::<f64>();
        self.cells().map(|(value, mass)| mass * chance(value)).sum::<f64>().min(1.0)
    }

    /// How much it is above the other: the number below which the difference is with that probability.
    pub(super) fn difference(&self, other: &Self, probability: f64) -> f64 {
        let at_most = |difference: f64| -> f64 {
            other.cells().map(|(value, mass)| mass * self.at_most(value + difference)).sum()
        };
        solve((self.low - other.high(), self.high() - other.low), probability, at_most)
    }

    /// How many times the other it is, the same way. Both have to be above nothing.
    pub(super) fn ratio(&self, other: &Self, probability: f64) -> f64 {
        let at_most = |log: f64| -> f64 {
            let above = other.cells().filter(|(value, _)| *value > 0.0);
            above.map(|(value, mass)| mass * self.at_most(value * log.exp())).sum()
        };
        solve((-LOG_RATIO_MAX, LOG_RATIO_MAX), probability, at_most).exp()
    }
}

/// Where something that only grows reaches a value.
fn solve((mut low, mut high): (f64, f64), value: f64, grows: impl Fn(f64) -> f64) -> f64 {
    for _ in 0..HALVINGS {
        let middle = f64::midpoint(low, high);
        if grows(middle) < value {
            low = middle;
        } else {
            high = middle;
        }
    }
    f64::midpoint(low, high)
}
