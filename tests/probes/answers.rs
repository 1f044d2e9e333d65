//! Answers that are none.

use crate::modules::{Answer, Image, Module};
use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{answering, asked, deciding, having};

const REACHABLE: &str =
    r#"(import "rekindle:campaign/profile@0.1.0" "reachable" (func $reachable (param i32 i32) (result i32)))"#;

const fn invalid(words: &'static str) -> Expected {
    Expected::Fails(&["invalid-answer"], words)
}

pub(crate) const PROBES: &[Probe] = &[
    Probe {
        name: "huge-output",
        trick: Trick::Module(|| twice(&format!("\"{}\"", "x".repeat(40_000)))),
        expected: invalid("bytes of text"),
    },
    Probe {
        name: "output-of-a-megabyte",
        trick: Trick::Module(|| one("remind", "push", &"x".repeat(1 << 20)).build()),
        expected: invalid("too much data"),
    },
    Probe {
        name: "a-hundred-thousand-instructions",
        trick: Trick::Module(|| {
            let many = Answer { instructions: [131_072, 100_000], ..Answer::default() };
            Module { pages: "80".to_owned(), ..answering(|_| many) }.build()
        }),
        expected: invalid(""),
    },
    Probe { name: "aliased-lists", trick: Trick::Module(aliased), expected: invalid("too much data") },
    Probe { name: "aliased-texts", trick: Trick::Module(amplified), expected: invalid("too much data") },
    Probe { name: "invalid-utf-8", trick: Trick::Module(not_utf8), expected: invalid("invalid utf-8") },
    Probe {
        name: "answer-out-of-bounds",
        trick: Trick::Module(|| deciding("(i32.const 0x7ffffff0)").build()),
        expected: invalid("out of bounds"),
    },
    Probe {
        name: "answer-at-the-very-end",
        trick: Trick::Module(|| deciding("(i32.const 131064)").build()),
        expected: invalid("out of bounds"),
    },
    Probe {
        name: "answer-misaligned",
        trick: Trick::Module(|| deciding("(i32.const 1025)").build()),
        expected: invalid("not aligned"),
    },
    Probe {
        name: "list-without-an-end",
        trick: Trick::Module(|| answering(|_| Answer { instructions: [0, u32::MAX], ..Answer::default() }).build()),
        expected: invalid("out of bounds"),
    },
    Probe {
        name: "list-out-of-bounds",
        trick: Trick::Module(|| answering(|_| Answer { timers: [0x10_0000, 1], ..Answer::default() }).build()),
        expected: invalid("out of bounds"),
    },
    Probe {
        name: "list-misaligned",
        trick: Trick::Module(|| answering(|_| Answer { timers: [1_025, 1], ..Answer::default() }).build()),
        expected: invalid("not aligned"),
    },
    Probe {
        name: "wrong-discriminant",
        trick: Trick::Module(|| answering(|_| Answer { state: [9, 0, 0], ..Answer::default() }).build()),
        expected: invalid("discriminant"),
    },
    Probe {
        name: "neither-ok-nor-an-error",
        trick: Trick::Module(|| {
            let mut module = asked();
            module.decide = format!("(i32.const {})", module.image.words(&[7; 12]));
            module.build()
        }),
        expected: invalid("discriminant"),
    },
    Probe {
        name: "refusal-of-a-megabyte",
        trick: Trick::Module(|| {
            let mut module = asked();
            module.decide = format!("(i32.const {})", module.image.refusal(&"no".repeat(1 << 19)));
            module.pages = "20".to_owned();
            module.build()
        }),
        expected: invalid("too much data"),
    },
    Probe {
        name: "realloc-out-of-bounds",
        trick: Trick::Module(|| Module { realloc: "(i32.const 0x7ffffff0)".to_owned(), ..asked() }.build()),
        expected: Expected::NotPublished("invalid-answer"),
    },
    Probe { name: "realloc-misaligned", trick: Trick::Module(misaligned_realloc), expected: invalid("not aligned") },
    Probe {
        name: "realloc-that-calls-the-host",
        trick: Trick::Module(calling_realloc),
        expected: Expected::NotPublished("cannot leave"),
    },
    Probe {
        name: "timer-before-all-time",
        trick: Trick::Module(|| answering(|image| timer(image, "wait", 0)).build()),
        expected: Expected::Decides,
    },
    Probe {
        name: "timer-after-all-time",
        trick: Trick::Module(|| answering(|image| timer(image, "wait", u64::MAX)).build()),
        expected: invalid("ahead"),
    },
    Probe {
        name: "name-with-a-line-break",
        trick: Trick::Module(|| one("remind\r\nBcc: all", "push", "{}").build()),
        expected: invalid("control characters"),
    },
    Probe {
        name: "content-nested-fifty-thousand-times",
        trick: Trick::Module(|| one("remind", "push", &"[".repeat(50_000)).build()),
        expected: invalid("recursion limit"),
    },
    Probe {
        name: "channel-that-was-not-promised",
        trick: Trick::Module(|| one("remind", "../../v1/keys", "{}").build()),
        expected: invalid("not in the manifest"),
    },
];

/// One instruction with one delivery, in as much memory as that takes. A content above 60 KB is overwritten in part by the
/// question, which `realloc` puts there.
fn one(step: &str, channel: &str, content: &str) -> Module {
    let module = answering(|image| {
        let instruction = image.instruction(step, channel, content);
        Answer { instructions: image.list(&[instruction]), ..Answer::default() }
    });
    Module { pages: "20".to_owned(), ..module }
}

/// One text, over two channels: each is below the bound.
fn twice(content: &str) -> Vec<u8> {
    answering(|image| {
        let [channel, content] = ["push", content].map(|text| image.text(text));
        let deliveries = image.list(&[[channel[0], channel[1], content[0], content[1]]; 2]);
        let instruction = image.instruction_with("remind", deliveries);
        Answer { instructions: image.list(&[instruction]), ..Answer::default() }
    })
    .build()
}

fn timer(image: &mut Image, name: &str, at_ms: u64) -> Answer {
    let timer = image.timer(name, at_ms);
    Answer { timers: image.list(&[timer]), ..Answer::default() }
}

/// A hundred instructions, each with the same thousand deliveries.
fn aliased() -> Vec<u8> {
    answering(|image| {
        let [channel, content] = ["push", "{}"].map(|text| image.text(text));
        let deliveries = image.list(&[[channel[0], channel[1], content[0], content[1]]; 1_000]);
        let instruction = image.instruction_with("remind", deliveries);
        Answer { instructions: image.list(&[instruction; 100]), ..Answer::default() }
    })
    .build()
}

fn amplified() -> Vec<u8> {
    answering(|image| {
        let instruction = image.instruction("remind", "push", &"x".repeat(30_000));
        Answer { instructions: image.list(&[instruction; 100]), ..Answer::default() }
    })
    .build()
}

fn not_utf8() -> Vec<u8> {
    answering(|image| {
        let [at, length] = image.bytes(b"\xff\xfe");
        Answer { instructions: image.list(&[[at, length, 0, 0, 0, 0, 0, 0, 0, 0]]), ..Answer::default() }
    })
    .build()
}

/// The configuration, a text, may lie anywhere; the question may not.
fn misaligned_realloc() -> Vec<u8> {
    Module { realloc: "(i32.const 70001)".to_owned(), ..asked() }.build()
}

fn calling_realloc() -> Vec<u8> {
    let module = having(REACHABLE);
    let realloc = format!("(drop (call $reachable (i32.const 0) (i32.const 0))) {}", module.realloc);
    Module { realloc, ..module }.build()
}
