//! A module for tests, written by hand: it takes any object as its configuration, and refuses everything else.

use std::fmt::Write as _;

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// Where the texts lie in the module's memory, and the two answers of `configure`.
const BASE: usize = 1_024;

/// The component. Another name makes another digest.
pub(super) fn module(name: &str) -> Vec<u8> {
    let mut module = wat::parse_str(core(name)).unwrap();
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/campaign@0")).unwrap();
    let world = resolve.select_world(&[package], Some("campaign")).unwrap();
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false).unwrap();
    ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
}

fn core(name: &str) -> String {
    let mut image = Vec::new();
    // Nothing comes first, where it is aligned: an empty list has to be.
    let texts = ["", name, "1.0.0", "{}", "give an object"].map(|text| put(&mut image, text.as_bytes()));
    let [none, name, version, schema, refusal] = texts;
    // `ok`, then name, version, summary, triggers, channels, steps, configuration, ext; and `err` with its words.
    let spans = [name, version, none, none, none, none, schema, none];
    let accepted = words(&mut image, &[&[0][..], spans.as_flattened()].concat());
    let refused = words(&mut image, &[&[1][..], &refusal].concat());
    let data = image.iter().fold(String::new(), |mut text, byte| {
        write!(text, "\\{byte:02x}").unwrap();
        text
    });
    format!(
        r#"(module
          (memory (export "memory") 9)
          (func (export "cabi_realloc") (param i32 i32 i32 i32) (result i32) (i32.const 65536))
          (func (export "rekindle:campaign/handler@0.1.0#configure") (param $text i32) (param i32) (result i32)
            (if (result i32) (i32.eq (i32.load8_u (local.get $text)) (i32.const 123))
              (then (i32.const {accepted})) (else (i32.const {refused}))))
          (func (export "rekindle:campaign/handler@0.1.0#decide") (param i32) (result i32) unreachable)
          (data (i32.const {BASE}) "{data}"))"#
    )
}

/// Where the bytes are, and how many.
fn put(image: &mut Vec<u8>, bytes: &[u8]) -> [usize; 2] {
    let at = BASE + image.len();
    image.extend(bytes);
    [at, bytes.len()]
}

fn words(image: &mut Vec<u8>, words: &[usize]) -> usize {
    image.resize(image.len().next_multiple_of(8), 0);
    let bytes: Vec<u8> = words.iter().flat_map(|word| u32::try_from(*word).unwrap().to_le_bytes()).collect();
    put(image, &bytes)[0]
}
