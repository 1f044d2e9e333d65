//! Whether a campaign can tell one call from its repetition: a module folds all that it can observe into its
//! instruction, but what it is told about whom it is asked, and when.

use crate::modules::Answer;
use crate::shapes::{asked, span};

/// Where its digest is written: sixteen letters between quotation marks.
const DIGITS: u32 = 60_000;

/// The module.
pub(crate) fn observer() -> Vec<u8> {
    let mut module = asked();
    let [push, name, pointer, plan] =
        ["push", "Probed", "/properties/deep", "plan"].map(|text| module.image.text(text));
    let deliveries = module.image.list(&[[push[0], push[1], DIGITS, 18]]);
    let instruction = module.image.instruction_with("remind", deliveries);
    let instructions = module.image.list(&[instruction]);
    let answer = module.image.decision(&Answer { instructions, ..Answer::default() });
    let returned = module.image.words(&[0; 10]);
    let odd = module.image.words(&[0xdead_beef, 0x7ff4_beef, 0x7fa0_1234, 0xffff_ffff, 0x0001, 0x8000_0000]);
    module.items = format!("{IMPORTS} {FOLD}");
    module.decide = format!(
        r#"
        (call $fold_memory (i32.const 0) (i32.const 65536))
        (call $fold_memory (i32.const 98304) (i32.const 131072))
        (call $fold (i64.extend_i32_u (memory.size)))
        (call $fold (i64.extend_i32_u (memory.grow (i32.const 3))))
        (call $fold_memory (i32.const 131072) (i32.const 262144))
        (call $fold (i64.extend_i32_u (table.size $table)))
        (call $fold_floats (f64.load (i32.const {odd})) (f32.load (i32.const {odd_32})))
        (call $document (i32.const {returned}))
        (call $fold_text (i32.load (i32.const {returned})) (i32.load offset=4 (i32.const {returned})))
        (call $get {pointer} (i32.const {returned}))
        (call $fold_text (i32.load offset=4 (i32.const {returned})) (i32.load offset=8 (i32.const {returned})))
        (call $get_trait {plan} (i32.const {returned}))
        (call $fold (i64.load (i32.const {returned})))
        (call $look_up (i32.const 0) {name} (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0)
          (i32.const 1) (i64.const 1000) (i32.const {returned}))
        (call $fold_memory (i32.const {returned}) (i32.const {returned_end}))
        (call $fold (i64.extend_i32_u (call $reachable {push})))
        (call $write_digits)
        (i32.const {answer})"#,
        odd_32 = odd + 8,
        returned_end = returned + 40,
        pointer = span(pointer),
        plan = span(plan),
        name = span(name),
        push = span(push),
    );
    module.build()
}

const IMPORTS: &str = r#"
    (import "rekindle:campaign/event-body@0.1.0" "get" (func $get (param i32 i32 i32)))
    (import "rekindle:campaign/event-body@0.1.0" "document" (func $document (param i32)))
    (import "rekindle:campaign/history@0.1.0" "look-up"
      (func $look_up (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i32)))
    (import "rekindle:campaign/profile@0.1.0" "get-trait" (func $get_trait (param i32 i32 i32)))
    (import "rekindle:campaign/profile@0.1.0" "reachable" (func $reachable (param i32 i32) (result i32)))
    (table $table 7 funcref)"#;

/// FNV-1a over words, memory, texts and floating-point numbers; and its digits.
const FOLD: &str = r#"
    (global $digest (mut i64) (i64.const 0xcbf29ce484222325))
    (func $fold (param i64)
      (global.set $digest (i64.mul (i64.xor (global.get $digest) (local.get 0)) (i64.const 0x100000001b3)))
      (global.set $digest (i64.xor (global.get $digest) (i64.shr_u (global.get $digest) (i64.const 29)))))
    (func $fold_memory (param $at i32) (param $end i32)
      (loop
        (call $fold (i64.load (local.get $at)))
        (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))))
    (func $fold_text (param $at i32) (param $length i32)
      (call $fold (i64.extend_i32_u (local.get $length)))
      (loop
        (if (local.get $length) (then
          (call $fold (i64.load8_u (local.get $at)))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (local.set $length (i32.sub (local.get $length) (i32.const 1)))
          (br 1)))))
    (func $fold_64 (param f64) (call $fold (i64.reinterpret_f64 (local.get 0))))
    (func $fold_32 (param f32) (call $fold (i64.extend_i32_u (i32.reinterpret_f32 (local.get 0)))))
    (func $fold_floats (param $odd f64) (param $odd_32 f32)
      (call $fold_64 (f64.div (f64.const 0) (f64.const 0)))
      (call $fold_64 (f64.sub (f64.const inf) (f64.const inf)))
      (call $fold_64 (f64.sqrt (f64.const -1)))
      (call $fold_64 (f64.add (local.get $odd) (f64.const 1)))
      (call $fold_64 (f64.mul (f64.const -1) (local.get $odd)))
      (call $fold_64 (f64.min (local.get $odd) (f64.const 1)))
      (call $fold_64 (f64.max (f64.const nan:0x4000000000001) (local.get $odd)))
      (call $fold_64 (f64.neg (local.get $odd)))
      (call $fold_64 (f64.copysign (local.get $odd) (f64.const -1)))
      (call $fold_64 (f64.nearest (local.get $odd)))
      (call $fold_64 (f64.promote_f32 (local.get $odd_32)))
      (call $fold_64 (f64.sqrt (f64.const 2)))
      (call $fold_64 (f64.div (f64.const 1) (f64.const 3)))
      (call $fold_64 (f64.mul (f64.const 0x1p-1022) (f64.const 0x1p-3)))
      (call $fold_32 (f32.demote_f64 (local.get $odd)))
      (call $fold_32 (f32.add (local.get $odd_32) (f32.const 1)))
      (call $fold_32 (f32.demote_f64 (f64.const 1e-42)))
      (call $fold_32 (f32.convert_i64_u (i64.const -1)))
      (call $fold (i64.trunc_sat_f64_s (local.get $odd)))
      (call $fold (i64.trunc_sat_f64_u (f64.const 1e300))))
    (func $write_digits (local $n i32)
      (i32.store8 (i32.const 60000) (i32.const 34))
      (i32.store8 (i32.const 60017) (i32.const 34))
      (loop
        (i32.store8 offset=60001 (local.get $n)
          (i32.add (i32.const 97) (i32.and (i32.wrap_i64 (global.get $digest)) (i32.const 15))))
        (global.set $digest (i64.shr_u (global.get $digest) (i64.const 4)))
        (br_if 0 (i32.lt_u (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 16)))))"#;
