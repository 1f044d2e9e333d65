//! Modules that are small to send and large to compile.

use std::fmt::Write;

use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{and_component, and_instance, asked, core, having, with};

pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "two-hundred-thousand-functions",
        trick: Trick::Module(|| having(&"(func)".repeat(200_000)).build()),
        expected: Expected::Refused("functions"),
    },
    Probe {
        name: "as-many-functions-as-may-be",
        trick: Trick::Module(|| having(&"(func)".repeat(19_000)).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "function-of-four-hundred-thousand-operators",
        trick: Trick::Module(|| having(&function(&"(drop (i32.const 1))".repeat(200_000))).build()),
        expected: Expected::Refused("bytes in one function"),
    },
    Probe {
        name: "function-as-long-as-may-be",
        trick: Trick::Module(|| having(&function(&"(drop (i32.const 1))".repeat(170_000))).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "three-functions-as-long-as-may-be",
        trick: Trick::Module(|| having(&function(&"(drop (i32.const 1))".repeat(170_000)).repeat(3)).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "fifty-thousand-locals",
        trick: Trick::Module(|| core(&format!("(func (local {}))", "i32 ".repeat(50_001)))),
        expected: Expected::Refused("locals in one function"),
    },
    Probe { name: "ten-thousand-locals-in-use", trick: Trick::Module(locals), expected: Expected::Decides },
    Probe {
        name: "deep-blocks",
        trick: Trick::Module(|| having(&function(&nested("block", "end", 100_000))).build()),
        expected: Expected::Refused("blocks in one another"),
    },
    Probe {
        name: "blocks-as-deep-as-may-be",
        trick: Trick::Module(|| having(&function(&nested("block", "end", 999)).repeat(20)).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "deep-loops-around-branches",
        trick: Trick::Module(|| having(&function(&nested("loop i32.const 0 br_if 0", "end", 900))).build()),
        expected: Expected::Refused("loops in one another"),
    },
    Probe {
        name: "loops-as-deep-as-may-be",
        trick: Trick::Module(|| having(&function(&nested("loop i32.const 0 br_if 0", "end", 64)).repeat(50)).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "branch-to-seventy-thousand-places",
        trick: Trick::Module(|| core(&branches(70_000))),
        expected: Expected::Refused("targets of one jump"),
    },
    Probe {
        name: "branches-to-four-thousand-places",
        trick: Trick::Module(|| having(&branches(4_000)).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "forty-thousand-data-segments",
        trick: Trick::Module(|| having(&r#"(data "a")"#.repeat(40_000)).build()),
        expected: Expected::Refused("data segments"),
    },
    Probe {
        name: "forty-thousand-element-segments",
        trick: Trick::Module(|| having(&"(elem func $decide)".repeat(40_000)).build()),
        expected: Expected::Refused("element segments"),
    },
    Probe {
        name: "half-a-million-globals",
        trick: Trick::Module(|| having(&"(global i32 (i32.const 0))".repeat(500_000)).build()),
        expected: Expected::Refused("globals"),
    },
    Probe { name: "a-hundred-thousand-exports", trick: Trick::Module(exports), expected: Expected::Refused("exports") },
    Probe {
        name: "three-hundred-thousand-types",
        trick: Trick::Module(|| having(&"(type (func (param i64)))".repeat(300_000)).build()),
        expected: Expected::Refused("types"),
    },
    Probe {
        name: "name-of-ninety-thousand-bytes",
        trick: Trick::Module(|| with(&format!(r#"(import "{}" (func))"#, "a".repeat(90_000)))),
        expected: Expected::Refused("bytes in one name"),
    },
    Probe {
        name: "lists-of-lists-of-lists",
        trick: Trick::Module(|| bomb("(type $t0 (list u8))", "list", 1, 5_000)),
        expected: Expected::Refused("nesting is too deep"),
    },
    Probe {
        name: "tuples-that-double-forty-times",
        trick: Trick::Module(|| bomb("(type $t0 (tuple u8 u8))", "tuple", 2, 40)),
        expected: Expected::Refused("effective type size"),
    },
    Probe {
        name: "tuples-that-double-eighteen-times",
        trick: Trick::Module(|| bomb("(type $t0 (tuple u8 u8))", "tuple", 2, 18)),
        expected: Expected::Decides,
    },
    Probe {
        name: "chain-of-recursive-types",
        trick: Trick::Module(recursive_types),
        expected: Expected::Refused("not valid"),
    },
    Probe {
        name: "components-within-components",
        trick: Trick::Module(|| and_component(asked().build(), &nested("(component ", ")", 28))),
        expected: Expected::Decides,
    },
    Probe {
        name: "components-within-components-too-deep",
        trick: Trick::Module(|| and_component(asked().build(), &nested("(component ", ")", 100))),
        expected: Expected::Refused("components"),
    },
    Probe {
        name: "twenty-thousand-core-instances",
        trick: Trick::Module(|| {
            with(&format!("(core module $m) {}", "(core instance (instantiate $m))".repeat(10_000)))
        }),
        expected: Expected::Refused("core instances"),
    },
    Probe {
        name: "as-many-core-instances-as-may-be",
        trick: Trick::Module(|| {
            (1..40).fold(asked().build(), |component, number| {
                and_instance(component, r#"(module (func (export "f")))"#, number)
            })
        }),
        expected: Expected::Decides,
    },
];

fn function(body: &str) -> String {
    format!("(func {body})")
}

/// So many of one around so many of the other.
fn nested(open: &str, close: &str, depth: usize) -> String {
    format!("{}{}", format!("{open} ").repeat(depth), format!("{close} ").repeat(depth))
}

fn locals() -> Vec<u8> {
    let mut body = format!("(local {})", "i32 ".repeat(10_000));
    for local in 0..10_000 {
        write!(body, "(local.set {local} (local.get {}))", (local + 1) % 10_000).unwrap();
    }
    having(&function(&body)).build()
}

fn branches(places: usize) -> String {
    function(&format!("block i32.const 0 br_table {} end", "0 ".repeat(places)))
}

fn exports() -> Vec<u8> {
    let mut items = "(func $f)".to_owned();
    for number in 0..100_000 {
        write!(items, r#"(export "{number}" (func $f))"#).unwrap();
    }
    core(&items)
}

/// A good module beside a type that is made of itself again and again.
fn bomb(first: &str, kind: &str, width: usize, depth: usize) -> Vec<u8> {
    let mut types = first.to_owned();
    for number in 1..depth {
        write!(types, "(type $t{number} ({kind} {}))", format!("$t{} ", number - 1).repeat(width)).unwrap();
    }
    and_component(asked().build(), &format!("(component {types})"))
}

fn recursive_types() -> Vec<u8> {
    let mut types = "(type $t0 (func))".to_owned();
    for number in 1..10_000 {
        let before = number - 1;
        write!(types, "(rec (type $t{number} (func (param (ref null $t{before})) (result (ref null $t{number})))))")
            .unwrap();
    }
    core(&types)
}
