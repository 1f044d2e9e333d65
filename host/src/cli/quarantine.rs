//! `rekindle quarantine`: what came in and could not be understood.

use clap::Subcommand;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum QuarantineCommand {
    /// List what was quarantined, with the reason
    List(Range),
}

impl Ask for QuarantineCommand {
    fn request(self) -> Result<Request, Failure> {
        let Self::List(range) = self;
        Ok(Request::list(&["quarantine"], &views::QUARANTINE, range))
    }
}
