//! A campaign that takes all the time that it may: it asks for every view of a product, and loops for almost all of its fuel before
//! it decides nothing. One that never came back would be suspended. Written by hand, in WebAssembly's text, because no kit
//! makes it.

use anyhow::Result;
use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// What it is asked about.
pub(crate) const TRIGGER: &str = "Product Viewed";

/// The manifest as the canonical ABI lays it out, at 1024: `ok`, name, version, summary, triggers, channels, steps, schema, ext.
const TEXT: &str = r#"(module
  (memory (export "memory") 2)
  (global $heap (mut i32) (i32.const 65536))
  (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $at i32)
    (local.set $at (i32.and
      (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
      (i32.sub (i32.const 0) (local.get $align))))
    (global.set $heap (i32.add (local.get $at) (local.get $size)))
    (local.get $at))
  (func (export "rekindle:campaign/handler@0.1.0#configure") (param i32 i32) (result i32) (i32.const 1024))
  (func (export "rekindle:campaign/handler@0.1.0#decide") (param i32) (result i32)
    (local $left i32)
    (local.set $left (i32.const 3500000))
    (loop $again (br_if $again (local.tee $left (i32.sub (local.get $left) (i32.const 1)))))
    (i32.const 4096))
  (data (i32.const 1024)
    "\00\00\00\00" "\00\08\00\00\06\00\00\00" "\08\08\00\00\05\00\00\00" "\00\00\00\00\00\00\00\00"
    "\00\09\00\00\01\00\00\00" "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\10\08\00\00\02\00\00\00"
    "\00\00\00\00\00\00\00\00")
  (data (i32.const 2048) "looper\00\001.0.0\00\00\00{}")
  (data (i32.const 2304) "\00\00\00\00" "\20\08\00\00\0e\00\00\00" "\00\00\00\00\00\00\00\00" "\00\00\00\00\00\00\00\00" "\00\00\00\00")
  (data (i32.const 2080) "Product Viewed"))"#;

/// The component.
pub(crate) fn component() -> Result<Vec<u8>> {
    let mut module = wat::parse_str(TEXT)?;
    let mut resolve = Resolve::default();
    let (package, _) = resolve.push_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/campaign@0"))?;
    let world = resolve.select_world(&[package], Some("campaign"))?;
    wit_component::embed_component_metadata(&mut module, &resolve, world, StringEncoding::UTF8, false)?;
    ComponentEncoder::default().module(&module)?.validate(true).encode()
}
