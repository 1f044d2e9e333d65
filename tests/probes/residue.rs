//! What one campaign leaves behind for another: nothing. Modules of two tenants look through all that they were given for
//! what others left, fill it, and end in every way that there is.

use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{having, span};

const LOG: &str = r#"(import "rekindle:campaign/log@0.1.0" "write" (func $write (param i32 i32 i32 i32)))"#;
/// Where the module's own data and what it is given have ended.
const FRESH: u32 = 128 << 10;
/// The pages that it has, and how many more it asks for: within what stays mapped between two instances, and beyond.
const PAGES: [u32; 2] = [4, 16];

pub(crate) const PROBES: &[Probe] = &[Probe {
    name: "residue-of-others",
    trick: Trick::Turns(
        || {
            let ends = [
                "unreachable",
                "(loop (br 0)) unreachable",
                "(loop (drop (memory.grow (i32.const 99))) (br 0)) unreachable",
            ];
            ends.map(Some).into_iter().chain([None]).cycle().take(8).map(leaving).collect()
        },
        6,
    ),
    expected: Expected::Ends,
}];

/// What a module says that found something.
pub(crate) const FOUND: &str = "residue";

/// A module that looks, fills, and ends so, or well.
fn leaving(end: Option<&str>) -> Vec<u8> {
    let mut module = having("");
    let [level, found] = ["error", FOUND].map(|text| module.image.text(text));
    let [pages, more] = PAGES;
    module.pages = pages.to_string();
    module.items = format!(
        "{LOG}
         (table $table 1000 funcref)
         (func $found (call $write {level} {found}) unreachable)
         (func $look (param $at i32) (param $end i32)
           (loop
             (if (i64.ne (i64.load (local.get $at)) (i64.const 0)) (then (call $found)))
             (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 8))) (local.get $end)))))
         (func $look_at_table (local $at i32)
           (loop
             (if (i32.eqz (ref.is_null (table.get $table (local.get $at)))) (then (call $found)))
             (br_if 0 (i32.lt_u (local.tee $at (i32.add (local.get $at) (i32.const 1))) (i32.const 1000)))))
         (func $stack (param $depth i32) (local $a i64) (local $b i64) (local $c i64) (local $d i64)
           (if (i64.ne (i64.const 0) (i64.or (i64.or (local.get $a) (local.get $b)) (i64.or (local.get $c) (local.get $d))))
             (then (call $found)))
           (local.set $a (i64.const -1)) (local.set $b (local.get $a))
           (local.set $c (local.get $a)) (local.set $d (local.get $a))
           (if (local.get $depth) (then (call $stack (i32.sub (local.get $depth) (i32.const 1)))))
           (i64.store (i32.const {FRESH}) (i64.and (i64.and (local.get $a) (local.get $b)) (i64.and (local.get $c) (local.get $d)))))",
        level = span(level),
        found = span(found),
    );
    module.decide = format!(
        "(call $look (i32.const {FRESH}) (i32.const {had}))
         (drop (memory.grow (i32.const {more})))
         (call $look (i32.const {had}) (i32.const {has}))
         (call $look_at_table)
         (call $stack (i32.const 1000))
         (memory.fill (i32.const {FRESH}) (i32.const 0xa5) (i32.const {fresh_bytes}))
         {}",
        end.unwrap_or(&module.decide),
        had = pages << 16,
        has = (pages + more) << 16,
        fresh_bytes = ((pages + more) << 16) - FRESH,
    );
    module.build()
}
