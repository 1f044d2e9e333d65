//! Modules that mean harm, or do it by mistake. Whatever they do ends in a failure that says what they did, and the
//! next campaign decides as if nothing had been.

use std::sync::Arc;

use expect_test::{Expect, expect};
use serde_json::{Map, Value};

use super::modules::{Answer, Image, Module};
use super::{Person, SANDBOX, ask, context, publish};
use crate::conditions::{self, Condition};
use crate::domain::{Cause, FailureKind, Json, Occurrences, Outcome, Subject, Timestamp, WorkMeter, limits};
use crate::sandbox::{ConfigureError, View};

const LOG: &str = r#"(import "rekindle:campaign/log@0.1.0" "write" (func $write (param i32 i32 i32 i32)))"#;
const REACHABLE: &str =
    r#"(import "rekindle:campaign/profile@0.1.0" "reachable" (func $reachable (param i32 i32) (result i32)))"#;
const GET: &str = r#"(import "rekindle:campaign/event-body@0.1.0" "get" (func $get (param i32 i32 i32)))"#;
const LOOK_UP: &str = r#"(import "rekindle:campaign/history@0.1.0" "look-up"
    (func $look_up (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32)))"#;

/// Asks a module that does that, then one that does no harm.
fn outcome(module: &Module) -> Outcome {
    let outcome = ask(&module.build());
    assert!(ask(&Module::new().build()).result.is_ok());
    outcome
}

#[track_caller]
fn check(module: &Module, expected: Expect) {
    let outcome = outcome(module);
    let failure = outcome.result.unwrap_err();
    assert_eq!(failure.fuel_used, outcome.fuel_used);
    expected.assert_eq(&failure.to_string());
}

#[test]
fn an_endless_loop_uses_up_its_fuel() {
    let outcome = outcome(&Module::deciding("(loop (br 0)) unreachable"));
    let failure = outcome.result.unwrap_err();
    expect!["out-of-fuel: it used all its `10000000` units of fuel: look for an endless loop"]
        .assert_eq(&failure.to_string());
    assert_eq!(outcome.fuel_used, limits::FUEL_PER_CALL);
    assert!(!failure.backtrace.is_empty());
}

#[test]
fn an_endless_recursion_ends_with_its_stack() {
    let outcome = outcome(&Module::deciding("(call $decide (local.get $input))"));
    let failure = outcome.result.unwrap_err();
    expect!["trap: call stack exhausted"].assert_eq(&failure.to_string());
    assert_eq!(failure.backtrace.len(), limits::BACKTRACE_FRAMES_MAX);
}

#[test]
fn a_trap_says_where() {
    let mut module = Module::deciding("(call $_ZN4shop4cart5count17h0123456789abcdefE) unreachable");
    module.items = "(func $_ZN4shop4cart5count17h0123456789abcdefE unreachable)".to_owned();
    let failure = outcome(&module).result.unwrap_err();
    expect!["trap: wasm `unreachable` instruction executed"].assert_eq(&failure.to_string());
    assert_eq!(failure.backtrace, ["shop::cart::count", "decide"]);
}

#[test]
fn a_panic_is_told_in_its_own_words() {
    let mut module = Module::new();
    let [level, message] = ["error", "panicked at src/lib.rs:3: no cart"].map(|text| module.image.text(text));
    module.items = LOG.to_owned();
    module.decide = format!(
        "(call $write (i32.const {}) (i32.const {}) (i32.const {}) (i32.const {})) unreachable",
        level[0], level[1], message[0], message[1]
    );
    check(&module, expect!["trap: panicked at src/lib.rs:3: no cart"]);
    module.configure = std::mem::take(&mut module.decide);
    module.decide = "unreachable".to_owned();
    let error = SANDBOX.configure(&module.build(), "{}").unwrap_err();
    expect!["the module failed before it was configured: trap: panicked at src/lib.rs:3: no cart"]
        .assert_eq(&error.to_string());
}

#[test]
fn memory_ends_at_its_limit_at_once_or_little_by_little() {
    for pages in [1, 100, 10_000, 65_000] {
        let body = format!("(loop (drop (memory.grow (i32.const {pages}))) (br 0)) unreachable");
        let failure = outcome(&Module::deciding(&body)).result.unwrap_err();
        assert_eq!(failure.kind, FailureKind::OutOfMemory, "{failure}");
        assert_eq!(failure.backtrace, ["decide"]);
    }
}

/// Each refused growth takes the host time and the guest next to no fuel.
#[test]
fn a_memory_that_may_not_grow_cannot_be_asked_for_ever() {
    let mut module = Module::deciding("(loop (drop (memory.grow (i32.const 100))) (br 0)) unreachable");
    module.pages = "2 50".to_owned();
    assert_eq!(outcome(&module).result.unwrap_err().kind, FailureKind::OutOfMemory);
}

