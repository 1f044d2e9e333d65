//! `rekindle profile`: what is known about people.

use clap::Subcommand;

use super::arguments::{Range, path_part};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum ProfileCommand {
    /// List the people
    List(Range),
    /// Show all that is known about a person
    Show {
        /// The person's id, as `profile list` shows it
        #[arg(value_parser = path_part)]
        id: String,
    },
}

impl Ask for ProfileCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::List(range) => Request::list(&["profiles"], &views::PROFILES, range),
            Self::Show { id } => Request::get(&["profiles", &id]),
        })
    }
}
