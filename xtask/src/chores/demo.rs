//! `demo`: the product's demonstration, from nothing.

use anyhow::Result;

use super::components;
use crate::command::cargo;
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    cargo(project)
        .args([
            "run",
            "--quiet",
            "--package",
            "rekindle",
            "--profile",
            "fast",
            "--",
            "demo",
        ])
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .run()
}
