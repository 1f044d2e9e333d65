//! `rekindle source`: the addresses that Segment sends events to, and what it must show there.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::{Range, secret};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;
use crate::domain::{Secret, SourceId};

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
        /// The file that holds the new secret, `-` for the standard input: it stays out of the list of processes
        #[arg(long, value_name = "FILE", conflicts_with = "secret")]
        secret_file: Option<PathBuf>,
    },
    /// End the secrets of a source but the newest, once nothing that they signed is under way
    Retire {
        /// The source's name
        #[arg(value_parser = SourceId::parse)]
        name: SourceId,
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
    /// The file that holds the secret, `-` for the standard input: it stays out of the list of processes
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    secret_file: Option<PathBuf>,
    /// The file that holds the bearer token
    #[arg(long, value_name = "FILE", conflicts_with = "bearer")]
    bearer_file: Option<PathBuf>,
    /// The file that holds the user name of Basic
    #[arg(long, value_name = "FILE", conflicts_with = "basic_key")]
    basic_key_file: Option<PathBuf>,
    /// Do not ask for signatures
    #[arg(long, conflicts_with_all = ["secret", "secret_file"])]
    unsigned: bool,
}

impl Ask for SourceCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Create(new) => Request::post(&["sources"], new.body()?).revealing(),
            Self::List(range) => Request::list(&["sources"], &views::SOURCES, range),
            Self::Rotate { name, secret: given, secret_file } => {
                let secret = exposed(secret(given, secret_file.as_deref())?);
                Request::post(&["sources", name.as_str(), "rotate"], json!({"secret": secret})).revealing()
            }
            Self::Retire { name } => Request::post(&["sources", name.as_str(), "retire"], json!({})),
            Self::Delete { name } => {
                Request::delete(&["sources", name.as_str()], json!({"source": name.as_str(), "state": "deleted"}))
            }
        })
    }
}

impl NewSource {
    fn body(self) -> Result<Value, Failure> {
        Ok(json!({
            "name": self.name.as_str(),
            "secret": exposed(secret(self.secret, self.secret_file.as_deref())?),
            "bearer": exposed(secret(self.bearer, self.bearer_file.as_deref())?),
            "basic_key": exposed(secret(self.basic_key, self.basic_key_file.as_deref())?),
            "unsigned": self.unsigned.then_some(true),
        }))
    }
}

fn exposed(secret: Option<Secret>) -> Value {
    secret.map(|secret| secret.expose().to_owned()).into()
}
