//! What a probe is: a name, what is tried, and how it has to end.

use std::fmt;

/// One line of the table.
pub(crate) struct Probe {
    /// Names what is tried, and the campaign that tries it.
    pub(crate) name: &'static str,
    /// What is tried.
    pub(crate) trick: Trick,
    /// How it has to end.
    pub(crate) expected: Expected,
}

/// What is tried with a module. It is always taken as far as it gets: uploaded, published, asked.
pub(crate) enum Trick {
    /// It is asked once.
    Module(fn() -> Vec<u8>),
    /// It is asked so often about one person, one time after the other.
    Again(fn() -> Vec<u8>, usize),
    /// It is asked about so many people at one time.
    Crowd(fn() -> Vec<u8>, usize),
    /// Many files, one after the other.
    Files(fn() -> Vec<Vec<u8>>),
    /// Modules of two tenants, asked in turns, so often.
    Turns(fn() -> Vec<Vec<u8>>, usize),
}

impl Trick {
    /// Makes the files, which takes time for some.
    pub(crate) fn files(&self) -> Vec<Vec<u8>> {
        match self {
            Self::Module(make) | Self::Again(make, _) | Self::Crowd(make, _) => vec![make()],
            Self::Files(make) | Self::Turns(make, _) => make(),
        }
    }
}

/// How a probe has to end.
pub(crate) enum Expected {
    /// The upload is refused, in these words.
    Refused(&'static str),
    /// The upload does not even get in: it is too large.
    TooLarge,
    /// The publication is refused, in these words.
    NotPublished(&'static str),
    /// The call fails: with one of those kinds, in these words.
    Fails(&'static [&'static str], &'static str),
    /// It decides, like any other.
    Decides,
    /// Any end will do, as long as it is one.
    Ends,
}

/// How a probe ended.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Outcome {
    /// At the upload, with the problem's code and words.
    Refused(String, String),
    /// At the publication, with the problem's code and words.
    NotPublished(String, String),
    /// When it was asked: kind, words, fuel.
    Failed(String, String, u64),
    /// It decided, for that much fuel.
    Decided(u64),
    /// It was no longer asked, and why.
    NotAsked(String),
}

impl Outcome {
    /// Units of fuel that the call used, when there was one.
    pub(crate) fn fuel(&self) -> Option<u64> {
        match self {
            Self::Failed(_, _, fuel) | Self::Decided(fuel) => Some(*fuel),
            Self::Refused(..) | Self::NotPublished(..) | Self::NotAsked(_) => None,
        }
    }
}

impl fmt::Display for Outcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(code, words) => write!(f, "upload refused: {code}: {words}"),
            Self::NotPublished(code, words) => write!(f, "not published: {code}: {words}"),
            Self::Failed(kind, words, _) => write!(f, "failed: {kind}: {words}"),
            Self::Decided(_) => f.write_str("decided"),
            Self::NotAsked(reason) => write!(f, "not asked: {reason}"),
        }
    }
}

impl Expected {
    /// Whether that is such an end.
    pub(crate) fn covers(&self, outcome: &Outcome) -> bool {
        match (self, outcome) {
            (Self::Refused(expected), Outcome::Refused(code, words)) => {
                code == "module-rejected" && words.contains(expected)
            }
            (Self::TooLarge, Outcome::Refused(code, _)) => code == "too-large" || code == "cut off",
            (Self::NotPublished(expected), Outcome::NotPublished(code, words)) => {
                ["module-rejected", "module-failed"].contains(&code.as_str()) && words.contains(expected)
            }
            (Self::Fails(kinds, expected), Outcome::Failed(kind, words, _)) => {
                kinds.contains(&kind.as_str()) && words.contains(expected)
            }
            (Self::Decides, Outcome::Decided(_)) | (Self::Ends, _) => true,
            _ => false,
        }
    }
}
