//! `rekindle channel`: which provider delivers what goes over a channel.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::{Range, json_object, path_part, secret};
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;

#[derive(Subcommand)]
pub(super) enum ChannelCommand {
    /// Have a provider deliver what goes over a channel, as in `channel set push --provider webhook --to https://…`
    Set(Setting),
    /// List the channels that are set
    List(Range),
    /// Have a channel keep messages for the eye again, with the provider `preview`
    Reset {
        /// The channel's name
        #[arg(value_parser = path_part)]
        name: String,
    },
}

#[derive(Args)]
pub(super) struct Setting {
    /// The channel's name: `push`, `email`, `ads`, …
    #[arg(value_parser = path_part)]
    name: String,
    /// The provider's name
    #[arg(long)]
    provider: String,
    /// The file that holds the provider's settings, a JSON object; `-` for the standard input
    #[arg(long, value_name = "FILE")]
    settings: Option<PathBuf>,
    /// The setting `url`: where messages are sent
    #[arg(long, value_name = "URL")]
    to: Option<String>,
    /// The setting `secret`: what signs them; without it, the server generates one if the provider needs one
    #[arg(long)]
    secret: Option<String>,
    /// The file that holds the setting `secret`, `-` for the standard input: it stays out of the list of processes
    #[arg(long, value_name = "FILE", conflicts_with = "secret")]
    secret_file: Option<PathBuf>,
}

impl Ask for ChannelCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::Set(setting) => setting.request()?,
            Self::List(range) => Request::list(&["channels"], &views::CHANNELS, range),
            Self::Reset { name } => {
                Request::delete(&["channels", &name], json!({"channel": &name, "provider": "preview"}))
            }
        })
    }
}

impl Setting {
    fn request(self) -> Result<Request, Failure> {
        let mut settings = json_object(self.settings.as_deref())?;
        let secret = secret(self.secret, self.secret_file.as_deref())?.map(|secret| secret.expose().to_owned());
        for (name, value) in [("url", self.to), ("secret", secret)] {
            settings.extend(value.map(|value| (name.to_owned(), Value::from(value))));
        }
        let body = json!({"provider": self.provider, "settings": settings});
        Ok(Request::put(&["channels", &self.name], body).revealing())
    }
}
