//! `rekindle demo`: from flags to the options of the demo.

use std::path::PathBuf;

use clap::Args;

/// How the demo runs. The comments are the texts of `--help`.
#[derive(Debug, Args)]
pub struct DemoOptions {
    /// Print JSON lines instead of a story
    #[arg(long)]
    pub json: bool,
    /// Keep the server's data in this directory; without it, it goes when the demo ends
    #[arg(long, value_name = "DIR")]
    pub keep: Option<PathBuf>,
}

pub(super) fn run(options: DemoOptions) -> anyhow::Result<()> {
    anyhow::bail!("cannot run with {options:?}: this build has no demo")
}