#[test]
fn work_that_costs_little_fuel_ends_by_fuel_or_clock() {
    let fill = "(loop (memory.fill (i32.const 65536) (i32.const 0) (i32.const 65536)) (br 0)) unreachable";
    let kind = outcome(&Module::deciding(fill)).result.unwrap_err().kind;
    assert!(matches!(kind, FailureKind::OutOfFuel | FailureKind::OutOfTime), "{kind}");
}

/// Answers slowly, as the worker never does.
struct Slow;

impl View for Slow {
    fn body(&self) -> Option<&Value> {
        None
    }

    fn holds(&self, _: &Condition, _: &Value) -> bool {
        false
    }
}

impl conditions::Person for Slow {
    fn occurrences(&self, _: &Subject, _: Option<Timestamp>) -> Occurrences {
        Occurrences::default()
    }

    fn trait_value(&self, _: &str) -> Option<Json> {
        None
    }

    fn is_in_audience(&self, _: &str) -> bool {
        false
    }

    fn item(&self, _: &str) -> Option<Json> {
        None
    }

    fn viewed(&self, _: &str) -> Option<Timestamp> {
        None
    }

    fn has_in_cart(&self, _: Option<&str>) -> bool {
        false
    }

    fn reachable(&self, _: &str) -> bool {
        let meter = WorkMeter::start();
        while meter.elapsed() < limits::EPOCH_TICK {}
        false
    }
}

const ASK_FOR_EVER: &str = "(loop (drop (call $reachable (i32.const 0) (i32.const 0))) (br 0)) unreachable";

#[test]
fn what_takes_too_long_by_the_clock_ends() {
    let module = Module { items: REACHABLE.to_owned(), ..Module::deciding(ASK_FOR_EVER) };
    let guest = publish(&module.build(), "{}");
    let outcome = guest.decide(&context(), &Cause::Timer("wait".to_owned()), Arc::new(Slow));
    expect!["out-of-time: it ran longer than `500` ms"].assert_eq(&outcome.result.unwrap_err().to_string());
}

#[test]
fn a_storm_of_questions_ends() {
    let module = Module { items: REACHABLE.to_owned(), ..Module::deciding(ASK_FOR_EVER) };
    check(
        &module,
        expect!["too-many-calls: it called the host more than `10000` times: look for a loop around a question"],
    );
}

#[test]
fn the_host_works_for_fuel_only() {
    let mut module = Module::new();
    let pointer = module.image.text("/none");
    let answer = module.image.words(&[0; 3]);
    module.items = GET.to_owned();
    module.decide = format!(
        "(loop (call $get (i32.const {}) (i32.const {}) (i32.const {answer})) (br 0)) unreachable",
        pointer[0], pointer[1]
    );
    let body: Map<String, Value> = (0..5_000).map(|number| (format!("property {number}"), Value::Null)).collect();
    let view = Arc::new(Person(Value::Object(body)));
    let outcome = publish(&module.build(), "{}").decide(&context(), &Cause::Timer("wait".to_owned()), view);
    assert_eq!(outcome.result.unwrap_err().kind, FailureKind::OutOfFuel);
    assert_eq!(outcome.fuel_used, limits::FUEL_PER_CALL);
}

#[test]
fn a_flood_of_log_lines_is_cut_and_counted() {
    let mut module = Module::new();
    let line = module.image.text(&"x".repeat(3_000));
    module.items = LOG.to_owned();
    module.decide = format!(
        "(local $n i32)
         (loop
           (call $write (i32.const 0) (i32.const 0) (i32.const {}) (i32.const {}))
           (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 1000))))
         {}",
        line[0], line[1], module.decide
    );
    let outcome = outcome(&module);
    assert!(outcome.result.is_ok());
    assert_eq!(outcome.log.len(), 17);
    assert_eq!(outcome.log[16].message, "984 more lines were dropped");
}

#[test]
fn questions_that_have_no_answer_trap() {
    let mut module = Module::new();
    let [adored, opened] = ["adored", "opened"].map(|text| module.image.text(text));
    let answer = module.image.words(&[0; 10]);
    module.items = LOOK_UP.to_owned();
    let look_up = |kind: [u32; 2], target: u32, name: [u32; 2]| {
        format!(
            "(call $look_up (i32.const 1) (i32.const {}) (i32.const {}) (i32.const {target}) (i32.const {})
               (i32.const {}) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const {answer}))
             unreachable",
            kind[0], kind[1], name[0], name[1]
        )
    };
    module.decide = look_up(adored, 0, [0, 0]);
    check(
        &module,
        expect![
            "trap: this host knows no engagement `adored`: use one of `sent`, `delivered`, `viewed`, `opened`, `clicked`, `dismissed`, `bounced`, `failed`, `complained`, `unsubscribed`, `converted`, `held-out`"
        ],
    );
    module.configure = look_up(opened, 0, [0, 0]);
    let error = SANDBOX.configure(&module.build(), "{}").unwrap_err();
    expect!["the module failed before it was configured: trap: `history.look-up` cannot be asked during `configure`: there is no person yet"].assert_eq(&error.to_string());
}

