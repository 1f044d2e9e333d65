//! `check`: formatting and lints, where a warning is an error. With the faults of the crash suite, which nothing else compiles.

use anyhow::Result;

use crate::command::{cargo, refuse_arguments};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    refuse_arguments("check", arguments)?;
    cargo(project).args(["fmt", "--all", "--check"]).run()?;
    cargo(project)
        .args(["clippy", "--workspace", "--all-targets", "--features", "rekindle/faults", "--", "--deny", "warnings"])
        .run()
}
