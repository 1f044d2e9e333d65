//! `rekindle serve`: from flags to the options of a server.

use std::net::{IpAddr, SocketAddr};
use std::num::NonZeroU32;
use std::path::PathBuf;

use clap::{Args, ValueEnum};
use ipnet::IpNet;
use reqwest::Url;

use super::arguments::server_url;
use super::exit::Exit;
use super::failure::Failure;
use crate::app::{self, LogFormat, MasterKeys, Rates, Secret, ServeOptions};
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
    /// The file that holds the bootstrap key, `-` for the standard input: it stays out of the list of processes
    #[arg(long, value_name = "FILE", env = "REKINDLE_BOOTSTRAP_KEY_FILE", conflicts_with = "bootstrap_key")]
    bootstrap_key_file: Option<PathBuf>,
    /// The file that holds the master keys, as `keyring new` prints them, the current one first; `REKINDLE_MASTER_KEY` may hold
    /// them instead; without either, one is made beside the data
    #[arg(long, value_name = "FILE", env = "REKINDLE_MASTER_KEY_FILE")]
    master_key_file: Option<PathBuf>,
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
    /// The component that renders templates; without it, `renderer.wasm` beside this program
    #[arg(long, value_name = "FILE", env = "REKINDLE_RENDERER")]
    renderer: Option<PathBuf>,
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

impl ServeArguments {
    /// The options of a server; the files that are named are read. `master_key` is what the environment holds.
    pub(super) fn options(self, master_key: Option<Secret>) -> Result<ServeOptions, Failure> {
        let arguments = self;
        let bootstrap_key = match arguments.bootstrap_key_file {
            Some(path) => super::arguments::secret(None, Some(&path))?,
            None => arguments.bootstrap_key,
        };
        Ok(ServeOptions {
            data: arguments.data,
            listen: arguments.listen,
            bootstrap_key,
            master_keys: master_keys(arguments.master_key_file, master_key)?,
            public_url: arguments.public_url.map(|url| url.as_str().trim_end_matches('/').to_owned()),
            allow_outgoing: arguments.allow_outgoing,
            connections_per_address: arguments.connections_per_address,
            tenant_events_per_second: arguments.tenant_events_per_second,
            renderer: arguments.renderer,
            log_format: match arguments.log_format {
                Format::Text => LogFormat::Text,
                Format::Json => LogFormat::Json,
            },
            json: arguments.json,
            manual_clock: arguments.manual_clock,
        })
    }
}

pub(super) fn run(arguments: ServeArguments) -> Result<(), Failure> {
    // Not an argument: whoever may list processes sees those.
    let master_key = std::env::var("REKINDLE_MASTER_KEY").ok().map(Secret::new);
    let options = arguments.options(master_key)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().map_err(anyhow::Error::from)?;
    Ok(runtime.block_on(app::serve(options, &mut std::io::stdout()))?)
}

fn master_keys(file: Option<PathBuf>, text: Option<Secret>) -> Result<MasterKeys, Failure> {
    match (file, text) {
        (Some(_), Some(_)) => Err(Failure::new(Exit::Usage, "master keys are given twice: as a file and as a text")
            .next("unset `REKINDLE_MASTER_KEY`, or leave the file out")),
        (Some(path), None) => Ok(MasterKeys::File(path)),
        (None, Some(text)) => Ok(MasterKeys::Text(text)),
        (None, None) => Ok(MasterKeys::Beside),
    }
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
