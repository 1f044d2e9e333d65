//! Modules that want more room than there is.

use crate::modules::{Answer, Module};
use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{and_instance, answering, asked, core, deciding, having};

const OUT_OF_MEMORY: Expected = Expected::Fails(&["out-of-memory"], "bytes of memory");

pub(crate) const PROBES: &[Probe] = &[
    Probe { name: "memory-little-by-little", trick: Trick::Module(|| growing(1).build()), expected: OUT_OF_MEMORY },
    Probe { name: "memory-at-once", trick: Trick::Module(|| growing(65_000).build()), expected: OUT_OF_MEMORY },
    Probe {
        name: "memory-that-may-not-grow",
        trick: Trick::Module(|| Module { pages: "2 50".to_owned(), ..growing(100) }.build()),
        expected: OUT_OF_MEMORY,
    },
    Probe {
        name: "memory-of-four-gigabytes",
        trick: Trick::Module(|| Module { pages: "65536".to_owned(), ..asked() }.build()),
        expected: Expected::Refused("bytes of memory from the start"),
    },
    Probe {
        name: "memories-that-are-large-together",
        trick: Trick::Module(|| several(r#"(module (memory (export "m") 200))"#)),
        expected: Expected::Refused("bytes of memory from the start"),
    },
    Probe {
        name: "memories-that-grow-together",
        trick: Trick::Module(|| {
            several(
                r#"(module (memory (export "m") 1)
                     (func $start (drop (memory.grow (i32.const 200))))
                     (start $start))"#,
            )
        }),
        expected: Expected::Refused("out-of-memory"),
    },
    Probe {
        name: "more-memories-than-there-may-be",
        trick: Trick::Module(|| {
            (1..6).fold(asked().build(), |component, number| {
                and_instance(component, r#"(module (memory (export "m") 1))"#, number)
            })
        }),
        expected: Expected::Refused(""),
    },
    Probe {
        name: "table-that-grows",
        trick: Trick::Module(|| {
            having("(table 1 funcref) (func (drop (table.grow (ref.null func) (i32.const 1000))))").build()
        }),
        expected: Expected::Refused("table.grow"),
    },
    Probe {
        name: "table-that-changes",
        trick: Trick::Module(|| having("(table 9 funcref) (func (table.set (i32.const 1) (ref.null func)))").build()),
        expected: Expected::Refused("table.set"),
    },
    Probe {
        name: "table-of-four-billion",
        trick: Trick::Module(|| having("(table 4000000000 funcref)").build()),
        expected: Expected::Refused("table elements from the start"),
    },
    Probe {
        name: "tables-that-are-large-together",
        trick: Trick::Module(|| having(&"(table 6000 funcref)".repeat(4)).build()),
        expected: Expected::Refused("table elements from the start"),
    },
    Probe {
        name: "more-tables-than-there-may-be",
        trick: Trick::Module(|| core(&"(table 1 funcref)".repeat(5_000))),
        expected: Expected::Refused(""),
    },
    Probe {
        name: "memory-kept-from-configure",
        trick: Trick::Module(stuffed),
        expected: Expected::NotPublished("have it keep less in memory"),
    },
    Probe {
        name: "state-that-doubles",
        trick: Trick::Again(doubling_state, 30),
        expected: Expected::Fails(&["invalid-answer"], "bytes of state"),
    },
    Probe {
        name: "state-of-a-megabyte",
        trick: Trick::Module(|| {
            let large = Answer { state: [1, 131_072, 1 << 20], ..Answer::default() };
            Module { pages: "20".to_owned(), ..answering(|_| large) }.build()
        }),
        expected: Expected::Fails(&["invalid-answer"], ""),
    },
];

fn growing(pages: u32) -> Module {
    deciding(&format!("(loop (drop (memory.grow (i32.const {pages}))) (br 0)) unreachable"))
}

/// A good module with three more instances beside it.
fn several(core_module: &str) -> Vec<u8> {
    (1..4).fold(asked().build(), |component, number| and_instance(component, core_module, number))
}

fn stuffed() -> Vec<u8> {
    let module = Module { pages: "200".to_owned(), ..asked() };
    let configure = format!("(memory.fill (i32.const 65536) (i32.const 7) (i32.const 12000000)) {}", module.configure);
    Module { configure, ..module }.build()
}

/// Answers with twice the state that it was given, and a byte. Where `context.state` is, the contract's record says.
fn doubling_state() -> Vec<u8> {
    let mut module = asked();
    let answer = module.image.decision(&Answer { state: [1, 0, 0], ..Answer::default() });
    module.decide = format!(
        "(i32.store (i32.const {length}) (i32.add (i32.const 1) (i32.mul (i32.const 2)
           (select (i32.load offset=48 (local.get $input)) (i32.const 0) (i32.load8_u offset=40 (local.get $input))))))
         (i32.const {answer})",
        length = answer + 28,
    );
    module.build()
}
