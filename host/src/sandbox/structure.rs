//! What an uploaded file is made of, looked at before the engine sees it: its form, its counts, the features it needs.
//! Everything here is bounded by the file's size; nothing is compiled.

use wasmparser::{Parser, Payload, Validator, WasmFeatures};

use super::error::Rejection;
use super::tally::Tally;
use crate::domain::limits;

/// The features that toolchains for campaigns need; all others are where engines break. More than one memory in a core
/// module is among the others, although the engine has it switched on for its own adapters.
const FEATURES: WasmFeatures = WasmFeatures::empty()
    .union(WasmFeatures::FLOATS)
    .union(WasmFeatures::GC_TYPES)
    .union(WasmFeatures::MUTABLE_GLOBAL)
    .union(WasmFeatures::SATURATING_FLOAT_TO_INT)
    .union(WasmFeatures::SIGN_EXTENSION)
    .union(WasmFeatures::BULK_MEMORY)
    .union(WasmFeatures::MULTI_VALUE)
    .union(WasmFeatures::REFERENCE_TYPES)
    .union(WasmFeatures::EXTENDED_CONST)
    .union(WasmFeatures::COMPONENT_MODEL);

/// The names on a component's outside.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    pub(super) imports: Vec<&'a str>,
    pub(super) exports: Vec<&'a str>,
}

/// Reads the names on the outside and counts what is inside.
pub(super) fn outline(file: &[u8]) -> Result<Outline<'_>, Rejection> {
    form(file)?;
    let mut outline = Outline::default();
    let mut tally = Tally::default();
    let mut depth = 0_usize;
    for payload in Parser::new(0).parse_all(file) {
        let payload = payload.map_err(|err| malformed(&err))?;
        if let Payload::ComponentTypeSection(types) = &payload {
            flat(&file[types.range()])?;
        }
        tally.count(&payload).map_err(|err| malformed(&err))?;
        tally.check()?;
        match payload {
            Payload::Version { .. } => depth += 1,
            Payload::End(_) => depth -= 1,
            Payload::ComponentImportSection(imports) if depth == 1 => {
                for import in imports {
                    outline.imports.push(import.map_err(|err| malformed(&err))?.name.name);
                }
            }
            Payload::ComponentExportSection(exports) if depth == 1 => {
                for export in exports {
                    outline.exports.push(export.map_err(|err| malformed(&err))?.name.name);
                }
            }
            _ => {}
        }
    }
    Ok(outline)
}

/// Checks every byte against the standard, with no features but `FEATURES`.
pub(super) fn validate(file: &[u8]) -> Result<(), Rejection> {
    let validated = Validator::new_with_features(FEATURES).validate_all(file);
    validated.map(|_| ()).map_err(|err| {
        let next = "build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without \
                    SIMD, threads, 64-bit or second memory, exceptions, tail calls, async";
        Rejection::new(format!("the module is not valid: {}", err.message()), next).at(offset(err.offset()))
    })
}

/// The kind of file, by how it begins.
fn form(file: &[u8]) -> Result<(), Rejection> {
    let build = "upload a WebAssembly component, built as the README says";
    let say = |what: &str| Err(Rejection::new(what, build));
    if file.len() > limits::MODULE_BYTES_MAX {
        let what = format!("the module has `{}` bytes, at most `{}` are taken", file.len(), limits::MODULE_BYTES_MAX);
        return Err(Rejection::new(what, "strip its debug information, optimise for size"));
    }
    match file {
        [] => say("the file is empty"),
        _ if Parser::is_component(file) => Ok(()),
        _ if Parser::is_core_wasm(file) => Err(Rejection::new(
            "the file is a core module, not a component",
            "wrap it with `wasm-tools component new`, after `wasm-tools component embed` with `wit/campaign@0`",
        )),
        [0x7f, b'E', b'L', b'F', ..] => say("the file is native or precompiled code, which is never taken"),
        [b'(' | b';', ..] => say("the file looks like WebAssembly text, not the binary form"),
        _ => say("the file is not WebAssembly"),
    }
}

/// Whether a section of types can be read: the parser recurses into types that are declared inside of types, as deep as the
/// file says, and a thread that has no stack left ends the whole process. Each level has a byte of its own, which may stand
/// for something else, too; so the bytes are no fewer than the levels.
fn flat(section: &[u8]) -> Result<(), Rejection> {
    const COMPONENT_TYPE: u8 = 0x41;
    const INSTANCE_TYPE: u8 = 0x42;
    let opens = section.iter().filter(|byte| matches!(**byte, COMPONENT_TYPE | INSTANCE_TYPE)).count();
    if opens <= limits::MODULE_TYPE_LEVELS_MAX {
        return Ok(());
    }
    let (what, next) = ("the module's types may be nested too deeply to be read", "use fewer types of components");
    Err(Rejection::new(what, next))
}

fn malformed(err: &wasmparser::BinaryReaderError) -> Rejection {
    let what = format!("the file is damaged: {}", err.message());
    Rejection::new(what, "build and upload it again, it may be cut short").at(offset(err.offset()))
}

fn offset(offset: usize) -> String {
    format!("byte `{offset:#x}`")
}
