//! What is printed of scenarios: a line for each, and of one that went wrong what happened beside what should have.

use std::io::{self, Write};
use std::time::Duration;

use serde_json::json;

use super::expectation::offset;
use super::play::{Line, Mark, Played};

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// For the eye.
    Human,
    /// For programs: one object a line for each scenario.
    Json,
}

/// One scenario and how it went.
pub(super) struct Entry<'a> {
    pub(super) file: &'a str,
    pub(super) scenario: &'a str,
    pub(super) played: &'a Played,
    /// How long it took to play.
    pub(super) took: Duration,
}

impl Entry<'_> {
    pub(super) fn write(&self, out: &mut dyn Write, form: Form) -> io::Result<()> {
        match form {
            Form::Human => self.write_lines(out),
            Form::Json => self.write_object(out),
        }
    }

    fn write_lines(&self, out: &mut dyn Write) -> io::Result<()> {
        let Played { deviations, timeline, ledgers, passed } = self.played;
        let (sign, passed) = (if deviations.is_empty() { '✓' } else { '✗' }, offset(*passed));
        writeln!(
            out,
            "  {sign} {} ({} in {} ms)",
            self.scenario,
            passed.trim_start_matches('+'),
            self.took.as_millis()
        )?;
        if deviations.is_empty() {
            return Ok(());
        }
        for deviation in deviations {
            writeln!(out, "      at `{}`: {}", deviation.pointer, deviation.what)?;
        }
        writeln!(out, "    what happened (- is missing, + was not expected):")?;
        for line in timeline {
            writeln!(out, "    {} {:<10} {:<12} {}", sign_of(line), offset(line.after), line.person, line.what)?;
        }
        for (person, rows) in ledgers {
            writeln!(out, "    the ledger of {person}:")?;
            rows.iter().try_for_each(|row| writeln!(out, "      {row}"))?;
        }
        Ok(())
    }

    fn write_object(&self, out: &mut dyn Write) -> io::Result<()> {
        let Played { deviations, timeline, ledgers, passed } = self.played;
        let deviation = |deviation: &super::play::Deviation| json!({"at": deviation.pointer, "what": deviation.what});
        let line = |line: &Line| json!({"after_ms": millis(line.after), "mark": mark(line.mark), "person": line.person, "what": line.what});
        let object = json!({
            "file": self.file,
            "scenario": self.scenario,
            "passed": deviations.is_empty(),
            "virtual_ms": millis(*passed),
            "took_ms": millis(self.took),
            "deviations": deviations.iter().map(deviation).collect::<Vec<_>>(),
            "timeline": timeline.iter().map(line).collect::<Vec<_>>(),
            "ledgers": ledgers,
        });
        writeln!(out, "{object}")
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn sign_of(line: &Line) -> char {
    match line.mark {
        Mark::Done => '·',
        Mark::AsExpected => ' ',
        Mark::Missing => '-',
        Mark::Unexpected => '+',
    }
}

fn mark(mark: Mark) -> &'static str {
    match mark {
        Mark::Done => "done",
        Mark::AsExpected => "as-expected",
        Mark::Missing => "missing",
        Mark::Unexpected => "unexpected",
    }
}
