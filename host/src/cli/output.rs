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

    /// One object that holds tables; those without rows are left out.
    pub(crate) fn tables(&mut self, object: &RawValue, views: &[(&str, &View)]) -> Result<(), Failure> {
        if self.form == Form::Json {
            return self.json(object);
        }
        let object = node(object)?;
        let mut tables = Vec::new();
        for (member, view) in views {
            let rows = object.field(member).map_or(&[][..], Node::items);
            tables.extend((!rows.is_empty()).then(|| view.table(rows)));
        }
        match (tables.is_empty(), views.first()) {
            (true, Some((_, view))) => self.note(view.empty),
            _ => self.line(&tables.join("\n\n")),
        }
    }

    /// What an explanation says, by campaign.
    pub(crate) fn explanation(&mut self, object: &RawValue) -> Result<(), Failure> {
        if self.form == Form::Json {
            return self.json(object);
        }
        let object = node(object)?;
        let text = |node: &Node, name: &str| node.field(name).map_or_else(String::new, Node::inline);
        self.line(&text(&object, "profile"))?;
        for campaign in object.field("campaigns").map_or(&[][..], Node::items) {
            self.line(&format!("\n{}", text(campaign, "campaign")))?;
            for line in campaign.field("lines").map_or(&[][..], Node::items) {
                self.line(&format!("  {:24}  {}", text(line, "at"), text(line, "text")))?;
            }
        }
        Ok(())
    }

    /// Text as it is.
    pub(crate) fn text(&mut self, text: &str) -> Result<(), Failure> {
        Ok(self.data.write_all(text.as_bytes())?)
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
