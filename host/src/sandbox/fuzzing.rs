//! Target `module`: an upload, before the engine sees it. What we let through is valid by the standard's own measure, so
//! that our choice of features only ever takes away.

use wasmparser::{Parser, Validator, WasmFeatures};

use super::contract;
use super::structure;

/// The first bytes of a component, and of a core module.
const COMPONENT: [u8; 8] = *b"\0asm\x0d\0\x01\0";
const CORE_MODULE: [u8; 8] = *b"\0asm\x01\0\0\0";
/// Sections of a component: a core module, and a component within.
const SECTIONS: [(u8, [u8; 8]); 2] = [(1, CORE_MODULE), (4, COMPONENT)];

/// The bytes as they are, as a component's content, and nested one level further.
pub(crate) fn module(input: &[u8]) {
    check(input);
    check(&[&COMPONENT, input].concat());
    for (section, head) in SECTIONS {
        check(&nested(section, &[&head, input].concat()));
    }
}

fn nested(section: u8, content: &[u8]) -> Vec<u8> {
    let mut file = COMPONENT.to_vec();
    file.push(section);
    leb128(content.len(), &mut file);
    file.extend(content);
    file
}

fn leb128(mut number: usize, bytes: &mut Vec<u8>) {
    while number >= 0x80 {
        bytes.push(0x80 | (number & 0x7f) as u8);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn check(file: &[u8]) {
    let checked = contract::check(file);
    let outlined = structure::outline(file);
    let validated = structure::validate(file);
    for rejection in [checked.as_ref().err(), outlined.as_ref().err(), validated.as_ref().err()].into_iter().flatten() {
        assert!(!rejection.to_string().is_empty());
    }
    if outlined.is_ok() {
        assert!(Parser::is_component(file));
    }
    if validated.is_ok() {
        let standard = Validator::new_with_features(WasmFeatures::all()).validate_all(file);
        assert!(standard.is_ok(), "{:?}", standard.err());
    }
    if checked.is_ok() {
        assert!(outlined.is_ok() && validated.is_ok());
    }
}
