//! What can be wrong with master keys, and with what was sealed. No message repeats a line: it holds a key.

use std::path::PathBuf;

/// Why there are no master keys.
#[derive(Debug, thiserror::Error)]
pub enum KeyringError {
    /// The file system failed.
    #[error("the master keys in `{path}` could not be read or written: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What the file system said.
        #[source]
        source: std::io::Error,
    },
    /// A line is no key.
    #[error("line {line} of {origin} {why}: write `ID:KEY`, as `rekindle keyring new` prints it")]
    Line {
        /// Where the keys come from.
        origin: String,
        /// Which line, from 1.
        line: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// There is no line with a key.
    #[error("{origin} holds no master key: `rekindle keyring new` makes one")]
    Empty {
        /// Where the keys come from.
        origin: String,
    },
    /// A key was taken away too early.
    #[error(
        "master key `{id}` is missing, and secrets are still sealed with it: put its line back, below the new one, and rotate again"
    )]
    StillNeeded {
        /// The key.
        id: String,
    },
}

/// Why something sealed does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// The key that sealed it is not there.
    #[error(
        "its secrets are sealed with master key `{id}`, which is not there: give the file that holds it (`--master-key-file`), \
         or put its line back"
    )]
    UnknownKey {
        /// The key that sealed it.
        id: String,
    },
    /// The key of that name does not fit, or the bytes are not those that were sealed for this place.
    #[error(
        "what master key `{id}` sealed for {place} does not open: the key of that name is another one, or the bytes were changed"
    )]
    DoesNotOpen {
        /// The key that is said to have sealed it.
        id: String,
        /// What was to be opened.
        place: String,
    },
    /// It has not the form of something sealed.
    #[error("what should be sealed is not")]
    NotSealed,
}
