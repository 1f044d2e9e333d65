//! A module's life as it should be: inspected, configured, loaded, asked.

use expect_test::expect;

use super::modules::{Answer, Module};
use super::{NOW_MS, SANDBOX, ask, context, person, publish};
use crate::domain::{Cause, Change, FailureKind, Json, StateChange};
use crate::sandbox::ConfigureError;

/// A module that asks everything that there is to ask: it reminds of the product in the event, remembers its
/// configuration, sets a timer, and writes a trait and an answer of the history to its log.
fn curious() -> Module {
    let mut module = Module::new();
    let image = &mut module.image;
    let push = image.text("push");
    let deliveries = image.list(&[[push[0], push[1], 0, 0]]);
    let instruction = image.instruction_with("remind", deliveries);
    let instructions = image.list(&[instruction]);
    let timer = image.timer("wait", u64::try_from(NOW_MS).unwrap() + 3_600_000);
    let timers = image.list(&[timer]);
    let marks = image.list(&[[0; 6]]);
    let answer = image.decision(&Answer { instructions, timers, state: [1, 0, 0], marks });
    let [pointer, product_added, plan, info] =
        ["/properties/product_name", "Product Added", "plan", "info"].map(|text| image.text(text));
    let returned = image.words(&[0; 10]);
    module.items = r#"
        (import "rekindle:campaign/event-body@0.1.0" "get" (func $get (param i32 i32 i32)))
        (import "rekindle:campaign/history@0.1.0" "look-up"
          (func $look_up (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32)))
        (import "rekindle:campaign/profile@0.1.0" "get-trait" (func $get_trait (param i32 i32 i32)))
        (import "rekindle:campaign/profile@0.1.0" "reachable" (func $reachable (param i32 i32) (result i32)))
        (import "rekindle:campaign/log@0.1.0" "write" (func $write (param i32 i32 i32 i32)))
        (global $configuration (mut i32) (i32.const 0))
        (global $configuration_length (mut i32) (i32.const 0))"#
        .to_owned();
    module.configure = format!(
        "(global.set $configuration (local.get $text)) (global.set $configuration_length (local.get $length))
         {}",
        module.configure
    );
    let string = |span: [u32; 2]| format!("(i32.const {}) (i32.const {})", span[0], span[1]);
    module.decide = format!(
        "(call $get {pointer} (i32.const {returned}))
         (i32.store (i32.const {content}) (i32.load offset=4 (i32.const {returned})))
         (i32.store (i32.const {content_length}) (i32.load offset=8 (i32.const {returned})))
         (call $get_trait {plan} (i32.const {returned}))
         (call $write {info} (i32.load offset=4 (i32.const {returned})) (i32.load offset=8 (i32.const {returned})))
         (call $look_up (i32.const 0) {product_added} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
           (i32.const 1) (i64.const 1000) (i32.const {returned}))
         (if (i32.ne (i32.load (i32.const {returned})) (i32.const 1)) (then unreachable))
         (if (i64.ne (i64.load offset=16 (i32.const {returned})) (i64.const 1000)) (then unreachable))
         (if (i32.eqz (call $reachable {push})) (then unreachable))
         (i32.store (i32.const {state}) (global.get $configuration))
         (i32.store (i32.const {state_length}) (global.get $configuration_length))
         (i32.const {answer})",
        pointer = string(pointer),
        plan = string(plan),
        info = string(info),
        push = string(push),
        product_added = string(product_added),
        content = deliveries[0] + 8,
        content_length = deliveries[0] + 12,
        state = answer + 24,
        state_length = answer + 28,
    );
    module
}

