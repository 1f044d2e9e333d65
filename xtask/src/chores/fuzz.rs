//! `fuzz [TARGET] [--seconds N]`: every fuzz target, or one, for a while each; then a table of what was seen.
#![expect(clippy::print_stderr, reason = "a person at a terminal is who this talks to")]

use std::fs;

use anyhow::{Context, Result, bail};

use crate::command::{Run, cargo, cargo_in};
use crate::project::Project;

/// How long each target runs, in seconds, unless it is said.
const SECONDS_USUAL: u32 = 60;
/// What every target is run with: how long one input may take, in seconds, and how much memory, in MiB.
const BOUNDS: [&str; 2] = ["-timeout=10", "-rss_limit_mb=2048"];
/// No sanitizer: no target reaches a line of the host's that is `unsafe`, and without one they run several times as often.
/// Debug assertions and overflow checks are on by the package's own profile.
const BUILD: [&str; 3] = ["--release", "--sanitizer", "none"];

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    let targets = targets(project)?;
    let (wanted, seconds) = read(arguments, &targets)?;
    set_up(project)?;
    cargo_fuzz(project, "build").run()?;
    let mut reports = Vec::new();
    for target in wanted {
        eprintln!("{target}: {seconds} s");
        reports.push(fuzz(project, &target, seconds)?);
    }
    eprintln!("\n{}", table(&reports));
    match reports.iter().find(|report| report.is_crashed) {
        Some(Report { target, .. }) => {
            bail!("`{target}` crashed: the input is in `fuzz/artifacts/{target}`, what it said in its log (see above)")
        }
        None => Ok(()),
    }
}

/// What there is to run: one file each.
fn targets(project: &Project) -> Result<Vec<String>> {
    let folder = project.fuzz_package().join("fuzz_targets");
    let files = fs::read_dir(&folder).with_context(|| format!("could not look into `{}`", folder.display()))?;
    let mut targets = Vec::new();
    for file in files {
        targets.extend(file?.path().file_stem().and_then(|name| name.to_str()).map(str::to_owned));
    }
    targets.sort();
    Ok(targets)
}

/// Which targets, and for how many seconds each.
fn read(arguments: &[String], targets: &[String]) -> Result<(Vec<String>, u32)> {
    let (mut wanted, mut seconds) = (targets.to_vec(), SECONDS_USUAL);
    let mut arguments = arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--seconds" => {
                let number = arguments.next().and_then(|number| number.parse().ok());
                seconds = number.filter(|seconds| *seconds > 0).context("`--seconds` wants a number from 1 on")?;
            }
            target if targets.iter().any(|known| known == target) => wanted = vec![target.to_owned()],
            other => bail!("there is no fuzz target `{other}`: use {}", targets.join(", ")),
        }
    }
    Ok((wanted, seconds))
}

fn set_up(project: &Project) -> Result<()> {
    if cargo(project).args(["fuzz", "--version"]).answer().is_ok() {
        return Ok(());
    }
    eprintln!("`cargo-fuzz` is not there: installing it by `cargo install --locked cargo-fuzz`");
    cargo(project).args(["install", "--locked", "cargo-fuzz"]).run()
}

/// It asks for the nightly compiler's flags; the stable one takes them when it is told to.
fn cargo_fuzz(project: &Project, verb: &str) -> Run {
    cargo_in(&project.fuzz_package())
        .args(["fuzz", verb])
        .args(BUILD)
        .arg("--target-dir", project.fuzz_dir())
        .env("RUSTC_BOOTSTRAP", "1")
}

/// What one target's run came to.
#[derive(Debug, PartialEq)]
struct Report {
    target: String,
    executions: String,
    per_second: String,
    coverage: String,
    is_crashed: bool,
}

/// Goes on from what earlier runs found, which is kept in the target folder, and from the inputs in the repository.
fn fuzz(project: &Project, target: &str, seconds: u32) -> Result<Report> {
    let found = project.fuzz_dir().join("found").join(target);
    fs::create_dir_all(&found).with_context(|| format!("could not make `{}`", found.display()))?;
    let log = found.with_extension("log");
    let dictionary = project.fuzz_package().join("dictionaries").join(format!("{target}.dict"));
    let mut run = cargo_fuzz(project, "run").args([target]).args([&found]).args([format!("corpus/{target}")]);
    run = run.args(["--", "-print_final_stats=1"]).args(BOUNDS).args([format!("-max_total_time={seconds}")]);
    if dictionary.exists() {
        run = run.args([format!("-dict={}", dictionary.display())]);
    }
    let is_crashed = !run.log(&log)?;
    let text = fs::read_to_string(&log).with_context(|| format!("could not read `{}`", log.display()))?;
    if is_crashed {
        eprintln!("{target}: it ended early, see `{}`", log.display());
    }
    Ok(report(target, &text, is_crashed))
}

/// What libFuzzer wrote, read: its final statistics, and the last count of covered edges.
fn report(target: &str, log: &str, is_crashed: bool) -> Report {
    let after = |line: &str, name: &str| {
        let (_, rest) = line.split_once(name)?;
        rest.split_whitespace().next().map(str::to_owned)
    };
    let last = |name: &str| log.lines().rev().find_map(|line| after(line, name)).unwrap_or_else(|| "?".to_owned());
    Report {
        target: target.to_owned(),
        executions: last("stat::number_of_executed_units:"),
        per_second: last("stat::average_exec_per_sec:"),
        coverage: last(" cov:"),
        is_crashed,
    }
}

fn table(reports: &[Report]) -> String {
    let head = format!("{:<12}{:>14}{:>10}{:>10}  crashes", "target", "executions", "per s", "coverage");
    let line = |report: &Report| {
        let Report { target, executions, per_second, coverage, is_crashed } = report;
        let crashes = if *is_crashed { "1" } else { "0" };
        format!("{target:<12}{executions:>14}{per_second:>10}{coverage:>10}  {crashes}")
    };
    std::iter::once(head).chain(reports.iter().map(line)).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn all_targets_run_unless_one_is_named() {
        let targets = words("event split");
        assert_eq!(read(&[], &targets).unwrap(), (targets.clone(), SECONDS_USUAL));
        assert_eq!(read(&words("split --seconds 5"), &targets).unwrap(), (words("split"), 5));
        for wrong in ["splt", "--seconds", "--seconds 0", "--seconds x"] {
            assert!(read(&words(wrong), &targets).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_fuzzers_statistics_are_read() {
        let log = "#2\tINITED cov: 12 ft: 13\n#99\tNEW    cov: 345 ft: 400\nstat::number_of_executed_units: 99\n\
                   stat::average_exec_per_sec:     33\n";
        let report = report("split", log, false);
        assert_eq!((&*report.executions, &*report.per_second, &*report.coverage), ("99", "33", "345"));
        assert!(table(&[report]).ends_with("split                   99        33       345  0"));
    }
}
