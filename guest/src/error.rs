//! Why a campaign could not decide, or could not take its configuration: a text for its owner.

use std::fmt;

/// A text that says what went wrong, for the campaign's owner. Any error converts into it by `?`.
///
/// It is not an error for a campaign to decide nothing: that is [`Decision::none`](crate::Decision::none).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    message: String,
}

impl Error {
    /// With this text: lower case, no full stop, the wrong value in backticks.
    pub fn new(message: impl Into<String>) -> Self {
        Self { message: message.into() }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

/// `Error` itself does not implement `std::error::Error`, so that this conversion can exist.
impl<E: std::error::Error> From<E> for Error {
    fn from(err: E) -> Self {
        Self::new(err.to_string())
    }
}
