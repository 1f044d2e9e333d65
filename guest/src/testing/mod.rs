//! placeholder
pub(crate) mod host;
