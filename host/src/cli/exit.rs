//! How the program ends: the exit codes that scripts rely on, and which answer of the server leads to which.

use std::process::ExitCode;

/// How the program ends. The numbers are promised in `--help`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    Done = 0,
    Failed = 1,
    Usage = 2,
    NotFound = 3,
    Denied = 4,
    Conflict = 5,
    Invalid = 6,
    Unreachable = 7,
    TimedOut = 8,
    Deviated = 9,
}

/// Every code with its meaning, for `--help`.
const MEANINGS: [(Exit, &str); 10] = [
    (Exit::Done, "done"),
    (Exit::Failed, "failed for a reason not listed here"),
    (Exit::Usage, "the command line is wrong"),
    (Exit::NotFound, "not found"),
    (Exit::Denied, "not authenticated or not authorized"),
    (Exit::Conflict, "conflict with the present state"),
    (Exit::Invalid, "input or module rejected"),
    (Exit::Unreachable, "server unreachable or not available"),
    (Exit::TimedOut, "timed out"),
    (Exit::Deviated, "a scenario did not go as it should"),
];

/// What follows when the server says no and why, by HTTP status: the exit code, what to do next. Others are `Failed`.
const REFUSALS: [(u16, Exit, &str); 14] = [
    (400, Exit::Invalid, ""),
    (401, Exit::Denied, "give a key that this server knows: `--key KEY` or `REKINDLE_KEY`"),
    (403, Exit::Denied, "use a key that may do this"),
    (404, Exit::NotFound, "check the name, and whose key it is: the group's `list` shows what this key can see"),
    (408, Exit::TimedOut, "try again"),
    (409, Exit::Conflict, ""),
    (412, Exit::Conflict, ""),
    (413, Exit::Invalid, ""),
    (415, Exit::Invalid, ""),
    (422, Exit::Invalid, ""),
    (429, Exit::Failed, "try again in a moment"),
    (502, Exit::Unreachable, "try again in a moment"),
    (503, Exit::Unreachable, "try again in a moment"),
    (504, Exit::TimedOut, "try again in a moment"),
];

/// The part of `--help` about exit codes.
pub(crate) fn help() -> String {
    let lines = MEANINGS.map(|(exit, meaning)| format!("  {}  {meaning}", exit as u8));
    format!("Exit codes:\n{}", lines.join("\n"))
}

/// How to end when the server refuses with `status`, and what to do next.
pub(crate) fn refused(status: u16) -> (Exit, &'static str) {
    let known = REFUSALS.iter().find(|(code, ..)| *code == status);
    known.map_or((Exit::Failed, ""), |(_, exit, next)| (*exit, *next))
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
