//! How a call of a campaign ended: with a decision, or with a failure that its owner can act on.

use super::Decision;

/// Everything that one call of a campaign left behind.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    /// The decision, or why there is none.
    pub result: Result<Decision, Failure>,
    /// Units of fuel that were used. Comparable only under one version of the engine.
    pub fuel_used: u64,
    /// What the campaign wrote to its log.
    pub log: Vec<LogLine>,
}

/// One line of a campaign's log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// `debug`, `info`, `warn` or `error`.
    pub level: String,
    /// What it said, cut at `limits::LOG_LINE_BYTES_MAX`.
    pub message: String,
}

/// Why a call of a campaign gave nothing.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Failure {
    /// What kind of failure.
    pub kind: FailureKind,
    /// What happened, for the module's author.
    pub message: String,
    /// Where in the module, when it trapped: innermost frame first.
    pub backtrace: Vec<String>,
    /// Units of fuel that were used.
    pub fuel_used: u64,
}

/// The kinds of failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FailureKind {
    /// The campaign answered with an error of its own.
    Refused,
    /// The code trapped; a panic is one.
    Trap,
    /// It used all its fuel.
    OutOfFuel,
    /// It ran too long by the clock.
    OutOfTime,
    /// It wanted more memory than it may have.
    OutOfMemory,
    /// It called the host too often.
    TooManyCalls,
    /// Its answer breaks a rule of the contract.
    InvalidAnswer,
    /// The input for it was too large.
    InputTooLarge,
    /// The module could not be loaded.
    NotLoaded,
}

impl FailureKind {
    /// The name in records and reports.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Trap => "trap",
            Self::OutOfFuel => "out-of-fuel",
            Self::OutOfTime => "out-of-time",
            Self::OutOfMemory => "out-of-memory",
            Self::TooManyCalls => "too-many-calls",
            Self::InvalidAnswer => "invalid-answer",
            Self::InputTooLarge => "input-too-large",
            Self::NotLoaded => "not-loaded",
        }
    }
}

impl std::fmt::Display for FailureKind {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}
