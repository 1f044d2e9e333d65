//! `test`: everything that can be tested here, components and the program itself included; and a short run of the crash suite,
//! unless only some tests are wanted.

use anyhow::Result;

use super::{components, crash};
use crate::command::{build_program, cargo};
use crate::project::Project;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    components::build(project)?;
    build_program(project)?;
    cargo(project)
        .args(["test", "--workspace"])
        .args(arguments)
        .env("REKINDLE_COMPONENTS", project.components_dir())
        .env("REKINDLE_PROGRAM", project.program())
        .run()?;
    if arguments.is_empty() { crash::suite(project, &["--times".to_owned(), "30".to_owned()]) } else { Ok(()) }
}
