//! `rekindle module`: components, named by the digest of their bytes.

use std::path::PathBuf;

use clap::Subcommand;

use super::arguments::{self, Range};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum ModuleCommand {
    /// Upload a component; the server says why if it cannot be a campaign
    Upload {
        /// The component's file (`.wasm`)
        file: PathBuf,
    },
    /// List the modules
    List(Range),
}

impl Ask for ModuleCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Upload { file } => Request::upload(&["modules"], arguments::file(&file)?),
            Self::List(range) => Request::list(&["modules"], &views::MODULES, range),
        })
    }
}
