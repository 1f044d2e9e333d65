//! `rekindle item`: the catalogue, an item at a time or by a feed.

use std::path::{Path, PathBuf};

use clap::Subcommand;
use serde_json::{Map, Value, json};

use super::arguments::{self, Range, path_part};
use super::exit::Exit;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum ItemCommand {
    /// Set an item's attributes, as in `item set mug name=Mug price=9.5`; others that were set before are no more
    Set {
        /// The item's id
        #[arg(value_parser = path_part)]
        id: String,
        /// Attributes; what is a number, true or false is one
        #[arg(value_name = "NAME=VALUE", value_parser = attribute, required = true)]
        attributes: Vec<(String, Value)>,
    },
    /// Show an item
    Show {
        /// The item's id
        #[arg(value_parser = path_part)]
        id: String,
    },
    /// List the items
    List(Range),
    /// Remove an item
    Remove {
        /// The item's id
        #[arg(value_parser = path_part)]
        id: String,
    },
    /// Take in a feed: a table with a heading (`.csv`), or a JSON object a line (`.jsonl`); `id` names the item
    Import {
        /// The feed's file
        file: PathBuf,
        /// The feed is the whole catalogue: remove items that it does not name
        #[arg(long)]
        replace: bool,
    },
}

impl Ask for ItemCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Set { id, attributes } => {
                let attributes: Map<String, Value> = attributes.into_iter().collect();
                Request::put(&["items", &id], attributes.into())
            }
            Self::Show { id } => Request::get(&["items", &id]),
            Self::List(range) => Request::list(&["items"], &views::ITEMS, range),
            Self::Remove { id } => Request::delete(&["items", &id], json!({"item": &id, "removed": true})),
            Self::Import { file, replace } => {
                let media_type = media_type(&file)?;
                let request = Request::feed(&["items", "import"], arguments::file(&file)?, media_type);
                if replace { request.with("replace", "true") } else { request }
            }
        })
    }
}

fn attribute(text: &str) -> Result<(String, Value), &'static str> {
    let (name, value) = text.split_once('=').ok_or("write it as NAME=VALUE")?;
    let is_bare = |value: &Value| value.is_number() || value.is_boolean();
    let value = serde_json::from_str(value).ok().filter(is_bare).unwrap_or_else(|| value.into());
    Ok((name.to_owned(), value))
}

fn media_type(file: &Path) -> Result<&'static str, Failure> {
    match file.extension().and_then(|extension| extension.to_str()) {
        Some("csv") => Ok("text/csv"),
        Some("jsonl" | "ndjson") => Ok("application/x-ndjson"),
        _ => {
            let what = format!("the file `{}` is neither a `.csv` nor a `.jsonl`", file.display());
            Err(Failure::new(Exit::Invalid, what).next("name it by what it is"))
        }
    }
}
