//! Commands that this runs, shown when they fail.

use std::env;
use std::ffi::OsStr;
use std::fmt;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// What cargo and rustup put into the environment of what they run. It is about this program and this
/// compiler, and misleads a cargo of another make.
const OUTER: [&str; 5] = ["CARGO", "RUSTC", "RUSTDOC", "RUSTFLAGS", "RUSTUP"];
/// What people set there for every cargo: where its folder is, and how it reaches registries.
const EVERYBODYS: [&str; 5] = ["CARGO_HOME", "CARGO_HTTP_", "CARGO_NET_", "CARGO_REGISTR", "CARGO_TERM_"];

/// A command to run, with this program's terminal.
pub(crate) struct Run {
    command: Command,
}

impl Run {
    /// A program by name or path, in this folder.
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        Self { command }
    }

    pub(crate) fn args(mut self, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Self {
        self.command.args(args);
        self
    }

    pub(crate) fn env(mut self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.command.env(name, value);
        self
    }

    /// An argument with its value.
    pub(crate) fn arg(self, name: &str, value: impl AsRef<OsStr>) -> Self {
        self.args([OsStr::new(name), value.as_ref()])
    }

    /// Without what the cargo that runs this left in the environment.
    pub(crate) fn without_outer_cargo(mut self) -> Self {
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_from_outer_cargo) {
                self.command.env_remove(name);
            }
        }
        self
    }

    /// Runs it, and fails if it does.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self.command.status().with_context(|| format!("could not run {self}"))?;
        if !status.success() {
            bail!("{self} failed ({status})");
        }
        Ok(())
    }

    /// Runs it, with what it says to the terminal in a file instead, and tells whether it succeeded.
    pub(crate) fn log(mut self, file: &Path) -> Result<bool> {
        let log = File::create(file).with_context(|| format!("could not write `{}`", file.display()))?;
        let status = self.command.stderr(log).status().with_context(|| format!("could not run {self}"))?;
        Ok(status.success())
    }

    /// Runs it without a word on the terminal; if it fails, the error tells what it said.
    pub(crate) fn answer(mut self) -> Result<String> {
        let output = self.command.output().with_context(|| format!("could not run {self}"))?;
        if !output.status.success() {
            bail!("{self} failed: {}", reason(&String::from_utf8_lossy(&output.stderr)));
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}", self.command.get_program().to_string_lossy())?;
        for arg in self.command.get_args() {
            write!(f, " {}", arg.to_string_lossy())?;
        }
        f.write_str("`")
    }
}

/// The cargo that this was started with, on the whole project.
pub(crate) fn cargo(project: &Project) -> Run {
    cargo_in(&project.root)
}

/// The same cargo, on a package of the project that is not of its workspace.
pub(crate) fn cargo_in(folder: &Path) -> Run {
    // Set by cargo for what it runs.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    Run::new(cargo, folder)
}

/// Builds `rekindle` as the tests' build does, so that nothing is compiled twice.
pub(crate) fn build_program(project: &Project) -> Result<()> {
    cargo(project).args(["build", "--workspace", "--bin", "rekindle"]).run()
}

/// Builds the program and the bench as they are released; together, so that none is compiled again for the other.
pub(crate) fn build_released(project: &Project) -> Result<()> {
    cargo(project).args(["build", "--release", "--package", "rekindle", "--package", "rekindle-bench"]).run()
}

pub(crate) fn refuse_arguments(chore: &str, arguments: &[String]) -> Result<()> {
    match arguments.first() {
        Some(argument) => {
            bail!("`cargo xtask {chore}` takes no arguments, and was given `{argument}`")
        }
        None => Ok(()),
    }
}

/// The line that says it is the error, as rustup and apt-get mark it; else the last.
fn reason(said: &str) -> &str {
    let mut lines = said.lines().map(str::trim).filter(|line| !line.is_empty());
    let marked = lines.clone().find(|line| line.starts_with("error") || line.starts_with("E:"));
    marked.or_else(|| lines.next_back()).unwrap_or("it did not say why")
}

fn is_from_outer_cargo(name: &str) -> bool {
    let starts_with_one_of = |prefixes: &[&str]| prefixes.iter().any(|prefix| name.starts_with(prefix));
    starts_with_one_of(&OUTER) && !starts_with_one_of(&EVERYBODYS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_cargo_does_not_see_what_this_one_left() {
        for name in ["CARGO", "CARGO_TARGET_DIR", "CARGO_PKG_NAME", "RUSTC", "RUSTFLAGS", "RUSTUP_TOOLCHAIN"] {
            assert!(is_from_outer_cargo(name), "{name}");
        }
    }

    #[test]
    fn a_failure_is_told_by_the_line_that_says_so() {
        let rustup = "info: downloading\nerror: could not download\nstack backtrace:\n  15: <unknown>\n";
        assert_eq!(reason(rustup), "error: could not download");
        assert_eq!(reason("first\n\nlast\n\n"), "last");
        assert_eq!(reason(""), "it did not say why");
    }

    #[test]
    fn what_people_set_for_every_cargo_stays() {
        for name in ["CARGO_HOME", "CARGO_REGISTRIES_X_INDEX", "CARGO_HTTP_PROXY", "PATH", "RUST_BACKTRACE"] {
            assert!(!is_from_outer_cargo(name), "{name}");
        }
    }
}
