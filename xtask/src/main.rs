//! The project's own chores, run as `cargo xtask CHORE`: one file each under `chores/`, and one line in
//! the table below. `project` knows where things lie, `toolchain` what compiles a campaign.
#![expect(clippy::print_stderr, reason = "a person at a terminal is who this talks to")]

mod chores;
mod command;
mod component;
mod project;
mod toolchain;

use std::env;
use std::process::ExitCode;

use anyhow::{Result, bail};

use crate::chores::{CHORES, Chore};
use crate::project::Project;

fn main() -> ExitCode {
    let arguments: Vec<String> = env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<()> {
    let Some((name, rest)) = arguments.split_first() else {
        bail!("no chore was named\n\n{}", usage());
    };
    if matches!(name.as_str(), "help" | "--help" | "-h") {
        eprintln!("{}", usage());
        return Ok(());
    }
    let Some(chore) = CHORES.iter().find(|chore| chore.name == name) else {
        bail!("there is no chore `{name}`\n\n{}", usage());
    };
    (chore.run)(&Project::find()?, rest)
}

fn usage() -> String {
    let line = |chore: &Chore| format!("  {:<12}{}\n", chore.name, chore.summary);
    let chores: String = CHORES.iter().map(line).collect();
    format!("usage: cargo xtask CHORE [ARGUMENTS]\n\n{}", chores.trim_end())
}
