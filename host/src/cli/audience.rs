//! `rekindle audience`: conditions by name.

use clap::{Args, Subcommand};
use serde_json::json;

use super::arguments::{Range, json_given, path_part};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum AudienceCommand {
    /// Say who is in an audience, as in `audience set vip --condition '{"trait": "plan", "equals": "Gold"}'`
    Set(Setting),
    /// List audiences
    List(Range),
    /// Show who is in an audience
    Show {
        /// The audience's name
        #[arg(value_parser = path_part)]
        name: String,
    },
    /// Remove an audience that nothing names
    Remove {
        /// The audience's name
        #[arg(value_parser = path_part)]
        name: String,
    },
}

#[derive(Args)]
pub(super) struct Setting {
    /// The audience's name
    #[arg(value_parser = path_part)]
    name: String,
    /// The condition as JSON, or the file that holds it; `-` for the standard input
    #[arg(long, value_name = "FILE|JSON")]
    condition: String,
}

impl Ask for AudienceCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Set(Setting { name, condition }) => {
                Request::put(&["audiences", &name], json!({"condition": json_given("condition", &condition)?}))
            }
            Self::List(range) => Request::list(&["audiences"], &views::AUDIENCES, range),
            Self::Show { name } => Request::get(&["audiences", &name]),
            Self::Remove { name } => {
                Request::delete(&["audiences", &name], json!({"audience": &name, "removed": true}))
            }
        })
    }
}
