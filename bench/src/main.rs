//! Measures what a decision, an event, a timer, a tenant and a start cost, next to their floors in the same run. It drives the
//! real thing: the sandbox in this process, the server as a process of its own. One file a measurement, one table of them.
#![expect(clippy::print_stdout, clippy::print_stderr, reason = "a person at a terminal is who this talks to")]

mod arguments;
mod bare;
mod benches;
mod client;
mod figure;
mod load;
mod looper;
mod people;
mod provider;
mod report;
mod server;
mod usage;

use std::process::ExitCode;

use anyhow::{Result, ensure};
use rekindle::domain::Stopwatch;

use crate::arguments::{Arguments, Settings};
use crate::benches::BENCHES;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = if arguments.first().is_some_and(|first| first == bare::COMMAND) {
        bare::serve()
    } else {
        Arguments::parse(&arguments).and_then(|arguments| run(&arguments))
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(err) => {
            eprintln!("error: {err:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let settings = Settings::find(arguments.extent)?;
    let (mut results, mut failures) = (Vec::new(), 0);
    for bench in BENCHES.iter().filter(|bench| arguments.wants(bench.name)) {
        eprintln!("{}: {}", bench.name, bench.summary);
        let watch = Stopwatch::start();
        match (bench.run)(&settings) {
            Ok(figures) => results.push((bench.name, figures)),
            Err(err) => {
                failures += 1;
                eprintln!("{}: could not be measured: {err:#}", bench.name);
            }
        }
        eprintln!("{}: {:.1} s", bench.name, watch.elapsed().as_secs_f64());
    }
    println!("{}", report::table(&results));
    if let Some(path) = &arguments.json {
        report::write(path, &report::json(&results, arguments.extent))?;
    }
    ensure!(failures == 0, "{failures} of the measurements failed, as said above");
    Ok(())
}
