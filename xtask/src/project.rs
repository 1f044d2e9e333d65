//! Where things lie, as cargo itself says: a project may sit anywhere, and `CARGO_TARGET_DIR` or a
//! configuration may put the target folder anywhere else.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail};
use serde_json::Value;

/// The profile of `Cargo.toml` that campaigns are compiled with.
pub(crate) const COMPONENT_PROFILE: &str = "component";
/// The target that campaigns are compiled for: no system beneath, so no import but the contract's.
pub(crate) const WASM_TARGET: &str = "wasm32-unknown-unknown";

/// Where packages lie that become components: campaigns for users, those that only tests need, and the house's own.
const COMPONENT_FOLDERS: [&str; 3] = ["campaigns", "tests/components", "guest/renderer"];

/// The project, and where cargo puts what it builds.
pub(crate) struct Project {
    pub(crate) root: PathBuf,
    /// The packages that become components, by name.
    pub(crate) components: Vec<String>,
    target_dir: PathBuf,
    /// Where the sources of dependencies lie, by registry.
    pub(crate) registry_dirs: Vec<PathBuf>,
}

impl Project {
    /// Asks the cargo that runs this.
    pub(crate) fn find() -> Result<Self> {
        let metadata = metadata()?;
        let root = path(&metadata["workspace_root"])?;
        let packages = metadata["packages"].as_array().context("cargo metadata names no packages")?;
        let mut components: Vec<String> = packages
            .iter()
            .filter(|package| COMPONENT_FOLDERS.iter().any(|folder| lies_under(package, &root.join(folder))))
            .filter_map(|package| Some(package["name"].as_str()?.to_owned()))
            .collect();
        components.sort();
        Ok(Self {
            target_dir: path(&metadata["target_directory"])?,
            registry_dirs: registry_dirs(packages),
            root,
            components,
        })
    }

    /// Where the components are put, one file a campaign.
    pub(crate) fn components_dir(&self) -> PathBuf {
        self.target_dir.join("components")
    }

    /// The program, as a build in the `dev` profile leaves it.
    pub(crate) fn program(&self) -> PathBuf {
        self.target_dir.join("debug").join("rekindle")
    }

    /// The crash suite.
    pub(crate) fn crash_suite(&self) -> PathBuf {
        self.target_dir.join("debug").join("rekindle-crash")
    }

    /// Where the program lies that has faults.
    pub(crate) fn crash_dir(&self) -> PathBuf {
        self.target_dir.join("crash")
    }

    /// A program, as a build in the `release` profile leaves it.
    pub(crate) fn release(&self, name: &str) -> PathBuf {
        self.target_dir.join("release").join(name)
    }

    /// Where campaigns are compiled: apart from the rest, because another compiler may do it, and two of
    /// them in one folder forget what they know about each other's builds.
    pub(crate) fn wasm_target_dir(&self) -> PathBuf {
        self.target_dir.join("wasm")
    }

    /// The package of the fuzz targets, which is not of the workspace.
    pub(crate) fn fuzz_package(&self) -> PathBuf {
        self.root.join("fuzz")
    }

    /// Where the fuzz targets are built, with flags of their own, and where what they find is kept.
    pub(crate) fn fuzz_dir(&self) -> PathBuf {
        self.target_dir.join("fuzz")
    }

    /// Who judges our requests to providers: scripts, and what they need.
    pub(crate) fn judges(&self) -> PathBuf {
        self.root.join("tests").join("judges")
    }

    /// Where what they need is set up.
    pub(crate) fn judges_dir(&self) -> PathBuf {
        self.target_dir.join("judges")
    }

    /// The core module that cargo makes of a campaign.
    pub(crate) fn module_path(&self, campaign: &str) -> PathBuf {
        let file = format!("{}.wasm", campaign.replace('-', "_"));
        self.wasm_target_dir().join(WASM_TARGET).join(COMPONENT_PROFILE).join(file)
    }
}

fn metadata() -> Result<Value> {
    // Set by cargo for what it runs.
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["metadata", "--format-version=1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .context("could not run `cargo metadata`")?;
    if !output.status.success() {
        bail!("`cargo metadata` failed:\n{}", String::from_utf8_lossy(&output.stderr).trim_end());
    }
    serde_json::from_slice(&output.stdout).context("could not read the answer of `cargo metadata`")
}

fn path(value: &Value) -> Result<PathBuf> {
    let text = value.as_str().context("cargo metadata lacks a path")?;
    Ok(PathBuf::from(text))
}

fn manifest_dir(package: &Value) -> Option<&Path> {
    Path::new(package["manifest_path"].as_str()?).parent()
}

fn lies_under(package: &Value, folder: &Path) -> bool {
    manifest_dir(package).is_some_and(|dir| dir.starts_with(folder))
}

fn registry_dirs(packages: &[Value]) -> Vec<PathBuf> {
    let mut dirs: Vec<PathBuf> = packages
        .iter()
        .filter(|package| !package["source"].is_null())
        .filter_map(|package| Some(manifest_dir(package)?.parent()?.to_owned()))
        .collect();
    dirs.sort();
    dirs.dedup();
    dirs
}
