//! Whether a component is a campaign of this host's contract: its imports are offered, its export is the one we call.
//! By name here, before anything is compiled; by type when the component is linked.

use super::error::Rejection;
use super::structure::{self, Outline};

/// The contract's package, and the version of it that this host speaks.
const PACKAGE: &str = "rekindle:campaign/";
const VERSION: &str = "0.1.0";
/// What a campaign may import. `types` has no functions, only names for types.
const IMPORTS: [&str; 7] = ["types", "event-body", "history", "profile", "catalogue", "conditions", "log"];
/// What a campaign exports.
const HANDLER: &str = "rekindle:campaign/handler@0.1.0";
/// Under this name the snapshot of a configured component is read.
const RESERVED: &str = "wasmtime:wizer/access";

/// Checks an uploaded file: form, counts, names, then every byte.
pub(super) fn check(file: &[u8]) -> Result<(), Rejection> {
    let outline = structure::outline(file)?;
    outline.imports.iter().try_for_each(|name| import(name))?;
    exports(&outline)?;
    structure::validate(file)
}

fn import(name: &str) -> Result<(), Rejection> {
    let (interface, version) = name.split_once('@').unwrap_or((name, ""));
    let known = interface.strip_prefix(PACKAGE).is_some_and(|interface| IMPORTS.contains(&interface));
    if known && version == VERSION {
        return Ok(());
    }
    let what = format!("import `{name}` is not in the contract");
    Err(Rejection::new(what, next_for_import(name, interface, known)))
}

fn next_for_import(name: &str, interface: &str, known: bool) -> String {
    if known {
        return format!("this host offers `{interface}@{VERSION}`, build against its `wit/campaign@0`");
    }
    if name.starts_with("wasi:") {
        return "a campaign has no files, network, clock or chance (the time is `context.now`, chance is \
                `context.seed`), so build without WASI, in Rust for `wasm32-unknown-unknown`, elsewhere with the \
                toolchain's `--stub-wasi`"
            .to_owned();
    }
    format!("leave it out, a campaign may import `{PACKAGE}…@{VERSION}` and nothing else")
}

fn exports(outline: &Outline<'_>) -> Result<(), Rejection> {
    if outline.exports.contains(&RESERVED) {
        return Err(Rejection::new(format!("export `{RESERVED}` is reserved"), "give it another name"));
    }
    if outline.exports.contains(&HANDLER) {
        return Ok(());
    }
    let found = match outline.exports.as_slice() {
        [] => "nothing".to_owned(),
        exports => format!("`{}`", exports.join("`, `")),
    };
    let what = format!("the component is no campaign for this host: it exports {found}, and not `{HANDLER}`");
    let other_version = outline.exports.iter().any(|name| name.starts_with("rekindle:campaign/handler"));
    let next = match other_version {
        true => format!("it speaks another version of the contract, this host speaks `{VERSION}`, so build it again"),
        false => "implement world `campaign` of `wit/campaign@0`, in Rust with the crate `rekindle-guest`".to_owned(),
    };
    Err(Rejection::new(what, next))
}
