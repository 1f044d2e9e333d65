//! `components`: every campaign of the project, built to a component.

use anyhow::Result;

use crate::command::refuse_arguments;
use crate::component;
use crate::project::Project;
use crate::toolchain::Toolchain;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    refuse_arguments("components", arguments)?;
    build(project)
}

/// What the chores that need components begin with.
pub(crate) fn build(project: &Project) -> Result<()> {
    let toolchain = Toolchain::find_or_set_up(project)?;
    toolchain.compile(project)?;
    for component in &project.components {
        component::write(project, component)?;
    }
    Ok(())
}
