//! `test`: everything that can be tested here, components and the program itself included; and short runs of the crash suite's two
//! worlds, unless only some tests are wanted.

use anyhow::Result;

use super::{components, crash};
use crate::command::{build_program, cargo};
use crate::project::Project;

/// The short runs: load upon a house, and the recipe over emulated providers.
const CRASHES: [&[&str]; 2] = [&["--times", "30"], &["--recipe", "--times", "5", "--people", "40"]];

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    build_program(project)?;
    cargo(project)
        .args(["test", "--workspace"])
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .env("REKINDLE_PROGRAM", project.program())
        .run()?;
    if !arguments.is_empty() {
        return Ok(());
    }
    let owned = |arguments: &[&str]| arguments.iter().map(ToString::to_string).collect::<Vec<_>>();
    CRASHES.iter().try_for_each(|arguments| crash::suite(project, &owned(arguments)))
}
