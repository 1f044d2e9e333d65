//! The tape: every call as the journal was given it, in order, with when that was and whether it was new. It is all that the judge hears of
//! people.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use rekindle::domain::Timestamp;

/// A tape that is being written.
pub(crate) struct Tape {
    path: PathBuf,
    out: BufWriter<File>,
    pub(crate) calls: u64,
}

/// A call from the tape.
#[derive(Debug)]
pub(crate) struct Call {
    pub(crate) arrived: Timestamp,
    /// Whether the journal did not have it yet.
    pub(crate) is_fresh: bool,
    pub(crate) text: String,
}

impl Tape {
    pub(crate) fn begin(path: &Path) -> Result<Self> {
        let file = File::create(path).with_context(|| format!("cannot write `{}`", path.display()))?;
        Ok(Self { path: path.to_owned(), out: BufWriter::new(file), calls: 0 })
    }

    pub(crate) fn record<'a>(
        &mut self,
        arrived: Timestamp,
        calls: impl Iterator<Item = (&'a String, bool)>,
    ) -> Result<()> {
        for (call, is_fresh) in calls {
            self.calls += 1;
            writeln!(self.out, "{}\t{}\t{call}", arrived.as_millis(), u8::from(is_fresh))?;
        }
        Ok(())
    }

    /// Ends it. Returns all of it, from the beginning.
    pub(crate) fn play(&mut self) -> Result<impl Iterator<Item = Result<Call>> + use<>> {
        self.out.flush()?;
        let lines = BufReader::new(File::open(&self.path)?).lines();
        Ok(lines.map(|line| Call::read(&line?)))
    }
}

impl Call {
    fn read(line: &str) -> Result<Self> {
        let mut parts = line.splitn(3, '\t');
        let mut part = || parts.next().context("the tape is torn");
        let (arrived, is_fresh, text) = (part()?.parse()?, part()? == "1", part()?.to_owned());
        Ok(Self { arrived: Timestamp::from_millis(arrived), is_fresh, text })
    }
}
