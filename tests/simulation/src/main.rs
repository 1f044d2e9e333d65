//! The simulation as a program: `cargo xtask simulate` builds what it needs and starts it.
#![expect(clippy::print_stdout, reason = "a person at a terminal is who this talks to")]

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use rekindle_simulation::{Options, simulate};

/// Lives a month of many people's lives in the house, and recounts what the reports say
#[derive(Debug, Parser)]
struct Arguments {
    /// How many people
    #[arg(long, value_name = "N", default_value_t = 100_000)]
    people: u32,
    /// For how many days
    #[arg(long, value_name = "D", default_value_t = 30)]
    days: u32,
    /// Where chance begins; without it, one is drawn and printed
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The folder of the components
    #[arg(long, value_name = "DIR", env = "REKINDLE_COMPONENTS")]
    components: PathBuf,
}

fn main() -> Result<ExitCode> {
    let Arguments { people, days, seed, components } = Arguments::parse();
    let seed = seed.unwrap_or_else(|| fastrand::u64(..1 << 32));
    println!("--people {people} --days {days} --seed {seed}");
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let options = Options { people, days, seed, components, broken: Vec::new() };
    let report = runtime.block_on(simulate(&options))?;
    print!("{}\n{report}", report.explained());
    Ok(if report.complaints().is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
