//! What compiles a campaign to WebAssembly: the compiler in use, if it has the target (by rustup or any
//! other way); else Debian's packages, which bring the standard library's source. What is missing is set
//! up, and every change outside the project is said before it is made.
#![expect(clippy::print_stderr, reason = "a person at a terminal is who this talks to")]

use std::env;
use std::path::Path;

use anyhow::{Result, bail};

use crate::command::{Run, cargo};
use crate::project::{COMPONENT_PROFILE, Project, WASM_TARGET};

/// Debian's packages, a matched set: compiler, cargo, the standard library's source, and the linker.
const DEBIAN_PACKAGES: [&str; 4] = ["rustc-web", "cargo-web", "rust-web-src", "lld-22"];
const DEBIAN_CARGO: &str = "/usr/bin/cargo";
const DEBIAN_RUSTC: &str = "/usr/bin/rustc";
const DEBIAN_LINKER: &str = "/usr/bin/wasm-ld-22";
/// The stack of a campaign in bytes: deep enough for parsing JSON of the depth that the door lets in, as a test of the whole house
/// checks, and no deeper, because with the campaign's memory behind it it has to fit into what the host keeps mapped.
const STACK_BYTES: usize = 64 << 10;
const DEBIAN_LIBRARY: &str = "/usr/lib/rustlib/src/rust/library";

/// How long a download by rustup may stand still, in seconds: there is another way.
const RUSTUP_STALL_SECONDS_MAX: &str = "20";

/// How it is said to someone for whom nothing worked.
const NEXT_STEP: &str = "install the target with `rustup target add wasm32-unknown-unknown`, or, on Debian 12 or later, \
    run as root `apt-get install rustc-web cargo-web rust-web-src lld-22`; then run this again";

/// What compiles campaigns.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Toolchain {
    /// The compiler in use, which has the target.
    InUse,
    /// Debian's packages, which build the standard library along with the campaign.
    Debian,
}

impl Toolchain {
    /// What is there, else what can be set up.
    pub(crate) fn find_or_set_up(project: &Project) -> Result<Self> {
        if let Some(found) = Self::find(project) {
            eprintln!("wasm target: {}", found.description());
            return Ok(found);
        }
        eprintln!("wasm target: the compiler in use has no {WASM_TARGET}, and Debian's packages are not complete");
        add_by_rustup(project);
        if Self::find(project).is_none() {
            add_by_apt(project);
        }
        match Self::find(project) {
            Some(found) => {
                eprintln!("wasm target: set up; {}", found.description());
                Ok(found)
            }
            None => bail!("the target {WASM_TARGET} could not be set up; {NEXT_STEP}"),
        }
    }

    /// Compiles every campaign to a core module.
    pub(crate) fn compile(self, project: &Project) -> Result<()> {
        let run = match self {
            Self::InUse => cargo(project),
            Self::Debian => Run::new(DEBIAN_CARGO, &project.root)
                .without_outer_cargo()
                .env("RUSTC", DEBIAN_RUSTC)
                .env("RUSTC_BOOTSTRAP", "1")
                .env("CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER", DEBIAN_LINKER),
        };
        let own_library = match self {
            Self::InUse => None,
            Self::Debian => Some("-Zbuild-std=std,panic_abort"),
        };
        run.args(["build", "--locked", "--lib", "--target", WASM_TARGET])
            .args(["--profile", COMPONENT_PROFILE, "--target-dir"])
            .args([project.wasm_target_dir()])
            .args(own_library)
            .args(project.components.iter().flat_map(|component| ["--package", component]))
            .env("CARGO_ENCODED_RUSTFLAGS", compiler_flags(project))
            .run()
    }

    fn find(project: &Project) -> Option<Self> {
        if in_use_has_target(project) {
            return Some(Self::InUse);
        }
        let parts = [DEBIAN_CARGO, DEBIAN_RUSTC, DEBIAN_LINKER, DEBIAN_LIBRARY];
        parts.iter().all(|part| Path::new(part).exists()).then_some(Self::Debian)
    }

    fn description(self) -> &'static str {
        match self {
            Self::InUse => "the compiler in use has it",
            Self::Debian => "by Debian's compiler under /usr/bin, with a standard library built here",
        }
    }
}

fn in_use_has_target(project: &Project) -> bool {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Run::new(rustc, &project.root)
        .args(["--print", "target-libdir", "--target", WASM_TARGET])
        .answer()
        .is_ok_and(|folder| Path::new(&folder).exists())
}

/// Fails fast where rustup cannot download.
fn add_by_rustup(project: &Project) {
    if Run::new("rustup", &project.root).args(["--version"]).answer().is_err() {
        eprintln!("wasm target: no rustup here");
        return;
    }
    eprintln!("wasm target: changing outside the project: `rustup target add {WASM_TARGET}`");
    let added = Run::new("rustup", &project.root)
        .args(["target", "add", WASM_TARGET])
        .env("RUSTUP_MAX_RETRIES", "0")
        .env("RUSTUP_DOWNLOAD_TIMEOUT", RUSTUP_STALL_SECONDS_MAX)
        .answer();
    if let Err(err) = added {
        eprintln!("wasm target: nothing was changed: {err:#}");
    }
}

/// As root on Debian: whoever may install packages may have them installed.
fn add_by_apt(project: &Project) {
    if !Path::new("/etc/debian_version").exists() {
        eprintln!("wasm target: no Debian here, so no packages of it");
        return;
    }
    let user = Run::new("id", &project.root).args(["-u"]).answer();
    if user.ok().as_deref() != Some("0") {
        eprintln!("wasm target: not root, so no packages can be installed");
        return;
    }
    let packages = DEBIAN_PACKAGES.join(" ");
    eprintln!("wasm target: changing outside the project: installing Debian's packages {packages}");
    let installed = install(project).or_else(|err| {
        eprintln!("wasm target: {err:#}; trying again after `apt-get update`");
        apt_get(project).args(["update"]).answer()?;
        install(project)
    });
    match installed {
        Ok(_) => eprintln!("wasm target: the packages are installed"),
        Err(err) => eprintln!("wasm target: {err:#}"),
    }
}

fn install(project: &Project) -> Result<String> {
    apt_get(project).args(["install", "--yes", "--no-install-recommends"]).args(DEBIAN_PACKAGES).answer()
}

fn apt_get(project: &Project) -> Run {
    Run::new("apt-get", &project.root).env("DEBIAN_FRONTEND", "noninteractive")
}

/// The same component on every machine: a panic's place must not name where things lie on this one. And a small stack,
/// because every page of it is laid anew for every decision.
fn compiler_flags(project: &Project) -> String {
    let registries = project.registry_dirs.iter().map(|dir| (dir.as_path(), "/registry"));
    let flags: Vec<String> = registries
        .chain([(project.root.as_path(), "/project"), (Path::new(DEBIAN_LIBRARY), "/library")])
        .map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()))
        .collect();
    let flags = [flags, vec![format!("-Clink-arg=-zstack-size={STACK_BYTES}")]].concat();
    // How cargo separates flags that may hold spaces.
    flags.join("\u{1f}")
}
