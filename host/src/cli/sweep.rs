//! `rekindle sweep`: questions to many people, under way or over.

use clap::Subcommand;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum SweepCommand {
    /// List the occurrences of schedules, and how many people were asked
    List(Range),
}

impl Ask for SweepCommand {
    fn request(self) -> Result<Request, Failure> {
        let Self::List(range) = self;
        Ok(Request::list(&["sweeps"], &views::SWEEPS, range))
    }
}
