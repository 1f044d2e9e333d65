//! From the core module that cargo makes of a campaign to the component that the host takes.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, bail};
use wit_component::{ComponentEncoder, DecodedWasm};

use crate::project::Project;

/// The only package that a campaign may import from.
const CONTRACT: &str = "rekindle:campaign";

/// Encodes the campaign's module and writes it, unless the same component lies there already.
#[expect(clippy::print_stderr, reason = "a person at a terminal is who this talks to")]
pub(crate) fn write(project: &Project, campaign: &str) -> Result<()> {
    let module_path = project.module_path(campaign);
    let module =
        fs::read(&module_path).with_context(|| format!("could not read the module `{}`", module_path.display()))?;
    let component = encode(&module)
        .with_context(|| format!("`{campaign}` is no component; does its crate say `rekindle_guest::campaign!(…)`?"))?;
    refuse_foreign_imports(&component).with_context(|| format!("`{campaign}` is refused"))?;
    let path = project.components_dir().join(format!("{campaign}.wasm"));
    let state = match fs::read(&path) {
        Ok(present) if present == component => "unchanged",
        _ => {
            replace(&path, &component)?;
            "written"
        }
    };
    eprintln!("{}: {} bytes, {state}", path.display(), component.len());
    Ok(())
}

fn encode(module: &[u8]) -> Result<Vec<u8>> {
    ComponentEncoder::default().module(module)?.validate(true).encode()
}

/// The host would refuse it at upload; better to hear so here.
fn refuse_foreign_imports(component: &[u8]) -> Result<()> {
    let DecodedWasm::Component(resolve, world) = wit_component::decode(component)? else {
        bail!("it holds an interface, not a component");
    };
    let imports = resolve.worlds[world].imports.keys();
    let names: Vec<String> = imports.map(|key| resolve.name_world_key(key)).collect();
    match names.iter().find(|name| !name.starts_with(&format!("{CONTRACT}/"))) {
        Some(name) => bail!("it imports `{name}`; a campaign may import only from `{CONTRACT}`"),
        None => Ok(()),
    }
}

/// In one move, so that a reader finds the old component or the new one, never half of it.
fn replace(path: &Path, component: &[u8]) -> Result<()> {
    let folder = path.parent().context("a component should lie in a folder")?;
    let draft = path.with_extension("wasm.new");
    fs::create_dir_all(folder)
        .and_then(|()| fs::write(&draft, component))
        .and_then(|()| fs::rename(&draft, path))
        .with_context(|| format!("could not write `{}`", path.display()))
}
