//! Components of another world than ours, and WebAssembly that no campaign needs.

use wit_component::StringEncoding;

use crate::modules::CONTRACT;
use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{and_component, and_section, asked, core, having, text, with};

const FEATURE: Expected = Expected::Refused("the module is not valid");

pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "import-of-wasi",
        trick: Trick::Module(|| with(r#"(import "wasi:clocks/monotonic-clock@0.2.0" (instance))"#)),
        expected: Expected::Refused("no files, network, clock or chance"),
    },
    Probe {
        name: "import-that-nobody-knows",
        trick: Trick::Module(|| with(r#"(import "send" (func))"#)),
        expected: Expected::Refused("`send` is not in the contract"),
    },
    Probe {
        name: "import-of-a-later-contract",
        trick: Trick::Module(|| with(r#"(import "rekindle:campaign/log@0.2.0" (instance))"#)),
        expected: Expected::Refused("is not in the contract"),
    },
    Probe {
        name: "import-of-another-type",
        trick: Trick::Module(|| {
            with(r#"(import "rekindle:campaign/log@0.1.0" (instance (export "write" (func (param "n" u32)))))"#)
        }),
        expected: Expected::Refused("an import is of another type"),
    },
    Probe {
        name: "import-of-a-resource",
        trick: Trick::Module(|| with(r#"(import "r" (type (sub resource)))"#)),
        expected: Expected::Refused("is not in the contract"),
    },
    Probe {
        name: "another-world",
        trick: Trick::Module(|| text(r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#)),
        expected: Expected::Refused("no campaign for this host"),
    },
    Probe {
        name: "missing-export",
        trick: Trick::Module(|| with("")),
        expected: Expected::Refused("the export is of another type"),
    },
    Probe { name: "extra-export", trick: Trick::Module(extra_export), expected: Expected::Decides },
    Probe {
        name: "core-module-as-an-export",
        trick: Trick::Module(|| and_section(asked().build(), 11, b"\x01\x00\x05extra\x00\x11\x00\x00")),
        expected: Expected::Refused("module exports"),
    },
    Probe {
        name: "reserved-export",
        trick: Trick::Module(|| with(r#"(instance $i) (export "wasmtime:wizer/access" (instance $i))"#)),
        expected: Expected::Refused("is reserved"),
    },
    Probe {
        name: "extra-record-field",
        trick: Trick::Module(|| contract("variation: string,", "variation: string, mood: string,")),
        expected: Expected::Refused("of another type"),
    },
    Probe {
        name: "renamed-record-field",
        trick: Trick::Module(|| contract("variation: string,", "variety: string,")),
        expected: Expected::Refused("of another type"),
    },
    Probe {
        name: "extra-case-of-a-variant",
        trick: Trick::Module(|| contract("cancel-all,", "cancel-all, cancel-none,")),
        expected: Expected::Refused("of another type"),
    },
    Probe {
        name: "utf-16",
        trick: Trick::Module(|| asked().build_for(CONTRACT, StringEncoding::UTF16)),
        expected: Expected::NotPublished("not aligned"),
    },
    Probe {
        name: "latin-1-or-utf-16",
        trick: Trick::Module(|| asked().build_for(CONTRACT, StringEncoding::CompactUTF16)),
        expected: Expected::NotPublished("not aligned"),
    },
    Probe { name: "threads", trick: Trick::Module(|| core("(memory 1 1 shared)")), expected: FEATURE },
    Probe {
        name: "atomics",
        trick: Trick::Module(|| core("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))")),
        expected: FEATURE,
    },
    Probe { name: "memory-of-64-bits", trick: Trick::Module(|| core("(memory i64 1)")), expected: FEATURE },
    Probe { name: "table-of-64-bits", trick: Trick::Module(|| core("(table i64 1 funcref)")), expected: FEATURE },
    Probe {
        name: "two-memories-in-one-module",
        trick: Trick::Module(|| core("(memory 1) (memory 1)")),
        expected: FEATURE,
    },
    Probe { name: "garbage-collection", trick: Trick::Module(|| core("(type (struct))")), expected: FEATURE },
    Probe {
        name: "typed-function-references",
        trick: Trick::Module(|| core("(type $f (func)) (func (param (ref $f)) (call_ref $f (local.get 0)))")),
        expected: FEATURE,
    },
    Probe { name: "exceptions", trick: Trick::Module(|| core("(tag)")), expected: FEATURE },
    Probe { name: "tail-calls", trick: Trick::Module(|| core("(func $f (return_call $f))")), expected: FEATURE },
    Probe { name: "simd", trick: Trick::Module(|| core("(func (drop (v128.const i64x2 0 0)))")), expected: FEATURE },
    Probe {
        name: "stack-switching",
        trick: Trick::Module(|| core("(type $f (func)) (type $c (cont $f))")),
        expected: FEATURE,
    },
    Probe {
        name: "asynchronous-components",
        trick: Trick::Module(|| with("(core func (canon task.cancel))")),
        expected: FEATURE,
    },
    Probe {
        name: "asynchronous-streams",
        trick: Trick::Module(|| with("(type $s (stream u8)) (core func (canon stream.new $s))")),
        expected: FEATURE,
    },
    Probe {
        name: "flood-of-resources",
        trick: Trick::Module(resources),
        expected: Expected::Refused("nested components"),
    },
];

/// A good module, built against another contract: this became that.
fn contract(this: &str, that: &str) -> Vec<u8> {
    assert!(CONTRACT.contains(this), "the contract should have `{this}`");
    asked().build_for(&CONTRACT.replace(this, that), StringEncoding::UTF8)
}

/// A good module of a world that exports more than ours.
fn extra_export() -> Vec<u8> {
    let wider = CONTRACT.replace("export handler;", "export handler; export extra: func();");
    having(r#"(func (export "extra") unreachable)"#).build_for(&wider, StringEncoding::UTF8)
}

/// A good module beside one that makes handles for ever as soon as it begins.
fn resources() -> Vec<u8> {
    let component = and_component(
        asked().build(),
        r#"(component
             (type $r (resource (rep i32)))
             (core func $new (canon resource.new $r))
             (core module $m
               (import "" "new" (func $new (param i32) (result i32)))
               (func $start (export "start") (loop (drop (call $new (i32.const 1))) (br 0)))
               (start $start))
             (core instance (instantiate $m (with "" (instance (export "new" (func $new)))))))"#,
    );
    // Its number is 1: the wrapper of the handler's interface is a component, too.
    and_section(component, 5, &[1, 0, 1, 0])
}
