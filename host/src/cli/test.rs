//! `rekindle test`: from flags to the scenarios that are to be played, and from how they went to an exit code.

use std::path::PathBuf;

use clap::Args;

use super::exit::Exit;
use super::failure::Failure;
use crate::scenario::{self, Form, ScenarioError, Tally, TestOptions};

/// The comments are the texts of `--help`.
#[derive(Args)]
pub(super) struct TestArguments {
    /// Files with scenarios
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// The component to run, in the place of those that the files name
    #[arg(long, value_name = "FILE.wasm")]
    module: Option<PathBuf>,
    /// Where components are found that files name without a path, as `cargo xtask components` builds them
    #[arg(long, value_name = "DIR", env = "REKINDLE_COMPONENTS", default_value = "target/components")]
    components: PathBuf,
    /// Only scenarios whose name contains this
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// Print one JSON object a line for each scenario
    #[arg(long)]
    json: bool,
}

impl From<TestArguments> for TestOptions {
    fn from(arguments: TestArguments) -> Self {
        let TestArguments { files, module, components, filter, json } = arguments;
        Self { files, module, components, filter, form: if json { Form::Json } else { Form::Human } }
    }
}

pub(super) fn run(arguments: TestArguments) -> Result<(), Failure> {
    let options = TestOptions::from(arguments);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let tally = runtime.block_on(scenario::run(&options, &mut std::io::stdout().lock()))?;
    match tally {
        Tally { passed: 0, failed: 0 } => {
            Err(Failure::new(Exit::NotFound, "no scenario has such a name").next("give another `--filter`, or none"))
        }
        Tally { failed: 0, .. } => Ok(()),
        Tally { passed, failed } => {
            let what = format!("{failed} of {} scenarios did not go as they should", passed + failed);
            Err(Failure::new(Exit::Deviated, what))
        }
    }
}

impl From<ScenarioError> for Failure {
    fn from(err: ScenarioError) -> Self {
        let (exit, next) = match err {
            ScenarioError::Output(err) => return err.into(),
            ScenarioError::Unreadable { .. } => (
                Exit::NotFound,
                "check the path; components are built by `cargo xtask components`, and found by `--components DIR`",
            ),
            ScenarioError::NotJson { .. }
            | ScenarioError::Form { .. }
            | ScenarioError::NoModule { .. }
            | ScenarioError::Rejected { .. } => (Exit::Invalid, ""),
            ScenarioError::House(_)
            | ScenarioError::Restless(_)
            | ScenarioError::Store(_)
            | ScenarioError::Record(_) => (Exit::Failed, ""),
        };
        Self::new(exit, err.to_string()).next(next)
    }
}
