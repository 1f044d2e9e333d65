//! Why a command failed: what happened, where, what to do next, in words and as an exit code. Nobody branches on it.

use std::borrow::Cow;
use std::io::{self, Write};

use super::exit::Exit;
use super::node::legible;

/// Why a command failed.
#[derive(Debug)]
pub(crate) struct Failure {
    /// How the program ends.
    pub(crate) exit: Exit,
    what: String,
    place: Option<String>,
    next: Option<Cow<'static, str>>,
}

impl Failure {
    /// Says what happened.
    pub(crate) fn new(exit: Exit, what: impl Into<String>) -> Self {
        Self { exit, what: what.into(), place: None, next: None }
    }

    /// Also says where.
    pub(crate) fn at(self, place: String) -> Self {
        Self { place: Some(place), ..self }
    }

    /// Also says what to do next; an empty text says nothing.
    pub(crate) fn next(self, next: impl Into<Cow<'static, str>>) -> Self {
        Self { next: Some(next.into()).filter(|next| !next.is_empty()), ..self }
    }

    /// Says to do this before what was said to do next.
    pub(crate) fn also(mut self, first: String) -> Self {
        match self.next.take() {
            Some(next) => self.next(format!("{first}; {next}")),
            None => self.next(first),
        }
    }

    /// Tells the person at the keyboard. When nobody listens, the exit code still tells.
    pub(crate) fn report(&self, notes: &mut dyn Write) {
        if self.exit == Exit::Done {
            return;
        }
        // Only the first line stands at the margin, so that no text of the server's can pass for ours.
        let what: Vec<String> = self.what.lines().map(legible).collect();
        let _ = writeln!(notes, "error: {}", what.join("\n    "));
        if let Some(place) = &self.place {
            let _ = writeln!(notes, "  where: {}", legible(place));
        }
        if let Some(next) = &self.next {
            let _ = writeln!(notes, "  next: {}", legible(next));
        }
    }
}

/// The output could not be written.
impl From<io::Error> for Failure {
    fn from(err: io::Error) -> Self {
        match err.kind() {
            // Who closes the pipe has seen enough: `rekindle messages list | head -1` is no failure.
            io::ErrorKind::BrokenPipe => Self::new(Exit::Done, "the output was closed"),
            _ => Self::new(Exit::Failed, format!("cannot write the output: {err}")),
        }
    }
}

impl From<anyhow::Error> for Failure {
    fn from(err: anyhow::Error) -> Self {
        Self::new(Exit::Failed, format!("{err:#}"))
    }
}
