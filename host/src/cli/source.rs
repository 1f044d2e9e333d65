//! `rekindle source`: the addresses that Segment sends events to, and what it must show there.

use clap::{Args, Subcommand};
use serde_json::json;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;
use crate::domain::SourceId;

#[derive(Subcommand)]
pub(super) enum SourceCommand {
    /// Create a source: print its address and its shared secret
    Create(NewSource),
    /// List the sources
    List(Range),
    /// Give a source a new secret; the one before it stays valid until the next rotation
    Rotate {
        /// The source's name
        #[arg(value_parser = SourceId::parse)]
        name: SourceId,
        /// The new secret; without it, one is generated
        #[arg(long)]
        secret: Option<String>,
    },
    /// Delete a source: its address stops to work
    Delete {
        /// The source's name
        #[arg(value_parser = SourceId::parse)]
        name: SourceId,
    },
}

#[derive(Args)]
pub(super) struct NewSource {
    /// The source's name
    #[arg(value_parser = SourceId::parse)]
    name: SourceId,
    /// The shared secret that signs every request; without it, one is generated
    #[arg(long)]
    secret: Option<String>,
    /// Also ask for `Authorization: Bearer TOKEN`
    #[arg(long, value_name = "TOKEN")]
    bearer: Option<String>,
    /// Also ask for `Authorization: Basic` with this user name
    #[arg(long, value_name = "KEY")]
    basic_key: Option<String>,
    /// Do not ask for signatures
    #[arg(long, conflicts_with = "secret")]
    unsigned: bool,
}

impl Ask for SourceCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Create(new) => Request::post(&["sources"], new.body()).revealing(),
            Self::List(range) => Request::list(&["sources"], &views::SOURCES, range),
            Self::Rotate { name, secret } => {
                Request::post(&["sources", name.as_str(), "rotate"], json!({"secret": secret})).revealing()
            }
            Self::Delete { name } => {
                Request::delete(&["sources", name.as_str()], json!({"source": name.as_str(), "state": "deleted"}))
            }
        })
    }
}

impl NewSource {
    fn body(self) -> serde_json::Value {
        json!({
            "name": self.name.as_str(),
            "secret": self.secret,
            "bearer": self.bearer,
            "basic_key": self.basic_key,
            "unsigned": self.unsigned.then_some(true),
        })
    }
}
