//! Inside the process that compiles: a component comes in by standard input, machine code goes out by standard output,
//! and standard error says, a line of JSON each, what was wrong. Limits come first, then the rights go, and only then is
//! a byte of the component read.

use std::io::{self, Read, Write};
use std::panic;
use std::process::ExitCode;

use serde::{Deserialize, Serialize};

use super::super::engine;
use super::super::error::{CompileError, Rejection};
use super::super::workbench::on_workbench;
use super::{compile_here, confine};
use crate::domain::limits;

/// What the process says of itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "kebab-case")]
pub(super) enum Word {
    /// The kernel does not take this right away; the work goes on.
    Unconfined { what: String },
    /// The component is not taken.
    Rejected { what: String, next: String },
    /// The component is not to blame.
    Unavailable { what: String },
}

/// Compiles one component, as a process that does nothing else.
pub fn compile_module() -> ExitCode {
    // Whoever started this is told in a line of JSON, not by the usual text.
    panic::set_hook(Box::new(|_| {}));
    let done = confine::limit()
        .map_err(|err| CompileError::Unavailable(format!("its process could not be limited: {err}")))
        .and_then(|()| {
            confine::forbid_files(&mut say_unconfined);
            on_workbench(serve)?
        });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(CompileError::Rejected(Rejection { what, next, .. })) => fail(&Word::Rejected { what, next }),
        Err(CompileError::Unavailable(what)) => fail(&Word::Unavailable { what }),
    }
}

fn serve() -> Result<(), CompileError> {
    let unavailable = |err: &dyn std::fmt::Display| CompileError::Unavailable(err.to_string());
    let engine = engine::compiling().map_err(|err| unavailable(&err))?;
    confine::forbid_calls(&mut say_unconfined);
    let component = read().map_err(|err| unavailable(&err))?;
    let code = compile_here(&engine, &component)?;
    io::stdout().lock().write_all(&code).map_err(|err| unavailable(&err))
}

fn read() -> io::Result<Vec<u8>> {
    let mut component = Vec::new();
    let max = limits::COMPONENT_BYTES_MAX as u64;
    io::stdin().lock().take(max + 1).read_to_end(&mut component)?;
    if component.len() as u64 > max {
        return Err(io::Error::other(format!("there are more than `{max}` bytes to compile")));
    }
    Ok(component)
}

fn say_unconfined(what: String) {
    say(&Word::Unconfined { what });
}

fn fail(word: &Word) -> ExitCode {
    say(word);
    ExitCode::FAILURE
}

fn say(word: &Word) {
    let line = serde_json::to_string(word).expect("a word should be writable: it is made of texts");
    // When nobody listens, nobody waits for the code either.
    let _ = writeln!(io::stderr(), "{line}");
}
