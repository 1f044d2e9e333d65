//! `rekindle serve`: from flags to the options of a server.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use reqwest::Url;

use super::arguments::server_url;
use crate::domain::Timestamp;
use crate::tenants::Secret;

/// What a server is started with. The comments are the texts of `--help`.
#[derive(Debug, Args)]
pub struct ServeOptions {
    /// The directory that holds everything that is kept; made when it is missing
    #[arg(long, value_name = "DIR")]
    pub data: PathBuf,
    /// Where to listen: IP and port, port 0 for any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070", value_parser = listen_address)]
    pub listen: SocketAddr,
    /// The key that creates tenants; without it, one is made and printed once
    #[arg(long, value_name = "KEY", env = "REKINDLE_BOOTSTRAP_KEY", hide_env_values = true, value_parser = secret)]
    pub bootstrap_key: Option<Secret>,
    /// How Segment reaches this server, for the addresses of sources; without it, where it listens
    #[arg(long, value_name = "URL", value_parser = server_url)]
    pub public_url: Option<Url>,
    /// How logs are written
    #[arg(long, value_enum, default_value_t = LogFormat::Text)]
    pub log_format: LogFormat,
    /// Start a clock here that moves only when it is moved: for tests
    #[arg(long, value_name = "RFC3339", hide = true, value_parser = moment)]
    pub manual_clock: Option<Timestamp>,
}

/// How logs are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For the eye
    Text,
    /// One object a line
    Json,
}

pub(super) fn run(options: ServeOptions) -> anyhow::Result<()> {
    anyhow::bail!("cannot serve from `{}`: this build has no server", options.data.display())
}

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP and a port, like `127.0.0.1:7070`, `0.0.0.0:7070` or `[::1]:7070`")
}

fn secret(text: &str) -> Result<Secret, &'static str> {
    if text.is_empty() {
        return Err("it is empty; leave it out to have one made");
    }
    Ok(Secret::new(text.to_owned()))
}

fn moment(text: &str) -> Result<Timestamp, jiff::Error> {
    text.parse::<jiff::Timestamp>().map(|moment| Timestamp::from_millis(moment.as_millisecond()))
}
