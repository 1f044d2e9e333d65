//! Where answers are printed: data to stdout, as tables and `key: value` lines or as JSON lines; notes to stderr.

use std::io::{self, BufWriter, Write};

use anyhow::Context;
use serde_json::value::RawValue;

use super::failure::Failure;
use super::node::Node;
use super::views::View;

/// How data is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Form {
    /// For the eye.
    Human,
    /// For programs: what the server said, one object a line.
    Json,
}

/// The two ways out.
pub(crate) struct Output<'a> {
    /// How data is printed.
    pub(crate) form: Form,
    data: Box<dyn Write + 'a>,
    notes: Box<dyn Write + 'a>,
}

impl<'a> Output<'a> {
    /// Stdout and stderr.
    pub(crate) fn standard(form: Form) -> Output<'static> {
        Output::new(form, BufWriter::new(io::stdout().lock()), io::stderr())
    }

    /// Any two.
    pub(crate) fn new(form: Form, data: impl Write + 'a, notes: impl Write + 'a) -> Self {
        Self { form, data: Box::new(data), notes: Box::new(notes) }
    }

    /// One object.
    pub(crate) fn one(&mut self, object: &RawValue) -> Result<(), Failure> {
        match self.form {
            Form::Json => self.json(object),
            Form::Human => self.line(&node(object)?.lines().join("\n")),
        }
    }

    /// A row of a list that goes out as it comes.
    pub(crate) fn json(&mut self, row: &RawValue) -> Result<(), Failure> {
        // Inside of strings JSON has no line breaks, so these stand between tokens.
        self.line(&row.get().replace(['\n', '\r'], " "))
    }

    /// A list that was gathered.
    pub(crate) fn table(&mut self, view: &View, rows: &[Box<RawValue>]) -> Result<(), Failure> {
        if rows.is_empty() {
            return self.note(view.empty);
        }
        let rows: Result<Vec<Node>, Failure> = rows.iter().map(|row| node(row)).collect();
        self.line(&view.table(&rows?))
    }

    /// A word to the person at the keyboard, after the data so far. Programs are spared.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Failure> {
        if self.form == Form::Human {
            self.flush()?;
            // When nobody listens, nothing is lost.
            let _ = writeln!(self.notes, "{text}");
        }
        Ok(())
    }

    /// Prints what waits to be printed.
    pub(crate) fn flush(&mut self) -> Result<(), Failure> {
        Ok(self.data.flush()?)
    }

    fn line(&mut self, text: &str) -> Result<(), Failure> {
        Ok(writeln!(self.data, "{text}")?)
    }
}

fn node(document: &RawValue) -> Result<Node, Failure> {
    Ok(serde_json::from_str(document.get()).context("cannot show the answer; `--json` can")?)
}
