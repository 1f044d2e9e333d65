//! What a person at a terminal sees: a bar while it runs, a table and a line at its end.
#![expect(clippy::print_stderr, clippy::print_stdout, reason = "a person at a terminal is who this talks to")]

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use comfy_table::Table;
use indicatif::{ProgressBar, ProgressStyle};
use rekindle::domain::Stopwatch;
use rekindle::faults::Point;

use crate::Arguments;
use crate::judge::Verdict;
use crate::schedule::Kill;

/// From start to readiness at the most.
const READY_MAX: Duration = Duration::from_secs(5);
/// Kills from which on every point should have been passed.
const TIMES_FOR_ALL_POINTS: u32 = 100;
const COMPLAINTS_SHOWN: usize = 10;

/// All figures of a run.
pub(crate) struct Report {
    arguments: Arguments,
    seed: u64,
    bar: ProgressBar,
    since: Stopwatch,
    kills: u32,
    by_kind: BTreeMap<&'static str, u32>,
    unreached: u32,
    passed: BTreeSet<String>,
    ready_max: Duration,
    sum: Verdict,
}

impl Report {
    pub(crate) fn begin(arguments: &Arguments, seed: u64) -> Self {
        let style = ProgressStyle::with_template("{bar:40} {pos}/{len} kills  {msg}  {elapsed}")
            .expect("the bar's template should be well formed");
        let bar = ProgressBar::new(arguments.times.into()).with_style(style);
        eprintln!("crash: {} kills, --seed {seed}", arguments.times);
        Self {
            arguments: arguments.clone(),
            seed,
            bar,
            since: Stopwatch::start(),
            kills: 0,
            by_kind: BTreeMap::new(),
            unreached: 0,
            passed: BTreeSet::new(),
            ready_max: Duration::ZERO,
            sum: Verdict::default(),
        }
    }

    pub(crate) fn killed(&mut self, kill: Kill) {
        let kind = match kill {
            Kill::AfterStart(_) => "a random moment of the start",
            Kill::AfterReady(_) => "a random moment under load",
            Kill::At(point, _) => point.as_str(),
        };
        *self.by_kind.entry(kind).or_default() += 1;
        self.kills += 1;
        self.bar.set_position(self.kills.into());
    }

    /// A process that did not come to its point was killed at another moment.
    pub(crate) fn reached(&mut self, _: Kill, is_dead: bool) {
        self.unreached += u32::from(!is_dead);
    }

    pub(crate) fn ready_after(&mut self, duration: Duration) {
        self.ready_max = self.ready_max.max(duration);
    }

    pub(crate) fn passed_points(&mut self, lines: &str) {
        self.passed.extend(lines.lines().map(str::to_owned));
    }

    /// Adds a house's figures. Returns the complaints.
    pub(crate) fn judged(&mut self, verdict: Verdict) -> Vec<String> {
        self.sum.events += verdict.events;
        self.sum.instructions += verdict.instructions;
        self.sum.repeated_after_failure += verdict.repeated_after_failure;
        self.sum.repeated_after_kill += verdict.repeated_after_kill;
        self.sum.changes += verdict.changes;
        if self.bar.is_hidden() {
            eprintln!("crash: {} kills, {} events, {} messages", self.kills, self.sum.events, self.sum.instructions);
        }
        self.bar.set_message(format!("{} events, {} messages", self.sum.events, self.sum.instructions));
        verdict.complaints
    }

    /// The judge complained.
    pub(crate) fn failed(self, complaints: &[String], kills: &[Kill], kept: Option<&Path>) -> ExitCode {
        self.bar.abandon();
        complaints.iter().take(COMPLAINTS_SHOWN).for_each(|complaint| eprintln!("  {complaint}"));
        eprintln!("  {} complaints in all, at the latest after: {kills:?}", complaints.len());
        if let Some(kept) = kept {
            eprintln!("  kept: `{}` (`data/`, `server.log`)", kept.display());
        }
        match &self.arguments.broken {
            Some(promise) => {
                println!("crash: caught `{promise}` after {} kills (--seed {})", self.kills, self.seed);
                ExitCode::SUCCESS
            }
            None => {
                println!("crash: FAILED after {} kills (--seed {})", self.kills, self.seed);
                ExitCode::FAILURE
            }
        }
    }

    /// Nobody complained.
    pub(crate) fn passed(self) -> ExitCode {
        self.bar.finish();
        if let Some(promise) = &self.arguments.broken {
            println!("crash: FAILED: nobody noticed `{promise}` in {} kills (--seed {})", self.kills, self.seed);
            return ExitCode::FAILURE;
        }
        self.print_table();
        let missing = self.missing_points();
        println!(
            "crash: {} kills, {} events, {} messages: 0 lost, 0 doubled, 0 invented; ready after {} ms at the most (--seed {})",
            self.kills,
            self.sum.events,
            self.sum.instructions,
            self.ready_max.as_millis(),
            self.seed
        );
        if !missing.is_empty() {
            eprintln!("crash: never passed: {}", missing.join(", "));
        }
        if !self.warn_if_slow() && missing.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
    }

    /// Nobody complained, and no point was asked for.
    pub(crate) fn survived(self) -> ExitCode {
        self.bar.finish();
        println!(
            "crash: {} kills in {} s; ready after {} ms at the most (--seed {})",
            self.kills,
            self.since.elapsed().as_secs(),
            self.ready_max.as_millis(),
            self.seed
        );
        if self.warn_if_slow() { ExitCode::FAILURE } else { ExitCode::SUCCESS }
    }

    /// Whether a start took too long; it is said here.
    fn warn_if_slow(&self) -> bool {
        let is_slow = self.ready_max > READY_MAX;
        if is_slow {
            eprintln!("crash: a start took longer than {} s", READY_MAX.as_secs());
        }
        is_slow
    }

    fn missing_points(&self) -> Vec<&'static str> {
        if self.kills < TIMES_FOR_ALL_POINTS {
            return Vec::new();
        }
        Point::ALL.iter().map(|point| point.as_str()).filter(|name| !self.passed.contains(*name)).collect()
    }

    fn print_table(&self) {
        let mut table = Table::new();
        table.set_header(["killed at", "times"]);
        for (kind, count) in &self.by_kind {
            table.add_row([(*kind).to_owned(), count.to_string()]);
        }
        println!("{table}");
        println!(
            "{} points not reached in time, {} changes by an administrator, {} repetitions after a bad answer, \
             {} after a kill, {} s in all",
            self.unreached,
            self.sum.changes,
            self.sum.repeated_after_failure,
            self.sum.repeated_after_kill,
            self.since.elapsed().as_secs()
        );
    }
}
