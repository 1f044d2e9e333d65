//! What an uploaded file is made of, looked at before the engine sees it: its form, its counts, the features it needs.
//! Everything here is bounded by the file's size; nothing is compiled.

use wasmparser::{Encoding, Parser, Payload, Validator, WasmFeatures};

use super::engine::PAGE_BYTES;
use super::error::Rejection;
use super::nesting::Nesting;
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

/// What is counted, over all nested modules and components.
#[derive(Debug, Default)]
struct Tally {
    functions: usize,
    core_modules: usize,
    core_instances: usize,
    components: usize,
    data_segments: usize,
    element_segments: usize,
    types: usize,
    globals: usize,
    exports: usize,
    custom_sections: usize,
    memory_bytes: usize,
    table_elements: usize,
    largest_function_bytes: usize,
    nesting: Nesting,
}

impl Tally {
    fn count(&mut self, payload: &Payload<'_>) -> wasmparser::Result<()> {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => self.core_modules += 1,
            Payload::Version { encoding: Encoding::Component, .. } => self.components += 1,
            Payload::InstanceSection(instances) => self.core_instances += instances.count() as usize,
            Payload::CodeSectionStart { count, .. } => self.functions += *count as usize,
            Payload::CodeSectionEntry(body) => {
                self.largest_function_bytes = self.largest_function_bytes.max(body.range().len());
                self.nesting.look(body)?;
            }
            Payload::DataSection(segments) => self.data_segments += segments.count() as usize,
            Payload::ElementSection(segments) => self.element_segments += segments.count() as usize,
            Payload::TypeSection(types) => self.types += types.count() as usize,
            Payload::GlobalSection(globals) => self.globals += globals.count() as usize,
            Payload::ExportSection(exports) => self.exports += exports.count() as usize,
            Payload::CustomSection(_) => self.custom_sections += 1,
            Payload::MemorySection(memories) => {
                for memory in memories.clone() {
                    self.memory_bytes = self.memory_bytes.saturating_add(bytes(memory?.initial));
                }
            }
            Payload::TableSection(tables) => {
                for table in tables.clone() {
                    let elements = usize::try_from(table?.ty.initial).unwrap_or(usize::MAX);
                    self.table_elements = self.table_elements.saturating_add(elements);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn check(&self) -> Result<(), Rejection> {
        let counts = [
            ("functions", self.functions, limits::MODULE_FUNCTIONS_MAX),
            ("core modules", self.core_modules, limits::CORE_INSTANCES_MAX as usize),
            ("core instances", self.core_instances, limits::CORE_INSTANCES_MAX as usize),
            ("components, itself among them", self.components, limits::MODULE_COMPONENTS_MAX),
            ("data segments", self.data_segments, limits::MODULE_DATA_SEGMENTS_MAX),
            ("element segments", self.element_segments, limits::MODULE_ELEMENT_SEGMENTS_MAX),
            ("types", self.types, limits::MODULE_ENTRIES_MAX),
            ("globals", self.globals, limits::MODULE_ENTRIES_MAX),
            ("exports", self.exports, limits::MODULE_ENTRIES_MAX),
            ("custom sections", self.custom_sections, limits::MODULE_CUSTOM_SECTIONS_MAX),
            ("bytes of memory from the start", self.memory_bytes, limits::GUEST_MEMORY_BYTES_MAX),
            ("table elements from the start", self.table_elements, limits::GUEST_TABLE_ELEMENTS_MAX),
            ("bytes in one function", self.largest_function_bytes, limits::FUNCTION_BYTES_MAX),
            ("blocks in one another", self.nesting.blocks, limits::FUNCTION_BLOCKS_DEEP_MAX),
            ("loops in one another", self.nesting.loops, limits::FUNCTION_LOOPS_DEEP_MAX),
        ];
        let Some((what, count, max)) = counts.into_iter().find(|(_, count, max)| count > max) else { return Ok(()) };
        let what = format!("the module has `{count}` {what}, at most `{max}` are taken");
        Err(Rejection::new(what, "build it smaller, leave out what it does not use"))
    }
}

fn bytes(pages: u64) -> usize {
    usize::try_from(pages).unwrap_or(usize::MAX).saturating_mul(PAGE_BYTES)
}

fn malformed(err: &wasmparser::BinaryReaderError) -> Rejection {
    let what = format!("the file is damaged: {}", err.message());
    Rejection::new(what, "build and upload it again, it may be cut short").at(offset(err.offset()))
}

fn offset(offset: usize) -> String {
    format!("byte `{offset:#x}`")
}
