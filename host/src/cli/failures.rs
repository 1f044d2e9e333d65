//! `rekindle failures`: calls of campaigns that failed, with what their authors need to mend them.

use clap::Subcommand;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum FailuresCommand {
    /// List calls that failed, with kind, message, backtrace and fuel
    List(Range),
}

impl Ask for FailuresCommand {
    fn request(self) -> Result<Request, Failure> {
        let Self::List(range) = self;
        Ok(Request::list(&["failures"], &views::FAILURES, range))
    }
}
