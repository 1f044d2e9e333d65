//! `demo`: the product's demonstration, from nothing.

use anyhow::Result;

use super::components;
use crate::command::{Run, build_program};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    build_program(project)?;
    Run::new(project.program(), &project.root)
        .args(["demo", "--module"])
        .args([project.components_dir().join("three-lines.wasm")])
        .args(arguments)
        .run()
}
