//! What went wrong in a call, in words for the module's author. It alone knows how the engine says it.

use std::fmt::Write;

use wasmtime::{Store, Trap, WasmBacktrace};

use super::call::{self, Call};
use crate::domain::{Failure, FailureKind, limits};

/// Bytes of a mangled name that are looked at: a name is the module's, and may be as long as the module.
const MANGLED_BYTES_MAX: usize = 1 << 10;
/// Bytes of one frame of a backtrace.
const FRAME_BYTES_MAX: usize = 256;

/// A limit of ours that a guest ran into. The engine carries it back as the trap's cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Excess {
    #[error(
        "it wanted more than `{}` bytes of memory: keep less, or ask for parts of a document instead of all of it",
        limits::GUEST_MEMORY_BYTES_MAX
    )]
    Memory,
    #[error("it wanted more than `{}` table elements", limits::GUEST_TABLE_ELEMENTS_MAX)]
    Table,
    #[error("it called the host more than `{}` times: look for a loop around a question", limits::HOST_CALLS_MAX)]
    HostCalls,
}

impl Excess {
    pub(super) fn memory() -> wasmtime::Error {
        wasmtime::Error::new(Self::Memory)
    }

    pub(super) fn table() -> wasmtime::Error {
        wasmtime::Error::new(Self::Table)
    }

    fn kind(self) -> FailureKind {
        match self {
            Self::Memory | Self::Table => FailureKind::OutOfMemory,
            Self::HostCalls => FailureKind::TooManyCalls,
        }
    }
}

/// A question that the host cannot answer, and why. The guest traps: an answer made up would be acted on.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct BadQuestion(pub(super) String);

/// A failure that happened nowhere in the module's code.
pub(super) fn plain(kind: FailureKind, message: String, fuel_used: u64) -> Failure {
    Failure { kind, message, backtrace: Vec::new(), fuel_used }
}

/// Why there was no instance to call.
pub(super) fn of_start(error: &wasmtime::Error, store: &Store<Call>) -> Failure {
    failure(error, store, (FailureKind::NotLoaded, format!("no instance could be made: {}", error.root_cause())))
}

/// Why a call of an instance did not come back.
pub(super) fn of_call(error: &wasmtime::Error, store: &Store<Call>) -> Failure {
    // What is no trap comes from reading the guest's values: a pointer outside of memory, a text that is not UTF-8.
    let unreadable = format!("its values could not be read: {}", error.root_cause());
    failure(error, store, (FailureKind::InvalidAnswer, unreadable))
}

/// Careful: an error that went through a guest carries a backtrace, and to print the error is to demangle every name
/// in it, which for a hostile name has no bound. So only the root cause is ever printed.
fn failure(error: &wasmtime::Error, store: &Store<Call>, otherwise: (FailureKind, String)) -> Failure {
    let (kind, message) = guests_fault(error, store.data()).unwrap_or(otherwise);
    let backtrace = error.downcast_ref::<WasmBacktrace>().map(frames).unwrap_or_default();
    Failure { kind, message, backtrace, fuel_used: call::fuel_used(store) }
}

fn guests_fault(error: &wasmtime::Error, call: &Call) -> Option<(FailureKind, String)> {
    if let Some(excess) = error.downcast_ref::<Excess>() {
        return Some((excess.kind(), excess.to_string()));
    }
    if let Some(question) = error.downcast_ref::<BadQuestion>() {
        return Some((FailureKind::Trap, question.to_string()));
    }
    Some(match error.downcast_ref::<Trap>()? {
        Trap::OutOfFuel => {
            let message = format!("it used all its `{}` units of fuel: look for an endless loop", call.fuel());
            (FailureKind::OutOfFuel, message)
        }
        Trap::Interrupt => (FailureKind::OutOfTime, format!("it ran longer than `{}` ms", call.time().as_millis())),
        // A panic writes its text to the log before it traps.
        trap => (FailureKind::Trap, call.last_words().map_or_else(|| describe(*trap), str::to_owned)),
    })
}

fn describe(trap: Trap) -> String {
    trap.to_string().trim_start_matches("wasm trap: ").to_owned()
}

fn frames(backtrace: &WasmBacktrace) -> Vec<String> {
    let name = |frame: &wasmtime::FrameInfo| match frame.func_name() {
        Some(name) => readable(name),
        None => format!("function {}", frame.func_index()),
    };
    backtrace.frames().iter().map(name).collect()
}

fn readable(name: &str) -> String {
    let mangled = cut(name, MANGLED_BYTES_MAX);
    let mut text = String::new();
    // `#` leaves out the hash. The demangler bounds what it writes; it fails where it would write more.
    if write!(text, "{:#}", rustc_demangle::demangle(mangled)).is_err() {
        mangled.clone_into(&mut text);
    }
    printable(cut(&text, FRAME_BYTES_MAX))
}

/// The text's first bytes, at most `bytes_max`, ending at a character's end.
pub(super) fn cut(text: &str, bytes_max: usize) -> &str {
    &text[..text.floor_char_boundary(bytes_max)]
}

/// The text without what would steer a terminal; line breaks and tabs stay.
pub(super) fn printable(text: &str) -> String {
    let harmless = |c: char| !c.is_control() || matches!(c, '\n' | '\t');
    text.chars().map(|c| if harmless(c) { c } else { char::REPLACEMENT_CHARACTER }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_shown_as_their_author_wrote_them_and_never_long() {
        assert_eq!(readable("_ZN11three_lines6decide17h0123456789abcdefE"), "three_lines::decide");
        assert_eq!(readable("_RNvCs1234_7mycrate3foo"), "mycrate::foo");
        assert_eq!(readable(&"é".repeat(100_000)).len(), FRAME_BYTES_MAX);
        assert_eq!(readable("\u{1b}[31mred"), "\u{fffd}[31mred");
    }
}
