//! `rekindle policy`: what all of a tenant's messages are judged by.

use clap::Subcommand;

use super::arguments::json_given;
use super::failure::Failure;
use super::request::{Ask, Request};

#[derive(Subcommand)]
pub(super) enum PolicyCommand {
    /// Show what is not as usual
    Show,
    /// Set it, in place of what was set before, as in `policy set '{"quiet_hours": {"from": "21:00", "to": "08:00"}}'`
    Set {
        /// The policy, as JSON, or the file that holds it; `-` for the standard input
        #[arg(value_name = "FILE|JSON")]
        policy: String,
    },
}

impl Ask for PolicyCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Show => Request::get(&["policy"]),
            Self::Set { policy } => Request::put(&["policy"], json_given("policy", &policy)?),
        })
    }
}
