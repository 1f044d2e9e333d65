//! `rekindle serve`: from flags to the options of a server.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use reqwest::Url;

use super::arguments::server_url;
use crate::app::{self, LogFormat, Rates, Secret, ServeOptions};
use crate::domain::{Timestamp, limits};

/// The comments are the texts of `--help`.
#[derive(Args)]
pub(super) struct ServeArguments {
    /// The directory that holds everything that is kept; made when it is missing
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen: IP and port, port 0 for any that is free
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7070", value_parser = listen_address)]
    listen: SocketAddr,
    /// The key that creates tenants; without it, one is made and printed once
    #[arg(long, value_name = "KEY", env = "REKINDLE_BOOTSTRAP_KEY", hide_env_values = true, value_parser = secret)]
    bootstrap_key: Option<Secret>,
    /// How Segment reaches this server, for the addresses of sources; without it, what a client calls it
    #[arg(long, value_name = "URL", value_parser = server_url)]
    public_url: Option<Url>,
    /// A range such as `10.0.0.0/8`, or an address, that channels may lead to although it is not public; repeatable
    #[arg(long, value_name = "CIDR", value_parser = range)]
    allow_outgoing: Vec<IpNet>,
    /// Connections that one address may have open; more than a reverse proxy in front of the server pools
    #[arg(long, value_name = "N", default_value_t = limits::CONNECTIONS_PER_ADDRESS_MAX)]
    connections_per_address: usize,
    /// Events that one tenant may send in a second over a longer time, ten seconds' worth at once; more are answered 429
    #[arg(long, value_name = "N", default_value_t = Rates::HOUSE.events_per_second)]
    tenant_events_per_second: NonZeroU32,
    /// How logs are written
    #[arg(long, value_enum, default_value_t = Format::Text)]
    log_format: Format,
    /// Say where it listens, and the key that was made, as one JSON object
    #[arg(long)]
    json: bool,
    /// Start a clock here that moves only when it is moved: for tests
    #[arg(long, value_name = "RFC3339", hide = true, value_parser = moment)]
    manual_clock: Option<Timestamp>,
}

/// How logs are written.
#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For the eye
    Text,
    /// One object a line
    Json,
}

impl From<ServeArguments> for ServeOptions {
    fn from(arguments: ServeArguments) -> Self {
        Self {
            data: arguments.data,
            listen: arguments.listen,
            bootstrap_key: arguments.bootstrap_key,
            public_url: arguments.public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            allow_outgoing: arguments.allow_outgoing,
            connections_per_address: arguments.connections_per_address,
            tenant_events_per_second: arguments.tenant_events_per_second,
            log_format: match arguments.log_format {
                Format::Text => LogFormat::Text,
                Format::Json => LogFormat::Json,
            },
            json: arguments.json,
            manual_clock: arguments.manual_clock,
        }
    }
}

pub(super) fn run(arguments: ServeArguments) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    runtime.block_on(app::serve(arguments.into(), &mut std::io::stdout()))
}

fn listen_address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an IP and a port, like `127.0.0.1:7070`, `0.0.0.0:7070` or `[::1]:7070`")
}

fn range(text: &str) -> Result<IpNet, &'static str> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).map_err(|_| "write a range like `10.0.0.0/8` or `fd00::/8`, or an address")
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
