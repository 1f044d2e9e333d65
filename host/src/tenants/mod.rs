//! Who our customers are, and what they set up: sources, keys, channels, modules, campaigns and their revisions.

mod source;

pub use source::{Secret, Source, Sources};
