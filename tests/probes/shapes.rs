//! What many probes are made of: modules that want to be asked, and components with something beside what is good.

use crate::modules::{Answer, Image, Module};

/// The event that hostile campaigns want to be asked about.
pub(crate) const EVENT: &str = "Probed";

/// A module that is asked about `EVENT`, and answers nothing.
pub(crate) fn asked() -> Module {
    wanting(Module::new())
}

/// The same, with this besides.
pub(crate) fn having(items: &str) -> Module {
    Module { items: items.to_owned(), ..asked() }
}

/// A module that decides in that way.
pub(crate) fn deciding(body: &str) -> Module {
    wanting(Module::deciding(body))
}

/// A module that answers that.
pub(crate) fn answering(answer: impl FnOnce(&mut Image) -> Answer) -> Module {
    wanting(Module::answering(answer))
}

fn wanting(mut module: Module) -> Module {
    let [at, length] = module.image.text(EVENT);
    let manifest = module.image.manifest(&[[0, at, length, 0, 0, 0, 0, 0]]);
    module.configure = format!("(i32.const {manifest})");
    module
}

/// The instructions that hand a text over: where it is, and how long.
pub(crate) fn span([at, length]: [u32; 2]) -> String {
    format!("(i32.const {at}) (i32.const {length})")
}

/// The binary form of a text.
pub(crate) fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A component with an empty handler and this in it besides.
pub(crate) fn with(items: &str) -> Vec<u8> {
    text(&format!(
        r#"(component {items} (instance $handler) (export "rekindle:campaign/handler@0.1.0" (instance $handler)))"#
    ))
}

/// A core module within such a component.
pub(crate) fn core(items: &str) -> Vec<u8> {
    with(&format!("(core module {items})"))
}

/// A good component with one more section.
pub(crate) fn and_section(mut component: Vec<u8>, id: u8, content: &[u8]) -> Vec<u8> {
    component.push(id);
    component.extend(number(content.len()));
    component.extend(content);
    component
}

/// A good component that has another core module in it and makes an instance of that: the module's number among the
/// component's.
pub(crate) fn and_instance(component: Vec<u8>, core_module: &str, number: u8) -> Vec<u8> {
    let component = and_section(component, 1, &text(core_module));
    and_section(component, 2, &[1, 0, number, 0])
}

/// A good component that has another component in it.
pub(crate) fn and_component(component: Vec<u8>, other: &str) -> Vec<u8> {
    and_section(component, 4, &text(other))
}

/// A number as the binary form writes it: LEB128.
pub(crate) fn number(number: usize) -> Vec<u8> {
    let mut rest = number;
    let mut bytes = Vec::new();
    while rest > 0x7f {
        bytes.push((rest & 0x7f) as u8 | 0x80);
        rest >>= 7;
    }
    bytes.push(rest as u8);
    bytes
}
