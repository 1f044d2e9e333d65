//! `rekindle keyring`: the master keys that secrets are sealed with.

use std::io::{self, Write as _};

use clap::Subcommand;
use serde_json::json;

use super::failure::Failure;
use super::output::Form;
use super::request::{Ask, Request};
use crate::app::draw_master_key;

#[derive(Subcommand)]
pub(super) enum KeyringCommand {
    /// Make a master key and print its line, for the top of the file that `serve --master-key-file` reads
    New,
    /// Have the server read its master keys again and seal everything anew with the first (takes the bootstrap key)
    Rotate,
}

impl KeyringCommand {
    /// Whether it needs no server.
    pub(super) fn is_local(&self) -> bool {
        matches!(self, Self::New)
    }
}

impl Ask for KeyringCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(Request::post(&["keyring", "rotate"], json!({})))
    }
}

/// Draws a key and prints it.
pub(super) fn new(form: Form) -> Result<(), Failure> {
    let line = draw_master_key();
    let mut out = io::stdout().lock();
    match form {
        Form::Human => writeln!(out, "{}", line.expose())?,
        Form::Json => writeln!(out, "{}", json!({"line": line.expose()}))?,
    }
    Ok(out.flush()?)
}
