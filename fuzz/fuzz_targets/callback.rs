//! Target `callback`: its body is in the host's table, `host/src/fuzzing/mod.rs`.
#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| rekindle::fuzzing::run("callback", input));