#[test]
fn values_that_are_none_are_an_invalid_answer() {
    let mut discriminant = Module::new();
    discriminant.decide = format!("(i32.const {})", discriminant.image.words(&[7; 12]));
    let endless = Answer { instructions: [0, u32::MAX], ..Answer::default() };
    let outside = Answer { timers: [0x10_0000, 1], ..Answer::default() };
    let unknown = Answer { state: [9, 0, 0], ..Answer::default() };
    let not_utf8 = |image: &mut Image| {
        let [at, length] = image.bytes(b"\xff\xfe");
        Answer { instructions: image.list(&[[at, length, 0, 0, 0, 0, 0, 0, 0, 0]]), ..Answer::default() }
    };
    let amplified = |image: &mut Image| {
        let instruction = image.instruction("remind", "push", &"x".repeat(30_000));
        Answer { instructions: image.list(&[instruction; 100]), ..Answer::default() }
    };
    let modules = [
        ("outside of memory", Module::deciding("(i32.const 0x7ffffff0)")),
        ("not aligned", Module::deciding("(i32.const 1025)")),
        ("neither ok nor an error", discriminant),
        ("a list without an end", Module::answering(|_| endless)),
        ("a list outside of memory", Module::answering(|_| outside)),
        ("no such change", Module::answering(|_| unknown)),
        ("not UTF-8", Module::answering(not_utf8)),
        ("one text a hundred times", Module::answering(amplified)),
        ("no place for a value", Module { realloc: "(i32.const 0x7ffffff0)".to_owned(), ..Module::new() }),
    ];
    let mut told = String::new();
    for (what, module) in modules {
        let failure = match SANDBOX.configure(&module.build(), "{}") {
            Err(ConfigureError::Failed(failure)) => failure,
            _ => outcome(&module).result.unwrap_err(),
        };
        assert_eq!(failure.kind, FailureKind::InvalidAnswer, "{what}");
        told += &format!("{what}\n  {}\n", failure.message);
    }
    expect![[r#"
        outside of memory
          its values could not be read: pointer out of bounds of memory
        not aligned
          its values could not be read: return pointer not aligned
        neither ok nor an error
          its values could not be read: invalid expected discriminant
        a list without an end
          its values could not be read: list pointer/length out of bounds of memory
        a list outside of memory
          its values could not be read: list pointer/length out of bounds of memory
        no such change
          its values could not be read: unexpected discriminant: 9
        not UTF-8
          its values could not be read: invalid utf-8 sequence of 1 bytes from index 0
        one text a hundred times
          its values could not be read: too much data is being copied between the host and the guest: fuel allocated for hostcalls has been exhausted
        no place for a value
          its values could not be read: realloc return: beyond end of memory
    "#]].assert_eq(&told);
}

#[test]
fn an_answer_against_the_rules_is_no_decision() {
    let module = |step: &str, content: &str| {
        Module::answering(|image| {
            let instruction = image.instruction(step, "push", content);
            Answer { instructions: image.list(&[instruction]), ..Answer::default() }
        })
    };
    check(&module("nag", "{}"), expect!["invalid-answer: step `nag` is not in the manifest: add it to its steps"]);
    check(
        &module("remind", "{"),
        expect![
            "invalid-answer: the content for `push` in step `remind` is not JSON: EOF while parsing an object at line 1 column 1"
        ],
    );
    check(
        &module("remind", r#""\ud800""#),
        expect![
            "invalid-answer: the content for `push` in step `remind` is not JSON: unexpected end of hex escape at line 1 column 8"
        ],
    );
}

#[test]
fn an_endless_configuration_ends_too() {
    for module in [
        Module { configure: "(loop (br 0)) unreachable".to_owned(), ..Module::new() },
        Module { realloc: "(loop (br 0)) unreachable".to_owned(), ..Module::new() },
        Module { items: "(func $start (loop (br 0))) (start $start)".to_owned(), ..Module::new() },
    ] {
        let error = SANDBOX.configure(&module.build(), "{}").unwrap_err();
        let ConfigureError::Failed(failure) = error else { panic!("{error}") };
        assert_eq!(failure.kind, FailureKind::OutOfFuel);
        assert_eq!(failure.fuel_used, limits::FUEL_PER_CONFIGURE);
    }
}

#[test]
fn an_input_that_is_too_large_does_not_go_in() {
    let cause = Cause::Timer("x".repeat(limits::INPUT_BYTES_MAX));
    let outcome = publish(&Module::new().build(), "{}").decide(&context(), &cause, super::person());
    expect!["input-too-large: event and state have `524294` bytes, at most `524288` go in"]
        .assert_eq(&outcome.result.unwrap_err().to_string());
}
