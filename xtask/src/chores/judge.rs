//! `judge`: the providers' own packages are set up below the target folder, and send anew what our requests are held against
//! (`tests/fixtures/judged/`). Tests only read what they sent.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result};

use crate::command::{Run, refuse_arguments};
use crate::project::Project;

/// The oldest that runs the scripts, by name.
const PYTHON_NEEDED: &str =
    "the providers' packages need Python 3.11 or later as `python3`, with `venv`, and the registry of its packages";
const NODE_NEEDED: &str =
    "Segment's destinations need Node.js 20 or later with `npm`, and the registry of its packages";

pub(crate) fn run(project: &Project, arguments: &[String]) -> Result<()> {
    refuse_arguments("judge", arguments)?;
    ask_python(project)?;
    ask_node(project)
}

fn ask_python(project: &Project) -> Result<()> {
    let environment = project.judges_dir().join("python");
    let python = environment.join("bin").join("python");
    Run::new("python3", &project.root).args(["-m", "venv"]).args([&environment]).run().context(PYTHON_NEEDED)?;
    Run::new(&python, &project.judges())
        .args(["-m", "pip", "install", "--quiet", "--require-hashes", "--requirement", "requirements.txt"])
        .run()
        .context(PYTHON_NEEDED)?;
    // No compiled files between the sources.
    Run::new(&python, &project.judges()).args(["-B", "judge.py"]).run()
}

/// Modules lie below the target folder, so that the sources stay without them.
fn ask_node(project: &Project) -> Result<()> {
    let folder = project.judges_dir().join("node");
    fs::create_dir_all(&folder).with_context(|| format!("could not make `{}`", folder.display()))?;
    for file in ["package.json", "package-lock.json"] {
        copy(&project.judges().join(file), &folder.join(file))?;
    }
    Run::new("npm", &folder).args(["ci", "--ignore-scripts", "--no-audit", "--no-fund"]).run().context(NODE_NEEDED)?;
    Run::new("node", &project.judges()).args(["judge.cjs"]).env("NODE_PATH", folder.join("node_modules")).run()
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::copy(from, to).with_context(|| format!("could not copy `{}`", from.display()))?;
    Ok(())
}
