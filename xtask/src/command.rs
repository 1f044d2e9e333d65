//! Commands that this runs: shown when they fail, and free of what the outer cargo left in the
//! environment, which is about this program and would mislead an inner cargo, above all another one.

use std::env;
use std::ffi::OsStr;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};

use crate::project::Project;

/// What people set for every cargo, and what an inner one needs as well.
const KEPT: [&str; 5] = [
    "CARGO_HOME",
    "CARGO_HTTP_",
    "CARGO_NET_",
    "CARGO_REGISTR",
    "CARGO_TERM_",
];

/// A command to run, with this program's terminal.
pub(crate) struct Run {
    command: Command,
}

impl Run {
    /// A program by name or path, in this folder, in a clean environment.
    pub(crate) fn new(program: impl AsRef<OsStr>, folder: &Path) -> Self {
        let mut command = Command::new(program);
        command.current_dir(folder).stdin(Stdio::null());
        for (name, _) in env::vars_os() {
            if name.to_str().is_some_and(is_from_outer_cargo) {
                command.env_remove(name);
            }
        }
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

    /// Without a word of its own on the terminal.
    pub(crate) fn quiet(mut self) -> Self {
        self.command.stdout(Stdio::null()).stderr(Stdio::null());
        self
    }

    /// Runs it, and fails if it does.
    pub(crate) fn run(mut self) -> Result<()> {
        let status = self
            .command
            .status()
            .with_context(|| format!("could not run {self}"))?;
        if !status.success() {
            bail!("{self} failed ({status})");
        }
        Ok(())
    }

    /// What it says, if it succeeds.
    pub(crate) fn answer(mut self) -> Option<String> {
        let output = self.command.stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        output.status.success().then(|| text.trim().to_owned())
    }
}

impl std::fmt::Display for Run {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "`{}", self.command.get_program().to_string_lossy())?;
        for arg in self.command.get_args() {
            write!(f, " {}", arg.to_string_lossy())?;
        }
        f.write_str("`")
    }
}

/// The cargo that this was started with, on the whole project.
pub(crate) fn cargo(project: &Project) -> Run {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let run = Run::new(cargo, &project.root);
    // These two are the person's wish, and the inner cargo is the same.
    let wishes = [
        "CARGO_TARGET_DIR",
        "RUSTUP_TOOLCHAIN",
        "RUSTUP_HOME",
        "RUSTFLAGS",
    ];
    wishes
        .into_iter()
        .filter_map(|name| Some((name, env::var_os(name)?)))
        .fold(run, |run, (name, value)| run.env(name, value))
}

pub(crate) fn refuse_arguments(chore: &str, arguments: &[String]) -> Result<()> {
    match arguments.first() {
        Some(argument) => {
            bail!("`cargo xtask {chore}` takes no arguments, and was given `{argument}`")
        }
        None => Ok(()),
    }
}

fn is_from_outer_cargo(name: &str) -> bool {
    let theirs = ["CARGO", "RUSTUP", "RUSTC", "RUSTFLAGS", "RUSTDOC"];
    theirs.iter().any(|prefix| name.starts_with(prefix))
        && !KEPT.iter().any(|prefix| name.starts_with(prefix))
}
