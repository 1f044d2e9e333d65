//! `rekindle ledger`: every decision and verdict about a person, messages that were not sent included.

use clap::Subcommand;

use super::arguments::{Range, path_part};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum LedgerCommand {
    /// Show what was decided about a person, and why
    Show {
        /// The person's id, as `profile list` shows it
        #[arg(value_parser = path_part)]
        profile: String,
        #[command(flatten)]
        range: Range,
    },
}

impl Ask for LedgerCommand {
    fn request(self) -> Result<Request, Failure> {
        let Self::Show { profile, range } = self;
        Ok(Request::list(&["profiles", &profile, "ledger"], &views::LEDGER, range))
    }
}
