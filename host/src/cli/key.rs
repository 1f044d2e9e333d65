//! `rekindle key`: who may do what within a tenant.

use clap::Subcommand;
use serde_json::json;

use super::arguments::{Range, path_part};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum KeyCommand {
    /// Create a key and print it
    Create {
        /// What the key is for, so that it is recognised later
        name: String,
        /// What the key may do: a viewer looks, a developer also changes, an owner also manages keys
        #[arg(long, value_parser = ["owner", "developer", "viewer"])]
        role: String,
    },
    /// List the keys; the keys themselves are never shown again
    List(Range),
    /// Revoke a key: it stops to work at once
    Revoke {
        /// The key's id, as `key list` shows it
        #[arg(value_parser = path_part)]
        id: String,
    },
}

impl Ask for KeyCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Create { name, role } => Request::post(&["keys"], json!({"name": name, "role": role})).revealing(),
            Self::List(range) => Request::list(&["keys"], &views::KEYS, range),
            Self::Revoke { id } => Request::delete(&["keys", &id], json!({"id": &id, "state": "revoked"})),
        })
    }
}
