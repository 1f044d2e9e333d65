//! What was typed, and where the things lie that are measured.

use std::path::PathBuf;

use anyhow::{Context, Result, bail};

use crate::benches::BENCHES;

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Extent {
    /// Enough to see that it works and what the order of magnitude is.
    Quick,
    /// Enough to believe the figures.
    Full,
}

impl Extent {
    /// One of two numbers.
    pub(crate) fn pick(self, quick: usize, full: usize) -> usize {
        match self {
            Self::Quick => quick,
            Self::Full => full,
        }
    }
}

/// What was typed.
pub(crate) struct Arguments {
    names: Vec<String>,
    pub(crate) extent: Extent,
    pub(crate) json: Option<PathBuf>,
}

impl Arguments {
    pub(crate) fn parse(words: &[String]) -> Result<Self> {
        let mut arguments = Self { names: Vec::new(), extent: Extent::Full, json: None };
        let mut words = words.iter();
        while let Some(word) = words.next() {
            match word.as_str() {
                "--quick" => arguments.extent = Extent::Quick,
                "--json" => arguments.json = Some(words.next().context("`--json` needs a file behind it")?.into()),
                name if BENCHES.iter().any(|bench| bench.name == name) => arguments.names.push(name.to_owned()),
                other => bail!("there is no measurement `{other}`: choose of {}", names()),
            }
        }
        Ok(arguments)
    }

    /// Whether that measurement was asked for; all are when none was named.
    pub(crate) fn wants(&self, name: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|wanted| wanted == name)
    }
}

fn names() -> String {
    BENCHES.iter().map(|bench| format!("`{}`", bench.name)).collect::<Vec<_>>().join(", ")
}

/// What measurements need to know.
pub(crate) struct Settings {
    pub(crate) extent: Extent,
    /// The server's program.
    pub(crate) program: PathBuf,
    /// The folder of built components.
    pub(crate) components: PathBuf,
}

impl Settings {
    pub(crate) fn find(extent: Extent) -> Result<Self> {
        let named = |name: &str| {
            let path = std::env::var_os(name).with_context(|| format!("`{name}` is not set: run `cargo xtask bench`"));
            path.map(PathBuf::from)
        };
        Ok(Self { extent, program: named("REKINDLE_PROGRAM")?, components: named("REKINDLE_COMPONENTS")? })
    }

    /// The component that is measured.
    pub(crate) fn component(&self) -> Result<Vec<u8>> {
        self.component_of("three-lines")
    }

    /// The component of that name.
    pub(crate) fn component_of(&self, name: &str) -> Result<Vec<u8>> {
        let path = self.components.join(format!("{name}.wasm"));
        std::fs::read(&path).with_context(|| format!("cannot read `{}`", path.display()))
    }
}
