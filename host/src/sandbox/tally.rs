//! What an uploaded file has how many of, over all nested modules and components: each count stands for something that an
//! engine, or a compiler, has been seen to pay dearly for.

use wasmparser::{
    ComponentType, ComponentTypeDeclaration, Encoding, FunctionBody, InstanceTypeDeclaration, Operator, Payload, Result,
};

use super::engine::PAGE_BYTES;
use super::error::Rejection;
use super::nesting::Nesting;
use crate::domain::limits;

/// What is counted.
#[derive(Debug, Default)]
pub(super) struct Tally {
    functions: usize,
    core_modules: usize,
    core_instances: usize,
    components: usize,
    data_segments: usize,
    element_segments: usize,
    globals: usize,
    custom_sections: usize,
    memory_bytes: usize,
    table_elements: usize,
    types: usize,
    /// Imports and exports.
    names: usize,
    longest_name_bytes: usize,
    largest_function_bytes: usize,
    most_locals: usize,
    most_jump_targets: usize,
    nesting: Nesting,
}

impl Tally {
    /// Takes in the next part of the file.
    pub(super) fn count(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::Version { encoding: Encoding::Module, .. } => self.core_modules += 1,
            Payload::Version { encoding: Encoding::Component, .. } => self.components += 1,
            Payload::InstanceSection(instances) => self.core_instances += instances.count() as usize,
            Payload::CodeSectionStart { count, .. } => self.functions += *count as usize,
            Payload::CodeSectionEntry(body) => self.count_body(body)?,
            Payload::DataSection(segments) => self.data_segments += segments.count() as usize,
            Payload::ElementSection(segments) => self.element_segments += segments.count() as usize,
            Payload::GlobalSection(globals) => self.globals += globals.count() as usize,
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
            other => self.count_outside(other)?,
        }
        Ok(())
    }

    /// Types, and what stands on the outside of modules and components.
    fn count_outside(&mut self, payload: &Payload<'_>) -> Result<()> {
        match payload {
            Payload::TypeSection(types) => self.types += types.count() as usize,
            Payload::CoreTypeSection(types) => self.types += types.count() as usize,
            Payload::ComponentTypeSection(types) => {
                for declared in types.clone() {
                    self.types = self.types.saturating_add(types_in(&declared?));
                }
            }
            Payload::ImportSection(imports) => {
                for import in imports.clone().into_imports() {
                    let import = import?;
                    self.count_name(import.module);
                    self.count_name(import.name);
                }
            }
            Payload::ExportSection(exports) => {
                for export in exports.clone() {
                    self.count_name(export?.name);
                }
            }
            Payload::ComponentImportSection(imports) => {
                for import in imports.clone() {
                    self.count_name(import?.name.name);
                }
            }
            Payload::ComponentExportSection(exports) => {
                for export in exports.clone() {
                    self.count_name(export?.name.name);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn count_name(&mut self, name: &str) {
        self.names += 1;
        self.longest_name_bytes = self.longest_name_bytes.max(name.len());
    }

    fn count_body(&mut self, body: &FunctionBody<'_>) -> Result<()> {
        self.largest_function_bytes = self.largest_function_bytes.max(body.range().len());
        let mut locals = 0_usize;
        for group in body.get_locals_reader()? {
            let (count, _) = group?;
            locals = locals.saturating_add(count as usize);
        }
        self.most_locals = self.most_locals.max(locals);
        self.nesting.look(body)?;
        for operator in body.get_operators_reader()? {
            if let Operator::BrTable { targets } = operator? {
                self.most_jump_targets = self.most_jump_targets.max(targets.len() as usize);
            }
        }
        Ok(())
    }

    /// Whether anything is too much so far.
    pub(super) fn check(&self) -> std::result::Result<(), Rejection> {
        let counts = [
            ("functions", self.functions, limits::MODULE_FUNCTIONS_MAX),
            ("core modules", self.core_modules, limits::CORE_INSTANCES_MAX as usize),
            ("core instances", self.core_instances, limits::CORE_INSTANCES_MAX as usize),
            ("components, itself among them", self.components, limits::MODULE_COMPONENTS_MAX),
            ("data segments", self.data_segments, limits::MODULE_DATA_SEGMENTS_MAX),
            ("element segments", self.element_segments, limits::MODULE_ELEMENT_SEGMENTS_MAX),
            ("globals", self.globals, limits::MODULE_GLOBALS_MAX),
            ("custom sections", self.custom_sections, limits::MODULE_CUSTOM_SECTIONS_MAX),
            ("bytes of memory from the start", self.memory_bytes, limits::GUEST_MEMORY_BYTES_MAX),
            ("table elements from the start", self.table_elements, limits::GUEST_TABLE_ELEMENTS_MAX),
            ("types", self.types, limits::MODULE_TYPES_MAX),
            ("imports and exports", self.names, limits::MODULE_NAMES_MAX),
            ("bytes in one name", self.longest_name_bytes, limits::MODULE_NAME_BYTES_MAX),
            ("bytes in one function", self.largest_function_bytes, limits::FUNCTION_BYTES_MAX),
            ("locals in one function", self.most_locals, limits::FUNCTION_LOCALS_MAX),
            ("targets of one jump", self.most_jump_targets, limits::JUMP_TARGETS_MAX),
            ("blocks in one another", self.nesting.blocks, limits::FUNCTION_BLOCKS_DEEP_MAX),
            ("loops in one another", self.nesting.loops, limits::FUNCTION_LOOPS_DEEP_MAX),
        ];
        let Some((what, count, max)) = counts.into_iter().find(|(_, count, max)| count > max) else { return Ok(()) };
        let what = format!("the module has `{count}` {what}, at most `{max}` are taken");
        Err(Rejection::new(what, "build it smaller, leave out what it does not use"))
    }
}

/// A type and those declared inside of it.
fn types_in(declared: &ComponentType<'_>) -> usize {
    let inner: usize = match declared {
        ComponentType::Component(declarations) => declarations.iter().map(types_of_component).sum(),
        ComponentType::Instance(declarations) => declarations.iter().map(types_of_instance).sum(),
        _ => 0,
    };
    1 + inner
}

fn types_of_component(declaration: &ComponentTypeDeclaration<'_>) -> usize {
    match declaration {
        ComponentTypeDeclaration::Type(declared) => types_in(declared),
        ComponentTypeDeclaration::CoreType(_) => 1,
        _ => 0,
    }
}

fn types_of_instance(declaration: &InstanceTypeDeclaration<'_>) -> usize {
    match declaration {
        InstanceTypeDeclaration::Type(declared) => types_in(declared),
        InstanceTypeDeclaration::CoreType(_) => 1,
        _ => 0,
    }
}

fn bytes(pages: u64) -> usize {
    usize::try_from(pages).unwrap_or(usize::MAX).saturating_mul(PAGE_BYTES)
}
