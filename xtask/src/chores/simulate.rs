//! `simulate`: the simulation at its full size, in the `release` profile.

use anyhow::Result;

use super::components;
use crate::command::{Run, cargo};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    cargo(project).args(["build", "--release", "--package", "rekindle-simulation"]).run()?;
    Run::new(project.release("rekindle-simulation"), &project.root)
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .run()
}
