//! Files that are no campaigns, or no longer.

use crate::probe::{Expected, Probe, Trick};
use crate::shapes::{and_section, asked, text};

/// How many damaged files are tried, of each kind.
const DAMAGED: usize = 40;

pub(crate) const PROBES: &[Probe] = &[
    Probe { name: "nothing", trick: Trick::Module(Vec::new), expected: Expected::Refused("the file is empty") },
    Probe {
        name: "garbage",
        trick: Trick::Module(|| b"%PDF-1.7".to_vec()),
        expected: Expected::Refused("not WebAssembly"),
    },
    Probe {
        name: "text-of-a-component",
        trick: Trick::Module(|| b"(component)".to_vec()),
        expected: Expected::Refused("WebAssembly text"),
    },
    Probe {
        name: "core-module",
        trick: Trick::Module(|| text("(module)")),
        expected: Expected::Refused("a core module, not a component"),
    },
    Probe {
        name: "native-code",
        trick: Trick::Module(|| elf(0)),
        expected: Expected::Refused("native or precompiled code"),
    },
    Probe {
        name: "compiled-code",
        trick: Trick::Module(|| elf(WASMTIME_OS)),
        expected: Expected::Refused("native or precompiled code"),
    },
    Probe {
        name: "compiled-code-behind-a-component",
        trick: Trick::Module(|| [asked().build(), elf(WASMTIME_OS)].concat()),
        expected: Expected::Refused("the file is damaged"),
    },
    Probe {
        name: "two-components-in-one-file",
        trick: Trick::Module(|| [asked().build(), asked().build()].concat()),
        expected: Expected::Refused(""),
    },
    Probe {
        name: "custom-section-of-a-hundred-megabytes",
        trick: Trick::Module(|| custom_section(100 << 20)),
        expected: Expected::TooLarge,
    },
    Probe {
        name: "custom-section-as-large-as-may-be",
        trick: Trick::Module(|| custom_section((4 << 20) - (8 << 10))),
        expected: Expected::Decides,
    },
    Probe {
        name: "a-million-custom-sections",
        trick: Trick::Module(|| [asked().build(), [0, 1, 0].repeat(1_300_000)].concat()),
        expected: Expected::Refused("custom sections"),
    },
    Probe { name: "cut-short-at-many-places", trick: Trick::Files(cut_short), expected: Expected::Ends },
    Probe { name: "flipped-bits-at-many-places", trick: Trick::Files(flipped), expected: Expected::Ends },
];

/// What the engine writes for the operating system's number into the code that it compiled.
const WASMTIME_OS: u8 = 200;

/// The head of a 64-bit ELF file, for an operating system.
fn elf(system: u8) -> Vec<u8> {
    let mut file = vec![0x7f, b'E', b'L', b'F', 2, 1, 1, system];
    file.resize(4 << 10, 0);
    file
}

fn custom_section(bytes: usize) -> Vec<u8> {
    let mut content = vec![1, b'x'];
    content.resize(bytes, 0);
    and_section(asked().build(), 0, &content)
}

/// A good module that keeps more than a little, so that there is something to damage.
fn whole() -> Vec<u8> {
    let mut module = asked();
    module.items = "(func $fill (param i32) (memory.fill (i32.const 2048) (local.get 0) (i32.const 64)))".to_owned();
    module.decide = format!("(call $fill (i32.const 1)) {}", module.decide);
    module.build()
}

fn cut_short() -> Vec<Vec<u8>> {
    let whole = whole();
    (1..=DAMAGED).map(|part| whole[..whole.len() * part / (DAMAGED + 1)].to_vec()).collect()
}

/// Each with one bit that is another.
fn flipped() -> Vec<Vec<u8>> {
    let whole = whole();
    let damage = |part: usize| {
        let mut file = whole.clone();
        let at = 8 + (file.len() - 8) * part / DAMAGED;
        file[at] ^= 1 << (part % 8);
        file
    };
    (0..DAMAGED).map(damage).collect()
}
