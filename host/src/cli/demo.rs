//! `rekindle demo`: from flags to the options of the demo.

use std::path::PathBuf;

use clap::Args;

use crate::demo::{self, DemoOptions};

/// The comments are the texts of `--help`.
#[derive(Args)]
pub(super) struct DemoArguments {
    /// Print the result as JSON
    #[arg(long)]
    json: bool,
    /// Keep the server's data in this directory, which should be new; without it, it goes when the demo ends
    #[arg(long, value_name = "DIR")]
    keep: Option<PathBuf>,
    /// The campaign's component, as `cargo xtask components` builds it
    #[arg(long, value_name = "FILE", default_value = "target/components/three-lines.wasm")]
    module: PathBuf,
    /// Kill the server that many times in the middle of the traffic
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    kill: usize,
}

impl From<DemoArguments> for DemoOptions {
    fn from(arguments: DemoArguments) -> Self {
        let DemoArguments { json, keep, module, kill } = arguments;
        Self { json, keep, module, kills: kill }
    }
}

pub(super) fn run(arguments: DemoArguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(demo::run(arguments.into(), &mut std::io::stdout()))
}
