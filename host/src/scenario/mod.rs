//! Scenarios: what people do, and what should and should not come of it, in a file; played through the house's own rooms on
//! a clock that is moved by hand, without a server. Ninety days take milliseconds, and the same file gives the same answer.
//!
//! `docs/scenarios.md` is for those who write them.

mod expectation;
mod play;
mod publish;
mod report;
mod script;
mod segment;
mod sense;
mod stage;

#[cfg(test)]
mod tests;

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::Value;

use crate::domain::{Said, Stopwatch};
use crate::form::FormError;
use crate::store::StoreError;
use crate::worker::{Enlisted, Restless};

use publish::Publisher;
use report::Entry;
use script::{Scenario, Script};
use stage::Stage;

pub use report::Form;

/// What is to be played.
#[derive(Debug, Clone)]
pub struct TestOptions {
    /// The files with scenarios.
    pub files: Vec<PathBuf>,
    /// A component in the place of those that files name.
    pub module: Option<PathBuf>,
    /// Where components are found by their names.
    pub components: PathBuf,
    /// Only scenarios whose name contains this.
    pub filter: Option<String>,
    /// How it is printed.
    pub form: Form,
}

/// How many scenarios went how.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// As they should.
    pub passed: usize,
    /// Otherwise.
    pub failed: usize,
}

/// Why scenarios could not be played.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// A file, or a module.
    #[error("cannot read `{}`: {source}", file.display())]
    Unreadable {
        /// Which.
        file: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is no document.
    #[error("`{}` is not json: {reason}", file.display())]
    NotJson {
        /// Which.
        file: PathBuf,
        /// What is wrong, by line and column.
        reason: String,
    },
    /// It is no file of scenarios.
    #[error("`{}` {error}", file.display())]
    Form {
        /// Which.
        file: PathBuf,
        /// What is wrong, and where.
        error: FormError,
    },
    /// Neither the file nor the command line says which module to run.
    #[error("`{}` at `{pointer}/module`: no module is named: name one, or give `--module FILE`", file.display())]
    NoModule {
        /// Which file.
        file: PathBuf,
        /// Which campaign.
        pointer: String,
    },
    /// A module or its configuration is not taken.
    #[error("`{}`: the campaign `{campaign}` cannot be published: {reason}", file.display())]
    Rejected {
        /// Which file.
        file: PathBuf,
        /// Which of its campaigns.
        campaign: String,
        /// Why not.
        reason: String,
    },
    /// The rooms did not start.
    #[error("the scenarios' house does not start: {0}")]
    House(String),
    /// A bug of ours.
    #[error(transparent)]
    Restless(#[from] Restless),
    /// A bug of ours.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// A bug of ours.
    #[error("a record cannot be read: {0}")]
    Record(#[from] serde_json::Error),
    /// The report has no reader.
    #[error(transparent)]
    Output(io::Error),
}

/// Plays scenarios, and writes how each went to `out`.
pub async fn run(options: &TestOptions, out: &mut dyn Write) -> Result<Tally, ScenarioError> {
    // Every file is read first, so that a slip in the last costs no waiting for the others.
    let scripts = options.files.iter().map(|file| read(file)).collect::<Result<Vec<_>, _>>()?;
    let mut publisher = Publisher::new(options.module.clone(), options.components.clone())?;
    let mut tally = Tally::default();
    for (file, script) in options.files.iter().zip(&scripts) {
        let is_wanted = |scenario: &&Scenario| match &options.filter {
            Some(filter) => scenario.name.contains(filter),
            None => true,
        };
        let wanted: Vec<&Scenario> = script.scenarios.iter().filter(is_wanted).collect();
        if wanted.is_empty() {
            continue;
        }
        let campaigns = publisher.publish(file, script)?;
        sense::check(script, &campaigns).map_err(|error| ScenarioError::Form { file: file.clone(), error })?;
        let performance = Performance { file: file.display().to_string(), campaigns, script, form: options.form };
        performance.play(&wanted, &mut tally, out).await?;
    }
    Ok(tally)
}

fn read(file: &Path) -> Result<Script, ScenarioError> {
    let bytes = publish::read(file)?;
    let document: Value = serde_json::from_slice(&bytes)
        .map_err(|err| ScenarioError::NotJson { file: file.to_owned(), reason: err.to_string() })?;
    Script::read(&document).map_err(|error| ScenarioError::Form { file: file.to_owned(), error })
}

/// A file with its campaigns published.
struct Performance<'a> {
    file: String,
    campaigns: Vec<Enlisted>,
    script: &'a Script,
    form: Form,
}

impl Performance<'_> {
    /// A house of its own for a scenario.
    fn stage(&self) -> Result<Stage, ScenarioError> {
        let Script { start, mappings, policy, .. } = self.script;
        let campaigns = publish::anew(&self.campaigns, *start).under(Arc::clone(policy));
        Stage::open(*start, campaigns, Arc::clone(mappings))
    }

    async fn play(&self, wanted: &[&Scenario], tally: &mut Tally, out: &mut dyn Write) -> Result<(), ScenarioError> {
        if self.form == Form::Human {
            writeln!(out, "{}", self.file).map_err(ScenarioError::Output)?;
        }
        for scenario in wanted {
            let stopwatch = Stopwatch::start();
            let mut stage = self.stage()?;
            for (item, attributes) in &self.script.items {
                stage.say(item, Said::Is(attributes.clone())).await?;
            }
            let played = play::play(stage, scenario).await?;
            let count = if played.deviations.is_empty() { &mut tally.passed } else { &mut tally.failed };
            *count += 1;
            let entry =
                Entry { file: &self.file, scenario: &scenario.name, played: &played, took: stopwatch.elapsed() };
            entry.write(out, self.form).map_err(ScenarioError::Output)?;
        }
        Ok(())
    }
}