#[test]
fn a_campaign_decides_by_its_configuration_and_what_it_asks() {
    let module = curious().build();
    SANDBOX.inspect(&module).unwrap();
    let outcome = publish(&module, r#"{"wait": "1 h"}"#).decide(&context(), &Cause::Timer("wait".into()), person());
    let decision = outcome.result.unwrap();
    assert_eq!(decision.state, StateChange::Replace(br#"{"wait": "1 h"}"#.to_vec()));
    expect![[r#"
        (
            [
                Instruction {
                    step: "remind",
                    deliveries: [
                        Delivery {
                            channel: "push",
                            content: "Kettle",
                        },
                    ],
                    expires: None,
                },
            ],
            [
                Set {
                    name: "wait",
                    at: Timestamp(
                        1767326645678,
                    ),
                },
            ],
            [
                Entered,
            ],
            [
                LogLine {
                    level: "info",
                    message: "\"Gold\"",
                },
            ],
        )
    "#]]
    .assert_debug_eq(&(decision.instructions, decision.timers, decision.marks, outcome.log));
}

#[test]
fn the_manifest_comes_with_the_configured_component() {
    let configured = SANDBOX.configure(&curious().build(), "{}").unwrap();
    expect![[r#"
        Manifest {
            name: "sample",
            version: "1.0.0",
            summary: "",
            triggers: [],
            channels: [
                "push",
            ],
            steps: [
                "remind",
            ],
            configuration: {},
        }
    "#]]
    .assert_debug_eq(&configured.manifest);
}

#[test]
fn the_same_configuration_gives_the_same_component_and_the_same_question_the_same_outcome() {
    let module = curious().build();
    let [first, second] = [(); 2].map(|()| SANDBOX.configure(&module, r#"{"a": 1}"#).unwrap());
    assert_eq!(first, second);
    let guest = SANDBOX.load(&first.component, &first.manifest).unwrap();
    let cause = Cause::TraitChanged(Change {
        subject: "tier".into(),
        before: Some(Json::parse("\"Bronze\"").unwrap()),
        after: None,
    });
    let [once, again] = [(); 2].map(|()| guest.decide(&context(), &cause, person()));
    assert!(once.result.is_ok());
    assert!(once.fuel_used > 0);
    assert_eq!(once, again);
}

#[test]
fn nothing_leaks_from_one_call_to_the_next() {
    let mut module = Module::new();
    let mark = module.image.words(&[0]);
    module.decide = format!(
        "(if (i32.load (i32.const {mark})) (then unreachable)) (i32.store (i32.const {mark}) (i32.const 1)) {}",
        module.decide
    );
    let guest = publish(&module.build(), "{}");
    for _ in 0..200 {
        let outcome = guest.decide(&context(), &Cause::Timer("wait".into()), person());
        assert!(outcome.result.is_ok(), "{outcome:?}");
    }
}

/// More modules than the pool keeps places apart for, so that each is given places that others had. Each looks through all
/// that is fresh, what it grows by included, divides by zero if it finds anything, fills everything, and traps.
#[test]
fn nothing_is_left_for_another_module() {
    let mut module = Module::deciding(
        "(call $look (i32.const 131072) (i32.const 262144))
         (drop (memory.grow (i32.const 16)))
         (call $look (i32.const 262144) (i32.const 1310720))
         (memory.fill (i32.const 131072) (i32.const 0xa5) (i32.const 1179648))
         unreachable",
    );
    module.pages = "4".to_owned();
    module.items = "(func $look (param $at i32) (param $end i32)
        (loop
          (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (drop (i32.div_u (i32.const 1) (i32.const 0)))))
          (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))))"
        .to_owned();
    let configured = SANDBOX.configure(&module.build(), "{}").unwrap();
    let load = |_| SANDBOX.load(&configured.component, &configured.manifest).unwrap();
    let guests: Vec<_> = (0..120).map(load).collect();
    for guest in guests.iter().cycle().take(3 * guests.len()) {
        let failure = guest.decide(&context(), &Cause::Timer("wait".into()), person()).result.unwrap_err();
        assert_eq!(failure.message, "wasm `unreachable` instruction executed");
    }
}

#[test]
fn many_decide_at_one_time() {
    let guest = publish(&curious().build(), "{}");
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for _ in 0..50 {
                    assert!(guest.decide(&context(), &Cause::Timer("wait".into()), person()).result.is_ok());
                }
            });
        }
    });
}

#[test]
fn a_module_may_refuse_in_its_own_words() {
    let mut module = Module::new();
    let words = module.image.refusal("no such cart");
    module.decide = format!("(i32.const {words})");
    let failure = ask(&module.build()).result.unwrap_err();
    assert_eq!((failure.kind, failure.message.as_str()), (FailureKind::Refused, "no such cart"));

    module.configure = format!("(i32.const {words})");
    let error = SANDBOX.configure(&module.build(), "{}").unwrap_err();
    assert!(matches!(&error, ConfigureError::Refused(words) if words == "no such cart"), "{error}");
}
