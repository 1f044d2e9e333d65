//! What is uploaded: each thing that is no campaign is refused in words that say what, where, what next.

use expect_test::{Expect, expect};
use proptest::prelude::*;

use super::modules::Module;
use super::{SANDBOX, context, person};
use crate::domain::{Cause, limits};
use crate::sandbox::{CompileError, ConfigureError, contract};

#[track_caller]
fn check(files: &[(&str, Vec<u8>)], expected: Expect) {
    let refused = |(what, file): &(&str, Vec<u8>)| format!("{what}\n  {}\n", SANDBOX.inspect(file).unwrap_err());
    expected.assert_eq(&files.iter().map(refused).collect::<String>());
}

fn text(text: &str) -> Vec<u8> {
    wat::parse_str(text).unwrap()
}

/// A component that exports an empty handler and has this in it besides.
fn with(items: &str) -> Vec<u8> {
    text(&format!(
        r#"(component {items} (instance $handler) (export "rekindle:campaign/handler@0.1.0" (instance $handler)))"#
    ))
}

#[test]
fn files_that_are_no_components() {
    let whole = Module::new().build();
    check(
        &[
            ("nothing", Vec::new()),
            ("garbage", b"%PDF-1.7".to_vec()),
            ("text", b"(component)".to_vec()),
            ("native code", b"\x7fELF\x02\x01\x01".to_vec()),
            ("a core module", text("(module)")),
            ("half of one", whole[..whole.len() / 2].to_vec()),
            ("too large", vec![0; limits::MODULE_BYTES_MAX + 1]),
        ],
        expect![[r#"
            nothing
              the file is empty; upload a WebAssembly component, built as the README says
            garbage
              the file is not WebAssembly; upload a WebAssembly component, built as the README says
            text
              the file looks like WebAssembly text, not the binary form; upload a WebAssembly component, built as the README says
            native code
              the file is native or precompiled code, which is never taken; upload a WebAssembly component, built as the README says
            a core module
              the file is a core module, not a component; wrap it with `wasm-tools component new`, after `wasm-tools component embed` with `wit/campaign@0`
            half of one
              the file is damaged: unexpected end-of-file, at byte `0x9b6`; build and upload it again, it may be cut short
            too large
              the module has `4194305` bytes, at most `4194304` are taken; strip its debug information, optimise for size
        "#]],
    );
}

#[test]
fn components_of_another_world() {
    let other = r#"(component (instance $i) (export "wasi:cli/run@0.2.0" (instance $i)))"#;
    let older = r#"(component (instance $i) (export "rekindle:campaign/handler@0.0.9" (instance $i)))"#;
    let reserved = r#"(instance $i) (export "wasmtime:wizer/access" (instance $i))"#;
    check(
        &[
            ("wasi", with(r#"(import "wasi:clocks/monotonic-clock@0.2.0" (instance))"#)),
            ("a later contract", with(r#"(import "rekindle:campaign/log@0.2.0" (instance))"#)),
            ("an interface that there is not yet", with(r#"(import "rekindle:campaign/weather@0.1.0" (instance))"#)),
            ("a function", with(r#"(import "send" (func))"#)),
            ("another export", text(other)),
            ("no export", text("(component)")),
            ("an older handler", text(older)),
            ("a reserved export", with(reserved)),
            ("an empty handler", with("")),
            (
                "a log of numbers",
                with(r#"(import "rekindle:campaign/log@0.1.0" (instance (export "write" (func (param "n" u32)))))"#),
            ),
        ],
        expect![[r#"
            wasi
              import `wasi:clocks/monotonic-clock@0.2.0` is not in the contract; a campaign has no files, network, clock or chance (the time is `context.now`, chance is `context.seed`), so build without WASI, in Rust for `wasm32-unknown-unknown`, elsewhere with the toolchain's `--stub-wasi`
            a later contract
              import `rekindle:campaign/log@0.2.0` is not in the contract; this host offers `rekindle:campaign/log@0.1.0`, build against its `wit/campaign@0`
            an interface that there is not yet
              import `rekindle:campaign/weather@0.1.0` is not in the contract; leave it out, a campaign may import `rekindle:campaign/…@0.1.0` and nothing else
            a function
              import `send` is not in the contract; leave it out, a campaign may import `rekindle:campaign/…@0.1.0` and nothing else
            another export
              the component is no campaign for this host: it exports `wasi:cli/run@0.2.0`, and not `rekindle:campaign/handler@0.1.0`; implement world `campaign` of `wit/campaign@0`, in Rust with the crate `rekindle-guest`
            no export
              the component is no campaign for this host: it exports nothing, and not `rekindle:campaign/handler@0.1.0`; implement world `campaign` of `wit/campaign@0`, in Rust with the crate `rekindle-guest`
            an older handler
              the component is no campaign for this host: it exports `rekindle:campaign/handler@0.0.9`, and not `rekindle:campaign/handler@0.1.0`; it speaks another version of the contract, this host speaks `0.1.0`, so build it again
            a reserved export
              export `wasmtime:wizer/access` is reserved; give it another name
            an empty handler
              the export is of another type than the contract says: instance export `rekindle:campaign/handler@0.1.0` does not have export `configure`; build it against this host's `wit/campaign@0`
            a log of numbers
              an import is of another type than the contract says: component imports instance `rekindle:campaign/log@0.1.0`, but a matching implementation was not found in the linker: instance export `write` has the wrong type: type mismatch with parameters: expected 2-tuple, found 1-tuple; build it against this host's `wit/campaign@0`
        "#]],
    );
}

#[test]
fn a_handler_of_another_type() {
    let handler = r#"(component
        (core module $m (func (export "decide") (result i32) (i32.const 0)))
        (core instance $i (instantiate $m))
        (func $decide (result u32) (canon lift (core func $i "decide")))
        (instance $handler (export "configure" (func $decide)) (export "decide" (func $decide)))
        (export "rekindle:campaign/handler@0.1.0" (instance $handler)))"#;
    check(
        &[("numbers", text(handler))],
        expect![[r#"
        numbers
          the export is of another type than the contract says: failed to convert function to given type: type mismatch with parameters: expected 1-tuple, found 0-tuple; build it against this host's `wit/campaign@0`
    "#]],
    );
}

#[test]
fn features_that_no_campaign_needs() {
    let module = |items: &str| with(&format!("(core module {items})"));
    check(
        &[
            ("two memories", module("(memory 1) (memory 1)")),
            ("64 bits", module("(memory i64 1)")),
            ("shared memory", module("(memory 1 1 shared)")),
            ("atomics", module("(memory 1) (func (drop (i32.atomic.load (i32.const 0))))")),
            ("SIMD", module("(func (drop (v128.const i64x2 0 0)))")),
            ("exceptions", module("(tag)")),
            ("tail calls", module("(func $f (return_call $f))")),
            ("structures", module("(type (struct))")),
        ],
        expect![[r#"
            two memories
              the module is not valid: multiple memories, at byte `0x14`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            64 bits
              the module is not valid: memory64 must be enabled for 64-bit memories, at byte `0x15`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            shared memory
              the module is not valid: threads must be enabled for shared memories, at byte `0x15`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            atomics
              the module is not valid: threads support is not enabled, at byte `0x28`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            SIMD
              the module is not valid: SIMD support is not enabled, at byte `0x21`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            exceptions
              the module is not valid: exceptions proposal not enabled, at byte `0x1a`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            tail calls
              the module is not valid: tail calls support is not enabled, at byte `0x21`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
            structures
              the module is not valid: struct indexed types not supported without the gc feature, at byte `0x15`; build it with WebAssembly's basic features only, as target `wasm32-unknown-unknown` does, without SIMD, threads, 64-bit or second memory, exceptions, tail calls, async
        "#]],
    );
}

/// A component with a function that has so many blocks in one another.
fn nested(kind: &str, depth: usize) -> Vec<u8> {
    with(&format!("(core module (func {} {}))", format!("{kind} ").repeat(depth), "end ".repeat(depth)))
}

#[test]
fn more_of_anything_than_is_sane() {
    let module = |items: &str, count: usize| with(&format!("(core module {})", items.repeat(count)));
    let instances = format!("(core module $m) {}", "(core instance (instantiate $m))".repeat(49));
    let exports: String = (0..=limits::MODULE_NAMES_MAX).map(|n| format!(r#"(export "{n}" (func $f))"#)).collect();
    let large = format!("(core module (func {}))", "(drop (i32.const 1000000))".repeat(110_000));
    check(
        &[
            ("functions", module("(func)", limits::MODULE_FUNCTIONS_MAX + 1)),
            ("data", with(&format!("(core module (memory 1) {})", r#"(data "a")"#.repeat(4_097)))),
            ("core modules", with(&"(core module)".repeat(49))),
            ("core instances", with(&instances)),
            ("components", with(&"(component)".repeat(32))),
            ("a long function", with(&large)),
            ("elements", module("(elem func)", limits::MODULE_ELEMENT_SEGMENTS_MAX + 1)),
            ("globals", module("(global i32 (i32.const 0))", limits::MODULE_GLOBALS_MAX + 1)),
            ("custom sections", [with(""), [0, 1, 0].repeat(limits::MODULE_CUSTOM_SECTIONS_MAX + 1)].concat()),
            ("deep blocks", nested("block", limits::FUNCTION_BLOCKS_DEEP_MAX + 1)),
            ("deep loops", nested("loop", limits::FUNCTION_LOOPS_DEEP_MAX + 1)),
            ("types", with(&"(type (list u8))".repeat(limits::MODULE_TYPES_MAX + 1))),
            (
                "types in a type",
                with(&format!("(type (instance {}))", "(type (list u8))".repeat(limits::MODULE_TYPES_MAX))),
            ),
            ("exports", with(&format!("(core module (func $f) {})", exports))),
            ("a long name", with(&format!(r#"(core module (func (export "{}")))"#, "a".repeat(5_000)))),
            ("locals", with(&format!("(core module (func (local {})))", "i32 ".repeat(10_001)))),
            ("jumps", with(&format!("(core module (func (br_table {} (i32.const 0))))", "0 ".repeat(4_098)))),
        ],
        expect![[r#"
            functions
              the module has `20001` functions, at most `20000` are taken; build it smaller, leave out what it does not use
            data
              the module has `4097` data segments, at most `4096` are taken; build it smaller, leave out what it does not use
            core modules
              the module has `49` core modules, at most `48` are taken; build it smaller, leave out what it does not use
            core instances
              the module has `49` core instances, at most `48` are taken; build it smaller, leave out what it does not use
            components
              the module has `33` components, itself among them, at most `32` are taken; build it smaller, leave out what it does not use
            a long function
              the module has `550002` bytes in one function, at most `524288` are taken; build it smaller, leave out what it does not use
            elements
              the module has `1025` element segments, at most `1024` are taken; build it smaller, leave out what it does not use
            globals
              the module has `20001` globals, at most `20000` are taken; build it smaller, leave out what it does not use
            custom sections
              the module has `1025` custom sections, at most `1024` are taken; build it smaller, leave out what it does not use
            deep blocks
              the module has `1001` blocks in one another, at most `1000` are taken; build it smaller, leave out what it does not use
            deep loops
              the module has `65` loops in one another, at most `64` are taken; build it smaller, leave out what it does not use
            types
              the module has `10001` types, at most `10000` are taken; build it smaller, leave out what it does not use
            types in a type
              the module has `10001` types, at most `10000` are taken; build it smaller, leave out what it does not use
            exports
              the module has `10001` imports and exports, at most `10000` are taken; build it smaller, leave out what it does not use
            a long name
              the module has `5000` bytes in one name, at most `4096` are taken; build it smaller, leave out what it does not use
            locals
              the module has `10001` locals in one function, at most `10000` are taken; build it smaller, leave out what it does not use
            jumps
              the module has `4097` targets of one jump, at most `4096` are taken; build it smaller, leave out what it does not use
        "#]],
    );
}

/// Whoever walks such a type by recursion walks as deep as it is.
#[test]
fn types_that_are_too_deep_end_in_an_answer() {
    let mut chain = "(type $t0 (list u8))".to_owned();
    for n in 1..9_000 {
        chain.push_str(&format!("(type $t{n} (list $t{}))", n - 1));
    }
    let error = SANDBOX.inspect(&with(&chain)).unwrap_err().to_string();
    assert!(error.starts_with("the module is not valid: type nesting is too deep"), "{error}");
    let error = SANDBOX.inspect(&nested_types(500_000)).unwrap_err().to_string();
    assert!(error.starts_with("the module's types may be nested too deeply to be read"), "{error}");
    let bearable = nested_types(limits::MODULE_TYPE_LEVELS_MAX - 1);
    assert!(SANDBOX.inspect(&bearable).is_err());
}

/// A component type that has a component type in it that has …: `(component (type (component (type …`.
fn nested_types(levels: usize) -> Vec<u8> {
    let mut component = b"\0asm\x0d\0\x01\0\x07".to_vec();
    component.extend(leb128(1 + 3 * levels + 2));
    component.push(1);
    (0..levels).for_each(|_| component.extend([0x41, 1, 1]));
    component.extend([0x41, 0]);
    component
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push(u8::try_from(number & 0x7f).unwrap() | 0x80);
        number >>= 7;
    }
    bytes.push(u8::try_from(number).unwrap());
    bytes
}

#[test]
fn blocks_beside_one_another_are_not_deep() {
    let beside = "(loop (block) (if (i32.const 1) (then)))".repeat(2 * limits::FUNCTION_BLOCKS_DEEP_MAX);
    let module = Module { items: format!("(func {beside})"), ..Module::new() };
    SANDBOX.inspect(&module.build()).unwrap();
}

#[test]
fn modules_that_cannot_be_kept_configured() {
    let table = r#"(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1))))"#;
    let growing = Module { items: table.to_owned(), ..Module::new() };
    let huge = Module { pages: "1000".to_owned(), ..Module::new() };
    check(
        &[("a growing table", growing.build()), ("too much memory", huge.build())],
        expect![[r#"
            a growing table
              the module cannot be kept as `configure` left it: unsupported `table.grow` instruction; build it as one core module that keeps its state in memory and globals, does not change its tables and has room for one more page of memory: Rust does
            too much memory
              the module has `65536000` bytes of memory from the start, at most `33554432` are taken; build it smaller, leave out what it does not use
        "#]],
    );
    let stuffed = Module {
        pages: "200".to_owned(),
        configure: format!(
            "(memory.fill (i32.const 65536) (i32.const 7) (i32.const 12000000)) {}",
            Module::new().configure
        ),
        ..Module::new()
    };
    let error = SANDBOX.configure(&stuffed.build(), "{}").unwrap_err();
    expect!["`12005000` bytes of module and what `configure` left: at most `8388608` are allowed; have it keep less in memory"].assert_eq(&error.to_string());
    let full = Module { pages: "2 2".to_owned(), ..Module::new() };
    let error = SANDBOX.configure(&full.build(), "{}").unwrap_err();
    expect!["the module cannot be kept as `configure` left it: wasm trap: wasm `unreachable` instruction executed; build it as one core module that keeps its state in memory and globals, does not change its tables and has room for one more page of memory: Rust does"].assert_eq(&error.to_string());
}

/// The tool that freezes a component panics on a core module that has state and exports nothing.
#[test]
fn a_panic_of_a_tool_is_a_rejection() {
    let silent = text("(module (memory 1))");
    let mut module = Module::new().build();
    module.extend([1, u8::try_from(silent.len()).unwrap()]);
    module.extend(silent);
    let core_modules = wasmparser::Parser::new(0)
        .parse_all(&module)
        .filter(|payload| matches!(payload, Ok(wasmparser::Payload::ModuleSection { .. })));
    let last = u8::try_from(core_modules.count()).unwrap() - 1;
    module.extend([2, 4, 1, 0, last, 0]);
    SANDBOX.inspect(&module).unwrap();
    let error = SANDBOX.configure(&module, "{}").unwrap_err();
    assert!(
        matches!(&error, ConfigureError::Rejected(rejection) if rejection.what.starts_with("the engine broke")),
        "{error}"
    );
    assert!(SANDBOX.configure(&Module::new().build(), "{}").is_ok());
}

#[test]
fn a_refusal_is_as_long_as_somebody_reads() {
    let name = "a".repeat(90_000);
    let error = SANDBOX.inspect(&with(&format!(r#"(import "{name}" (func))"#))).unwrap_err();
    assert!(matches!(error, CompileError::Rejected(rejection) if rejection.what.len() <= limits::REFUSAL_BYTES_MAX));
}

#[test]
fn configurations_that_are_none() {
    let module = Module::new().build();
    let refused = |configuration: &str| SANDBOX.configure(&module, configuration).unwrap_err().to_string();
    expect!["the configuration is not JSON: key must be a string at line 1 column 2; change the configuration"]
        .assert_eq(&refused("{wait: 1}"));
    expect!["`262146` bytes of configuration: at most `262144` are allowed; change the configuration"]
        .assert_eq(&refused(&format!("\"{}\"", "x".repeat(limits::CONFIGURATION_BYTES_MAX))));
}

#[test]
fn a_module_cut_anywhere_is_refused_or_whole() {
    let module = Module::new().build();
    for length in 0..module.len() {
        if contract::check(&module[..length]).is_ok() {
            SANDBOX.inspect(&module[..length]).unwrap();
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    /// Any end is good that is an answer.
    #[test]
    fn damage_ends_nothing_but_its_own_module(damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..4)) {
        let mut module = Module::new().build();
        for (at, byte) in damage {
            let at = at.index(module.len());
            module[at] = byte;
        }
        if let Ok(configured) = SANDBOX.configure(&module, "{}") {
            let guest = SANDBOX.load(&configured.component, &configured.manifest);
            let _outcome = guest.map(|guest| guest.decide(&context(), &Cause::Timer("wait".to_owned()), person()));
        }
    }
}
