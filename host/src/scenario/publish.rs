//! Campaigns made ready to be asked: each module is configured once for each configuration, whatever the number of scenarios.

use std::collections::HashMap;
use std::fmt::Display;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tempfile::TempDir;

use super::ScenarioError;
use super::script::{Configuration, Script, Staged};
use crate::domain::{Cause, Context, Manifest, Outcome, Revision, Timestamp, limits};
use crate::sandbox::{CompiledCode, Compiler, Guest, Sandbox, View};
use crate::worker::{Campaigns, Decider, Enlisted, Standing};

/// Publishes campaigns of scenario files.
pub(super) struct Publisher {
    sandbox: Sandbox,
    /// Compiled code, while scenarios are played: a module is compiled once, whatever the number of its configurations.
    _compiled: TempDir,
    /// In the place of what files name.
    module: Option<PathBuf>,
    /// Where components are found by their names.
    components: PathBuf,
    published: HashMap<(PathBuf, String), Published>,
}

#[derive(Clone)]
struct Published {
    manifest: Arc<Manifest>,
    decider: Arc<dyn Decider>,
}

impl Publisher {
    pub(super) fn new(module: Option<PathBuf>, components: PathBuf) -> Result<Self, ScenarioError> {
        let house = |err: &dyn Display| ScenarioError::House(err.to_string());
        let folder = tempfile::tempdir().map_err(|err| house(&err))?;
        let mut key = [0; 32];
        getrandom::fill(&mut key).map_err(|err| house(&err))?;
        let compiled = CompiledCode::open(folder.path().join("compiled"), key).map_err(|err| house(&err))?;
        let sandbox = Sandbox::with(Compiler::InProcess, compiled).map_err(|err| house(&err))?;
        Ok(Self { sandbox, _compiled: folder, module, components, published: HashMap::new() })
    }

    /// The campaigns of a file.
    pub(super) fn publish(&mut self, file: &Path, script: &Script) -> Result<Vec<Enlisted>, ScenarioError> {
        let enlist = |staged: &Staged| {
            let enlisted = self.enlist(file, script.start, staged)?;
            Ok(Enlisted { audiences: Arc::clone(&script.audiences), ..enlisted })
        };
        script.campaigns.iter().map(enlist).collect()
    }

    fn enlist(&mut self, file: &Path, since: Timestamp, staged: &Staged) -> Result<Enlisted, ScenarioError> {
        let module = self.module_path(file, staged)?;
        let configuration = configuration(file, staged)?;
        let key = (module, configuration);
        let published = match self.published.get(&key) {
            Some(published) => published.clone(),
            None => {
                let published = self.configure(file, staged, &key)?;
                self.published.insert(key, published.clone());
                published
            }
        };
        staged.settings.check(&published.manifest.triggers).map_err(|err| ScenarioError::Rejected {
            file: file.to_owned(),
            campaign: staged.name.to_string(),
            reason: format!("settings {err}"),
        })?;
        Ok(Enlisted {
            name: staged.name.clone(),
            revision: Revision(1),
            published: Timestamp::EPOCH,
            audiences: Arc::default(),
            standing: Standing::Active,
            since,
            catches_up_since: staged.settings.catch_up.then_some(since),
            settings: Arc::new(staged.settings.clone()),
            streak: Arc::default(),
            manifest: published.manifest,
            decider: published.decider,
        })
    }

    fn configure(
        &self,
        file: &Path,
        staged: &Staged,
        (module, configuration): &(PathBuf, String),
    ) -> Result<Published, ScenarioError> {
        let rejected = |reason: String| ScenarioError::Rejected {
            file: file.to_owned(),
            campaign: staged.name.to_string(),
            reason,
        };
        let bytes = read(module)?;
        let configured = self.sandbox.configure(&bytes, configuration).map_err(|err| rejected(err.to_string()))?;
        let guest = self.sandbox.load(&configured.component, &configured.manifest);
        let guest = guest.map_err(|err| rejected(err.to_string()))?;
        Ok(Published { manifest: Arc::new(configured.manifest), decider: Arc::new(Loaded(guest)) })
    }

    /// A path relative to the file, or the name of a component.
    fn module_path(&self, file: &Path, staged: &Staged) -> Result<PathBuf, ScenarioError> {
        match (&self.module, &staged.module) {
            (Some(module), _) => Ok(module.clone()),
            (None, Some(name)) if name.ends_with(".wasm") => Ok(beside(file, name)),
            (None, Some(name)) => Ok(self.components.join(format!("{name}.wasm"))),
            (None, None) => Err(ScenarioError::NoModule { file: file.to_owned(), pointer: staged.pointer.clone() }),
        }
    }
}

/// The campaigns, as if they had just been published.
pub(super) fn anew(enlisted: &[Enlisted], published: Timestamp) -> Campaigns {
    enlisted.iter().map(|enlisted| Enlisted { streak: Arc::default(), published, ..enlisted.clone() }).collect()
}

fn configuration(file: &Path, staged: &Staged) -> Result<String, ScenarioError> {
    match &staged.configuration {
        Configuration::Inline(document) => Ok(document.to_string()),
        Configuration::File(name) => {
            let path = beside(file, name);
            String::from_utf8(read(&path)?)
                .map_err(|err| ScenarioError::NotJson { file: path, reason: err.to_string() })
        }
    }
}

fn beside(file: &Path, name: &str) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join(name)
}

/// A whole file, bounded.
pub(super) fn read(path: &Path) -> Result<Vec<u8>, ScenarioError> {
    let mut bytes = Vec::new();
    File::open(path)
        .and_then(|file| file.take(limits::CLI_FILE_BYTES_MAX).read_to_end(&mut bytes))
        .map_err(|source| ScenarioError::Unreadable { file: path.to_owned(), source })?;
    Ok(bytes)
}

/// A guest in its sandbox.
struct Loaded(Guest);

impl Decider for Loaded {
    fn decide(&self, context: &Context, cause: &Cause, view: Arc<dyn View>) -> Outcome {
        self.0.decide(context, cause, view)
    }
}
