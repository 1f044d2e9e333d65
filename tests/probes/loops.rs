//! Code that does not end, or not where it should.

use crate::modules::Module;
use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{asked, deciding, having, span};

const LOG: &str = r#"(import "rekindle:campaign/log@0.1.0" "write" (func $write (param i32 i32 i32 i32)))"#;
const REACHABLE: &str =
    r#"(import "rekindle:campaign/profile@0.1.0" "reachable" (func $reachable (param i32 i32) (result i32)))"#;
const GET: &str = r#"(import "rekindle:campaign/event-body@0.1.0" "get" (func $get (param i32 i32 i32)))"#;
const ENDLESS: &str = "(loop (br 0)) unreachable";

pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "endless-loop",
        trick: Trick::Module(|| deciding(ENDLESS).build()),
        expected: Expected::Fails(&["out-of-fuel"], "look for an endless loop"),
    },
    Probe {
        name: "endless-loop-for-a-hundred-people",
        trick: Trick::Crowd(|| deciding(ENDLESS).build(), 100),
        expected: Expected::Ends,
    },
    Probe {
        name: "endless-loop-in-start",
        trick: Trick::Module(|| having("(func $start (loop (br 0))) (start $start)").build()),
        expected: Expected::Refused("out-of-fuel"),
    },
    Probe { name: "slow-start", trick: Trick::Crowd(slow_start, 50), expected: Expected::Decides },
    Probe {
        name: "endless-loop-in-configure",
        trick: Trick::Module(|| Module { configure: ENDLESS.to_owned(), ..asked() }.build()),
        expected: Expected::NotPublished("out-of-fuel"),
    },
    Probe {
        name: "endless-loop-in-realloc",
        trick: Trick::Module(|| Module { realloc: ENDLESS.to_owned(), ..asked() }.build()),
        expected: Expected::NotPublished("out-of-fuel"),
    },
    Probe {
        name: "endless-loop-in-realloc-when-asked",
        trick: Trick::Module(loop_in_later_realloc),
        expected: Expected::Fails(&["out-of-fuel"], "look for an endless loop"),
    },
    Probe {
        name: "endless-loop-after-the-answer",
        trick: Trick::Module(|| having(&after_the_answer("(loop (br 0))")).build()),
        expected: Expected::Fails(&["out-of-fuel"], ""),
    },
    Probe {
        name: "trap-after-the-answer",
        trick: Trick::Module(|| having(&after_the_answer("unreachable")).build()),
        expected: Expected::Fails(&["trap"], "unreachable"),
    },
    Probe {
        name: "endless-recursion",
        trick: Trick::Module(|| deciding("(call $decide (local.get $input))").build()),
        expected: Expected::Fails(&["trap"], "call stack exhausted"),
    },
    Probe {
        name: "endless-recursion-in-start",
        trick: Trick::Module(|| having("(func $start (call $start)) (start $start)").build()),
        expected: Expected::Refused("call stack exhausted"),
    },
    Probe {
        name: "trap-below-ten-thousand-frames-of-long-names",
        trick: Trick::Module(deep_trap),
        expected: Expected::Fails(&["trap"], "unreachable"),
    },
    Probe {
        name: "filling-memory-for-ever",
        trick: Trick::Module(filling),
        expected: Expected::Fails(&["out-of-fuel", "out-of-time"], ""),
    },
    Probe {
        name: "host-call-storm",
        trick: Trick::Module(storm),
        expected: Expected::Fails(&["too-many-calls"], "look for a loop around a question"),
    },
    Probe {
        name: "long-paths-into-the-body",
        trick: Trick::Module(long_paths),
        expected: Expected::Fails(&["out-of-fuel", "out-of-time"], ""),
    },
    Probe { name: "log-flood", trick: Trick::Module(flood), expected: Expected::Decides },
    Probe {
        name: "log-line-of-a-megabyte",
        trick: Trick::Module(long_line),
        expected: Expected::Fails(&["invalid-answer"], "too much data"),
    },
    Probe { name: "log-that-steers-terminals", trick: Trick::Module(steering_line), expected: Expected::Decides },
];

/// Begins with a fifth of what a configuration may use; the snapshot takes the start out of the module.
fn slow_start() -> Vec<u8> {
    having(
        "(func $start (local $n i32)
           (loop (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 10000000)))))
         (start $start)",
    )
    .build()
}

/// `realloc` gives room for the configuration, and never again.
fn loop_in_later_realloc() -> Vec<u8> {
    let module = having("(global $asked (mut i32) (i32.const 0))");
    let realloc = format!("(if (global.get $asked) (then (loop (br 0)))) {}", module.realloc);
    let configure = format!("(global.set $asked (i32.const 1)) {}", module.configure);
    Module { realloc, configure, ..module }.build()
}

fn after_the_answer(body: &str) -> String {
    format!(r#"(func (export "cabi_post_rekindle:campaign/handler@0.1.0#decide") (param i32) {body})"#)
}

fn deep_trap() -> Vec<u8> {
    let name = format!("_ZN60000{}E", "x".repeat(60_000));
    let mut module = deciding(&format!("(call ${name} (i32.const 10000)) unreachable"));
    module.items = format!(
        "(func ${name} (param i32)
           (if (i32.eqz (local.get 0)) (then unreachable))
           (call ${name} (i32.sub (local.get 0) (i32.const 1))))"
    );
    module.build()
}

fn filling() -> Vec<u8> {
    let mut module =
        deciding("(loop (memory.fill (i32.const 65536) (i32.const 0) (i32.const 31000000)) (br 0)) unreachable");
    module.pages = "480".to_owned();
    module.build()
}

fn storm() -> Vec<u8> {
    let body = "(loop (drop (call $reachable (i32.const 0) (i32.const 0))) (br 0)) unreachable";
    Module { items: REACHABLE.to_owned(), ..deciding(body) }.build()
}

fn long_paths() -> Vec<u8> {
    let mut module = having(GET);
    let path = module.image.text(&"/~1".repeat(16_000));
    let answer = module.image.words(&[0; 3]);
    module.decide = format!("(loop (call $get {} (i32.const {answer})) (br 0)) unreachable", span(path));
    module.build()
}

/// Writes a line so often, then answers.
fn writing(line: &str, times: u32) -> Vec<u8> {
    let mut module = having(LOG);
    let [level, line] = ["info", line].map(|text| module.image.text(text));
    module.decide = format!(
        "(local $n i32)
         (loop
           (call $write {} {})
           (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const {times}))))
         {}",
        span(level),
        span(line),
        module.decide
    );
    module.build()
}

fn flood() -> Vec<u8> {
    writing(&"x".repeat(900), 500)
}

fn long_line() -> Vec<u8> {
    let mut module = having(LOG);
    module.pages = "20".to_owned();
    module.decide =
        format!("(call $write (i32.const 0) (i32.const 0) (i32.const 131072) (i32.const 1048576)) {}", module.decide);
    module.build()
}

fn steering_line() -> Vec<u8> {
    writing("\u{1b}]0;mine\u{7}\u{1b}[2J\u{202e}", 3)
}
