//! `setup`: what compiles campaigns to WebAssembly is found or set up, and said.

use anyhow::Result;

use crate::command::refuse_arguments;
use crate::project::Project;
use crate::toolchain::Toolchain;

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    refuse_arguments("setup", arguments)?;
    Toolchain::find_or_set_up(project)?;
    Ok(())
}
