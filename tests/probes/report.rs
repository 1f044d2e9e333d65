//! The table as people and programs read it.
#![expect(clippy::print_stdout, reason = "the table is what the probes are run for")]

use std::fmt::Write;
use std::time::Duration;

use serde_json::{Value, json};

use crate::probe::Outcome;
use crate::victim::Latencies;

/// Letters of an outcome in the printed table.
const OUTCOME_LETTERS: usize = 110;

/// What became of one probe.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    pub(crate) outcomes: Vec<Outcome>,
    pub(crate) took: Duration,
    pub(crate) is_expected: bool,
    /// How long the victim's people waited meanwhile.
    pub(crate) victim_waited: Latencies,
    /// The most memory that the server ever had by then, in MiB, where the system tells.
    pub(crate) peak_mib: Option<u64>,
}

impl Row {
    /// The outcome, and how often there was one when there were more.
    fn outcome(&self) -> String {
        let last = self.outcomes.last().map(ToString::to_string).unwrap_or_default();
        match self.outcomes.len() {
            0 | 1 => last,
            count => format!("{count} times, the last: {last}"),
        }
    }

    fn fuel(&self) -> Option<u64> {
        self.outcomes.iter().filter_map(Outcome::fuel).max()
    }
}

/// Everything that the probes found out.
pub(crate) struct Report {
    pub(crate) rows: Vec<Row>,
    /// How long the victim's people waited before anything happened.
    pub(crate) quiet: Latencies,
}

impl Report {
    /// Prints it, and writes it as JSON where `REKINDLE_PROBES_JSON` says.
    pub(crate) fn publish(&self) {
        println!("{}", self.table());
        if let Some(path) = std::env::var_os("REKINDLE_PROBES_JSON") {
            std::fs::write(&path, format!("{:#}\n", self.json())).unwrap();
        }
    }

    /// What did not end as it has to.
    pub(crate) fn unexpected(&self) -> Vec<String> {
        let unexpected = self.rows.iter().filter(|row| !row.is_expected);
        unexpected.map(|row| format!("{}: {}", row.name, row.outcome())).collect()
    }

    /// The victim's latencies, before and during the probes.
    fn victim(&self) -> [(&'static str, Latencies); 2] {
        let during = Latencies::together(self.rows.iter().map(|row| &row.victim_waited));
        [("quiet", self.quiet.clone()), ("during", during)]
    }

    fn table(&self) -> String {
        let mut table =
            format!("{:<44} {:>7} {:>9} {:>11} {:>9}  outcome\n", "probe", "ms", "fuel", "victim's ms", "peak MiB");
        for row in &self.rows {
            let fuel = row.fuel().map(|fuel| fuel.to_string()).unwrap_or_default();
            let victim = row.victim_waited.percentile_ms(100).map(|ms| format!("{ms:.1}")).unwrap_or_default();
            let peak = row.peak_mib.map(|mib| mib.to_string()).unwrap_or_default();
            let outcome: String = row.outcome().chars().take(OUTCOME_LETTERS).collect();
            let mark = if row.is_expected { "" } else { "UNEXPECTED " };
            let (name, took) = (row.name, row.took.as_millis());
            writeln!(table, "{name:<44} {took:>7} {fuel:>9} {victim:>11} {peak:>9}  {mark}{outcome}").unwrap();
        }
        for (when, latencies) in self.victim() {
            let [half, most, all] = [50, 99, 100].map(|percent| latencies.percentile_ms(percent).unwrap_or_default());
            let count = latencies.count();
            writeln!(table, "victim, {when}: {count} decisions, p50 {half:.1} ms, p99 {most:.1} ms, max {all:.1} ms")
                .unwrap();
        }
        table
    }

    fn json(&self) -> Value {
        let row = |row: &Row| {
            json!({
                "probe": row.name,
                "outcome": row.outcome(),
                "expected": row.is_expected,
                "ms": u64::try_from(row.took.as_millis()).unwrap(),
                "fuel": row.fuel(),
                "victim_max_ms": row.victim_waited.percentile_ms(100),
                "peak_mib": row.peak_mib,
            })
        };
        let victim = |(when, latencies): (&'static str, Latencies)| {
            let [half, most] = [50, 99].map(|percent| latencies.percentile_ms(percent));
            (when.to_owned(), json!({"decisions": latencies.count(), "p50_ms": half, "p99_ms": most}))
        };
        json!({
            "probes": self.rows.iter().map(row).collect::<Vec<_>>(),
            "victim": self.victim().into_iter().map(victim).collect::<serde_json::Map<_, _>>(),
        })
    }
}
