//! `rekindle template`: what messages say, and how one would read.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::{Range, file, json_given, path_part};
use super::exit::Exit;
use super::failure::Failure;
use super::request::{Answer, Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum TemplateCommand {
    /// Set what a template says, as in `template set email cart cart.liquid`; each change is a new version
    Set {
        #[command(flatten)]
        which: Which,
        /// The file that holds it; `-` for the standard input
        file: PathBuf,
    },
    /// List templates
    List(Range),
    /// Show what a template says, and its versions
    Show {
        #[command(flatten)]
        which: Which,
        /// An older version
        #[arg(long, value_name = "N")]
        version: Option<u32>,
    },
    /// Show how a template would read; nothing is sent
    Preview(Preview),
    /// Have an older version hold again
    Restore {
        #[command(flatten)]
        which: Which,
        /// The version
        #[arg(long, value_name = "N")]
        version: u32,
    },
    /// Remove a template with all its versions: its name is the provider's to know then
    Remove {
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Args)]
pub(super) struct Which {
    /// The channel's name: `push`, `email`, …
    #[arg(value_parser = path_part)]
    channel: String,
    /// The template's name, as messages say it in `template`
    #[arg(value_parser = path_part)]
    name: String,
}

#[derive(Args)]
pub(super) struct Preview {
    #[command(flatten)]
    which: Which,
    /// A file with what the template is to say, instead of what it says
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    /// An older version
    #[arg(long, value_name = "N", conflicts_with = "file")]
    version: Option<u32>,
    /// To whom
    #[arg(long, value_name = "ID")]
    profile: Option<String>,
    /// What is to be known of the person instead, as JSON, or the file that holds it
    #[arg(long, value_name = "FILE|JSON")]
    traits: Option<String>,
    /// What the campaign gives along, as JSON, or the file that holds it
    #[arg(long, value_name = "FILE|JSON")]
    data: Option<String>,
    /// Where one click is to end the messages
    #[arg(long, value_name = "URL")]
    unsubscribe_url: Option<String>,
}

impl Which {
    fn path(&self) -> [&str; 3] {
        ["templates", &self.channel, &self.name]
    }

    fn path_to<'a>(&'a self, what: &'a str) -> [&'a str; 4] {
        ["templates", &self.channel, &self.name, what]
    }
}

impl Ask for TemplateCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Set { which, file } => Request::put(&which.path(), json!({"text": text(&file)?})),
            Self::List(range) => Request::list(&["templates"], &views::TEMPLATES, range),
            Self::Show { which, version } => Request {
                answer: Answer::Tables(&[("versions", &views::TEMPLATES)]),
                ..Request::get(&which.path()).wishing("version", version.map(|version| version.to_string()))
            },
            Self::Preview(preview) => preview.request()?,
            Self::Restore { which, version } => Request::post(&which.path_to("restore"), json!({"version": version})),
            Self::Remove { which } => Request::delete(
                &which.path(),
                json!({"channel": &which.channel, "template": &which.name, "removed": true}),
            ),
        })
    }
}

impl Preview {
    fn request(self) -> Result<Request, Failure> {
        let given = |what: &str, given: Option<String>| given.map(|given| json_given(what, &given)).transpose();
        let body = json!({
            "text": self.file.as_deref().map(text).transpose()?,
            "version": self.version,
            "profile": self.profile,
            "traits": given("person", self.traits)?,
            "data": given("data", self.data)?,
            "unsubscribe_url": self.unsubscribe_url,
        });
        Ok(Request::post(&self.which.path_to("preview"), body))
    }
}

/// Reads a template from a file.
fn text(path: &std::path::Path) -> Result<Value, Failure> {
    let bytes = file(path)?;
    let text = str::from_utf8(&bytes)
        .map_err(|err| Failure::new(Exit::Invalid, format!("the file `{}` is no text: {err}", path.display())))?;
    Ok(text.into())
}
