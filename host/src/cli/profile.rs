//! `rekindle profile`: what is known about people.

use clap::Subcommand;
use serde_json::Value;

use super::arguments::{Range, path_part};
use super::failure::Failure;
use super::request::{Answer, Ask, Request};
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
    /// Erase a person everywhere, under every id; a proof stays
    Erase {
        /// The person's id, as `profile list` shows it
        #[arg(value_parser = path_part)]
        id: String,
    },
    /// List who was erased, by the digests of their ids
    Erasures(Range),
}

impl Ask for ProfileCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::List(range) => Request::list(&["profiles"], &views::PROFILES, range),
            Self::Show { id } => Request::get(&["profiles", &id]),
            Self::Erase { id } => Request { answer: Answer::One, ..Request::delete(&["profiles", &id], Value::Null) },
            Self::Erasures(range) => Request::list(&["erasures"], &views::ERASURES, range),
        })
    }
}
