//! `crash`: the crash suite, on a program that has faults to be told of.

use std::fs;

use anyhow::{Context, Result};

use super::components;
use crate::command::{Run, cargo};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    suite(project, arguments)
}

/// The suite alone, where the components are there already.
pub(super) fn suite(project: &Project, arguments: &[String]) -> Result<()> {
    cargo(project)
        .args(["build", "--workspace", "--bin", "rekindle", "--bin", "rekindle-crash", "--features", "rekindle/faults"])
        .run()?;
    // Aside, so that no other build puts a program without faults in its place.
    fs::create_dir_all(project.crash_dir())?;
    let program = project.crash_dir().join("rekindle");
    fs::copy(project.program(), &program).with_context(|| format!("cannot write `{}`", program.display()))?;
    Run::new(project.crash_suite(), &project.root)
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .env("REKINDLE_PROGRAM", program)
        .run()
}
