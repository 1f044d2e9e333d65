//! `probes`: hostile modules against a server as users run it, with the table of how each ended and what another tenant
//! noticed. `REKINDLE_PROBES_JSON` names a file for the same as JSON.

use anyhow::Result;

use super::components;
use crate::command::{build_released, cargo, refuse_arguments};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    refuse_arguments("probes", arguments)?;
    components::build(project)?;
    build_released(project)?;
    cargo(project)
        .args(["test", "--package", "rekindle-tests", "--test", "probes", "--", "--nocapture"])
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .env("REKINDLE_PROGRAM", project.release("rekindle"))
        .run()
}
