//! `test`: everything that can be tested here, components included.

use anyhow::Result;

use super::components;
use crate::command::cargo;
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    cargo(project)
        .args(["test", "--workspace"])
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .run()
}
