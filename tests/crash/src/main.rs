//! The crash suite. A real server is killed again and again while senders, campaigns and a provider are at work; it is started over
//! the same directory, and in the end a judge compares what it has and what it sent with what the outside knows. Every kill is a
//! power cut: the program's feature `faults` gives it disks that lose what was not flushed. Run it by `cargo xtask crash`.
//!
//! With `--recipe` it is another world (`recipe`): a shop with the three lines of defence, over emulated providers.

mod administrator;
mod house;
mod judge;
mod life;
mod load;
mod provider;
mod recipe;
mod report;
mod run;
mod schedule;
mod trial;
mod world;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;

/// Kills a server under load, restarts it, and judges what is left
#[derive(Debug, Clone, Parser)]
struct Arguments {
    /// How many kills
    #[arg(long, value_name = "N", default_value_t = 200)]
    times: u32,
    /// Where the schedule begins; without it, one is drawn and printed
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Break a promise on purpose: then it is a failure when nobody notices
    #[arg(long = "break", value_name = "PROMISE", value_parser = promise)]
    broken: Option<String>,
    /// The three lines of defence over emulated providers, three of ten of whose requests fail; a kill every few seconds
    #[arg(long, conflicts_with = "broken")]
    recipe: bool,
    /// How many people leave carts, where it is the recipe
    #[arg(long, value_name = "N", default_value_t = 500)]
    people: usize,
    /// The program, built with the feature `faults`
    #[arg(long, value_name = "FILE", env = "REKINDLE_PROGRAM")]
    program: PathBuf,
}

fn promise(text: &str) -> Result<String, String> {
    let known = rekindle::faults::Promise::ALL.map(rekindle::faults::Promise::broken);
    if known.contains(&text) { Ok(text.to_owned()) } else { Err(format!("choose one of `{}`", known.join("`, `"))) }
}

fn main() -> anyhow::Result<ExitCode> {
    let arguments = Arguments::parse();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(async {
        match arguments.recipe {
            true => recipe::run(arguments).await,
            false => run::run(arguments).await,
        }
    })
}
