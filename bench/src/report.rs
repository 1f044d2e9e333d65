//! The figures for people, as a table, and for machines, with what they were measured on.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use comfy_table::{CellAlignment, Table};
use rekindle::domain::{Clock, SystemClock};
use serde_json::{Value, json};

use crate::arguments::Extent;
use crate::figure::Figure;

/// What was measured, by measurement.
type Results = [(&'static str, Vec<Figure>)];

pub(crate) fn table(results: &Results) -> Table {
    let mut table = Table::new();
    table.set_header(["", "figure", "median", "unit", "least–most", "goal"]);
    for (name, figures) in results {
        for figure in figures {
            table.add_row([&[(*name).to_owned()][..], &figure.cells()].concat());
        }
    }
    if let Some(column) = table.column_mut(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    table
}

pub(crate) fn json(results: &Results, extent: Extent) -> Value {
    let benches = results.iter().map(|(name, figures)| {
        let figures: Vec<Value> = figures.iter().map(Figure::json).collect();
        ((*name).to_owned(), Value::from(figures))
    });
    json!({
        "commit": said("git", &["describe", "--always", "--dirty"]),
        "rustc": said("rustc", &["--version"]),
        "cores": std::thread::available_parallelism().map_or(0, usize::from),
        "date": SystemClock.now().to_string(),
        "extent": format!("{extent:?}").to_lowercase(),
        "benches": benches.collect::<serde_json::Map<_, _>>(),
    })
}

pub(crate) fn write(path: &Path, report: &Value) -> Result<()> {
    std::fs::write(path, format!("{report:#}\n")).with_context(|| format!("cannot write `{}`", path.display()))
}

/// What a program says, where it is there to say it.
fn said(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
