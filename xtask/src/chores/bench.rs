//! `bench`: the measurements, on what users run: the components and the program in the `release` profile.

use anyhow::Result;

use super::components;
use crate::command::{Run, build_released};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    build_released(project)?;
    Run::new(project.release("rekindle-bench"), &project.root)
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .env("REKINDLE_PROGRAM", project.release("rekindle"))
        .run()
}
