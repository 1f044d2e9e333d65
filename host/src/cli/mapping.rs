//! `rekindle mapping`: what of a tenant's is what of ours.

use clap::{Args, Subcommand};
use serde_json::json;

use super::arguments::{Range, json_given, path_part};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum MappingCommand {
    /// Map an event, a vendor's campaign or a category of consent, as in
    /// `mapping set seen --maps '{"event": "Mail Seen", "engagement": "opened", "channel": "email"}'`
    Set(Setting),
    /// List mappings
    List(Range),
    /// Remove a mapping: what arrives from then on is read without it
    Remove {
        /// The mapping's name
        #[arg(value_parser = path_part)]
        name: String,
    },
}

#[derive(Args)]
pub(super) struct Setting {
    /// The mapping's name
    #[arg(value_parser = path_part)]
    name: String,
    /// What is mapped and what it is, as JSON, or the file that holds it; `-` for the standard input
    #[arg(long, value_name = "FILE|JSON")]
    maps: String,
}

impl Ask for MappingCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Set(Setting { name, maps }) => Request::put(&["mappings", &name], json_given("mapping", &maps)?),
            Self::List(range) => Request::list(&["mappings"], &views::MAPPINGS, range),
            Self::Remove { name } => Request::delete(&["mappings", &name], json!({"mapping": &name, "removed": true})),
        })
    }
}
