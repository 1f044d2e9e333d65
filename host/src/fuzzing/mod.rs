//! What holds for every input, however odd: one function for each parser of bytes that we did not write ourselves. Compiled
//! for tests, which replay the inputs kept in `fuzz/corpus`, and for libFuzzer, which looks for new ones
//! (`cargo xtask fuzz`). A body that needs a room's insides stands in that room, in its `fuzzing.rs`.

mod ids;
pub(crate) mod input;
mod stored;

use crate::{callbacks, catalogue, ingest, journal, mappings, sandbox, schedules, store};

/// Checks what holds for one input, and panics where it does not.
type Body = fn(&[u8]);

/// Every target, in the order in which data walks.
pub const TARGETS: &[(&str, Body)] = &[
    ("split", ingest::fuzzing::split),
    ("signature", ingest::fuzzing::signature),
    ("event", ingest::fuzzing::event),
    ("timestamp", ingest::fuzzing::timestamp),
    ("callback", callbacks::fuzzing::callback),
    ("mapping", mappings::fuzzing::mapping),
    ("segment", journal::fuzzing::segment),
    ("record", journal::fuzzing::record),
    ("keys", store::fuzz_keys),
    ("feed", catalogue::fuzzing::feed),
    ("schedule", schedules::fuzzing::schedule),
    ("module", sandbox::fuzzing::module),
    ("stored", stored::stored),
    ("ids", ids::ids),
];

/// Runs one target on one input.
pub fn run(target: &str, input: &[u8]) {
    let body = TARGETS.iter().find(|(name, _)| *name == target).map(|(_, body)| body);
    body.unwrap_or_else(|| panic!("there is no fuzz target `{target}`"))(input);
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::{Path, PathBuf};

    use super::*;

    /// How far from a kept input the cheap variations go: each costs what the input costs.
    const VARIATIONS_MAX: usize = 64;

    fn corpus() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz/corpus")
    }

    fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
        let files = fs::read_dir(corpus().join(target)).unwrap_or_else(|err| panic!("the corpus of `{target}`: {err}"));
        files.map(|file| file.unwrap().path()).map(|path| (path.clone(), fs::read(path).unwrap())).collect()
    }

    /// Says which input it was, before it fails the test.
    fn replay(target: &str, about: &str, input: &[u8]) {
        if let Err(failure) = std::panic::catch_unwind(|| run(target, input)) {
            eprintln!("fuzz target `{target}` failed on {about}");
            std::panic::resume_unwind(failure);
        }
    }

    #[test]
    fn everything_that_was_ever_found_stays_mended() {
        for (target, _) in TARGETS {
            let inputs = inputs(target);
            assert!(!inputs.is_empty(), "`{target}` should have inputs");
            for (path, input) in inputs {
                replay(target, &path.display().to_string(), &input);
            }
        }
    }

    #[test]
    fn the_neighbours_of_kept_inputs_hold_too() {
        for (target, _) in TARGETS {
            for (path, input) in inputs(target) {
                for variation in 0..VARIATIONS_MAX.min(input.len()) {
                    let at = variation * input.len() / VARIATIONS_MAX.min(input.len());
                    let about = |how: &str| format!("{} {how} at {at}", path.display());
                    replay(target, &about("cut"), &input[..at]);
                    let mut flipped = input.clone();
                    flipped[at] ^= 1 << (variation % 8);
                    replay(target, &about("flipped"), &flipped);
                }
            }
        }
    }

    #[test]
    fn every_target_is_built_for_libfuzzer() {
        for (target, _) in TARGETS {
            let source = corpus().join(format!("../fuzz_targets/{target}.rs"));
            let source = fs::read_to_string(&source).unwrap_or_else(|err| panic!("`{}`: {err}", source.display()));
            assert!(source.contains(&format!("run(\"{target}\", input)")), "{source}");
        }
    }
}
