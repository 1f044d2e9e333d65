//! Modules for tests, written by hand: a core module in text, wrapped into a component of the contract's world. What a
//! module answers is laid out here byte by byte, as the canonical ABI wants it, so that a test can get it wrong. The
//! probes of the whole house build theirs with it, too.

use std::fmt::Write;

use wit_component::{ComponentEncoder, StringEncoding};
use wit_parser::Resolve;

/// The contract, as it is given to authors.
pub(super) const CONTRACT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../wit/campaign@0/campaign.wit"));
/// Where the answers lie in the module's memory.
const BASE: u32 = 1_024;

/// What a test's module is made of: bodies of functions, in WebAssembly text.
pub(super) struct Module {
    /// Imports and functions besides the two.
    pub(super) items: String,
    /// Gets `$text` and `$length`; leaves the address of a result.
    pub(super) configure: String,
    /// Gets `$input`; leaves the address of a result.
    pub(super) decide: String,
    /// Gets `$align` and `$size`; leaves an address.
    pub(super) realloc: String,
    /// The memory's size, and its maximum if it has one.
    pub(super) pages: String,
    /// What is in memory from the start.
    pub(super) image: Image,
}

impl Module {
    /// A module with the usual manifest that answers nothing.
    pub(super) fn new() -> Self {
        let mut image = Image::default();
        let manifest = image.manifest(&[]);
        let nothing = image.decision(&Answer::default());
        Self {
            items: String::new(),
            configure: format!("(i32.const {manifest})"),
            decide: format!("(i32.const {nothing})"),
            realloc: "(local.set $at (i32.and
                (i32.add (global.get $heap) (i32.sub (local.get $align) (i32.const 1)))
                (i32.sub (i32.const 0) (local.get $align))))
              (global.set $heap (i32.add (local.get $at) (local.get $size)))
              (local.get $at)"
                .to_owned(),
            pages: "2".to_owned(),
            image,
        }
    }

    /// The same, deciding in that way.
    pub(super) fn deciding(body: &str) -> Self {
        Self { decide: body.to_owned(), ..Self::new() }
    }

    /// A module that answers that.
    pub(super) fn answering(answer: impl FnOnce(&mut Image) -> Answer) -> Self {
        let mut module = Self::new();
        let answer = answer(&mut module.image);
        let address = module.image.decision(&answer);
        Self { decide: format!("(i32.const {address})"), ..module }
    }

    /// The component.
    pub(super) fn build(&self) -> Vec<u8> {
        self.build_for(CONTRACT, StringEncoding::UTF8)
    }

    /// The component, by another contract, or with its texts in another encoding.
    pub(super) fn build_for(&self, contract: &str, encoding: StringEncoding) -> Vec<u8> {
        let mut module = wat::parse_str(self.text()).unwrap();
        let mut resolve = Resolve::default();
        let package = resolve.push_str("campaign.wit", contract).unwrap();
        let world = resolve.select_world(&[package], Some("campaign")).unwrap();
        wit_component::embed_component_metadata(&mut module, &resolve, world, encoding, false).unwrap();
        ComponentEncoder::default().module(&module).unwrap().validate(true).encode().unwrap()
    }

    fn text(&self) -> String {
        let Self { items, configure, decide, realloc, pages, image } = self;
        let data = image.escaped();
        format!(
            r#"(module {items}
              (memory (export "memory") {pages})
              (global $heap (mut i32) (i32.const 65536))
              (func (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
                (local $at i32)
                {realloc})
              (func (export "rekindle:campaign/handler@0.1.0#configure") (param $text i32) (param $length i32) (result i32)
                {configure})
              (func $decide (export "rekindle:campaign/handler@0.1.0#decide") (param $input i32) (result i32)
                {decide})
              (data (i32.const {BASE}) "{data}"))"#
        )
    }
}

/// A list or text: where it is, and how long.
pub(super) type Span = [u32; 2];

/// A decision's parts, each as it lies in memory.
#[derive(Default)]
pub(super) struct Answer {
    pub(super) instructions: Span,
    pub(super) timers: Span,
    pub(super) state: [u32; 3],
    pub(super) marks: Span,
}

/// A module's memory from `BASE` on.
#[derive(Default)]
pub(super) struct Image(Vec<u8>);

impl Image {
    /// Puts words down, aligned for all that the contract has; says where.
    pub(super) fn words(&mut self, words: &[u32]) -> u32 {
        self.0.resize(self.0.len().next_multiple_of(8), 0);
        let at = self.end();
        self.0.extend(words.iter().flat_map(|word| word.to_le_bytes()));
        at
    }

    pub(super) fn bytes(&mut self, bytes: &[u8]) -> Span {
        let at = self.end();
        self.0.extend(bytes);
        [at, u32::try_from(bytes.len()).unwrap()]
    }

    pub(super) fn text(&mut self, text: &str) -> Span {
        self.bytes(text.as_bytes())
    }

    pub(super) fn list<const N: usize>(&mut self, items: &[[u32; N]]) -> Span {
        let at = self.words(items.as_flattened());
        [at, u32::try_from(items.len()).unwrap()]
    }

    /// `ok(decision)`.
    pub(super) fn decision(&mut self, answer: &Answer) -> u32 {
        let Answer { instructions: [i, is], timers: [t, ts], state: [s0, s1, s2], marks: [m, ms] } = *answer;
        self.words(&[0, i, is, t, ts, s0, s1, s2, m, ms, 0, 0])
    }

    /// `err(words)`, of either function.
    pub(super) fn refusal(&mut self, words: &str) -> u32 {
        let [at, length] = self.text(words);
        self.words(&[1, at, length])
    }

    /// `ok(manifest)` with channel `push`, step `remind` and those triggers.
    pub(super) fn manifest(&mut self, triggers: &[[u32; 8]]) -> u32 {
        let [sample, version, schema, push, remind] =
            ["sample", "1.0.0", "{}", "push", "remind"].map(|text| self.text(text));
        let [channels, steps] = [self.list(&[push]), self.list(&[remind])];
        let triggers = self.list(triggers);
        let spans = [[0, 0], triggers, channels, steps, schema, [0, 0]];
        let words: Vec<u32> = [&[0], &sample[..], &version].concat();
        self.words(&[&words, spans.as_flattened()].concat())
    }

    /// One instruction with one delivery.
    pub(super) fn instruction(&mut self, step: &str, channel: &str, content: &str) -> [u32; 10] {
        let [channel, content] = [channel, content].map(|text| self.text(text));
        let deliveries = self.list(&[[channel[0], channel[1], content[0], content[1]]]);
        self.instruction_with(step, deliveries)
    }

    pub(super) fn instruction_with(&mut self, step: &str, deliveries: Span) -> [u32; 10] {
        let step = self.text(step);
        [step[0], step[1], deliveries[0], deliveries[1], 0, 0, 0, 0, 0, 0]
    }

    /// A timer set to a moment.
    pub(super) fn timer(&mut self, name: &str, at_ms: u64) -> [u32; 6] {
        let [name, length] = self.text(name);
        [0, 0, name, length, at_ms as u32, (at_ms >> 32) as u32]
    }

    fn end(&self) -> u32 {
        BASE + u32::try_from(self.0.len()).unwrap()
    }

    fn escaped(&self) -> String {
        self.0.iter().fold(String::new(), |mut text, byte| {
            write!(text, "\\{byte:02x}").unwrap();
            text
        })
    }
}
