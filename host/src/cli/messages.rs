//! `rekindle messages`: what went out.

use clap::Subcommand;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum MessagesCommand {
    /// List the messages that went out
    List(Range),
}

impl Ask for MessagesCommand {
    fn request(self) -> Result<Request, Failure> {
        let Self::List(range) = self;
        Ok(Request::list(&["messages"], &views::MESSAGES, range))
    }
}
