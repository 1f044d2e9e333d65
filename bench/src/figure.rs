//! What was measured: a name, a unit, and a number a round.

use serde_json::{Value, json};

/// One figure of a measurement.
pub(crate) struct Figure {
    name: String,
    unit: &'static str,
    /// One number a round, in order of size.
    rounds: Vec<f64>,
    /// What it should be.
    goal: Option<Goal>,
}

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

impl Figure {
    /// A figure of several rounds.
    pub(crate) fn of(name: impl Into<String>, unit: &'static str, mut rounds: Vec<f64>) -> Self {
        assert!(!rounds.is_empty(), "a figure should have a round");
        rounds.sort_by(f64::total_cmp);
        Self { name: name.into(), unit, rounds, goal: None }
    }

    /// A figure that was measured once.
    pub(crate) fn once(name: impl Into<String>, unit: &'static str, number: f64) -> Self {
        Self::of(name, unit, vec![number])
    }

    /// The middle one and the outermost two of many numbers that are not rounds.
    pub(crate) fn quantiles(name: &str, unit: &'static str, mut numbers: Vec<f64>) -> Vec<Self> {
        numbers.sort_by(f64::total_cmp);
        let quantile = |share: f64| numbers.get((numbers.len() as f64 * share) as usize).or(numbers.last());
        [("p50", 0.5), ("p99", 0.99), ("most", 1.0)]
            .into_iter()
            .filter_map(|(mark, share)| Some(Self::once(format!("{name}, {mark}"), unit, *quantile(share)?)))
            .collect()
    }

    pub(crate) fn with_goal(self, goal: Goal) -> Self {
        Self { goal: Some(goal), ..self }
    }

    pub(crate) fn median(&self) -> f64 {
        self.rounds[self.rounds.len() / 2]
    }

    /// The cells of its row.
    pub(crate) fn cells(&self) -> [String; 5] {
        let (first, last) = (self.rounds[0], self.rounds[self.rounds.len() - 1]);
        let spread = if self.rounds.len() > 1 { format!("{}–{}", short(first), short(last)) } else { String::new() };
        [self.name.clone(), short(self.median()), self.unit.to_owned(), spread, self.verdict()]
    }

    pub(crate) fn json(&self) -> Value {
        json!({"name": self.name, "unit": self.unit, "median": self.median(), "rounds": self.rounds, "goal": self.verdict()})
    }

    fn verdict(&self) -> String {
        let (is_met, goal) = match self.goal {
            None => return String::new(),
            Some(Goal::AtMost(bound)) => (self.median() <= bound, format!("≤ {}", short(bound))),
            Some(Goal::AtLeast(bound)) => (self.median() >= bound, format!("≥ {}", short(bound))),
        };
        format!("{goal}: {}", if is_met { "met" } else { "missed" })
    }
}

/// Three digits that count.
fn short(number: f64) -> String {
    match number.abs() {
        size if size >= 100.0 => format!("{number:.0}"),
        size if size >= 10.0 => format!("{number:.1}"),
        _ => format!("{number:.2}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_shows_its_middle_its_spread_and_whether_it_is_good_enough() {
        let figure = Figure::of("decision", "µs", vec![11.5, 8.911, 9.2]).with_goal(Goal::AtMost(12.0));
        assert_eq!(figure.cells(), ["decision", "9.20", "µs", "8.91–11.5", "≤ 12.0: met"]);
        let figure = Figure::once("ratio", "", 0.31).with_goal(Goal::AtLeast(0.4));
        assert_eq!(figure.cells(), ["ratio", "0.31", "", "", "≥ 0.40: missed"]);
    }

    #[test]
    fn quantiles_are_of_what_there_is() {
        let numbers = (1..=100).map(f64::from).collect();
        let medians: Vec<f64> = Figure::quantiles("late", "ms", numbers).iter().map(Figure::median).collect();
        assert_eq!(medians, [51.0, 100.0, 100.0]);
        assert!(Figure::quantiles("late", "ms", Vec::new()).is_empty());
    }
}
