//! `rekindle segment`: sets up in Segment what sends events here. It talks to two: to our own server about a source of ours, and to Segment's
//! Public API about a destination there.
//!
//! What is asked of Segment is plain data (`calls`), so that `--dry-run` prints what would be sent; who may not use the API does it by hand
//! (`manual`).

mod calls;
mod inlet;
mod manual;
mod public_api;

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use reqwest::Url;
use serde_json::value::to_raw_value;
use serde_json::{Value, json};

use self::calls::Call;
use self::inlet::Inlet;
use self::public_api::PublicApi;
use super::arguments::{path_part, secret, server_url};
use super::exit::Exit;
use super::failure::Failure;
use super::output::Output;
use super::{Access, converse};
use crate::domain::{Secret, SourceId};

/// Where the token is when no file holds it. It is no argument: those can be read by everybody on the machine.
const TOKEN_VARIABLE: &str = "SEGMENT_TOKEN";
/// What stands for what is known only once our own server has answered.
const UNKNOWN: &str = "***";

#[derive(Subcommand)]
pub(super) enum SegmentCommand {
    /// Make a destination in Segment that sends all events of a source here
    Register(Registering),
    /// Give a source of ours and its destination in Segment a new secret; nothing is refused meanwhile
    Rotate(Rotating),
}

#[derive(Args)]
pub(super) struct Registering {
    /// The id of the source in Segment, as its settings show it
    #[arg(value_name = "SEGMENT_SOURCE", value_parser = path_part)]
    segment_source: String,
    /// The source of ours; it is made if it is not there, else it gets one more secret
    #[arg(long, default_value = "segment", value_parser = SourceId::parse)]
    source: SourceId,
    /// Events that Segment gathers for one request; from 1000 on, it sends the same ones together when it tries again
    #[arg(long, default_value_t = 1_000, value_parser = clap::value_parser!(u32).range(1..=4_000))]
    batch_size: u32,
    /// Print the steps by hand instead, and do nothing
    #[arg(long, conflicts_with = "dry_run")]
    manual: bool,
    #[command(flatten)]
    workspace: Workspace,
}

#[derive(Args)]
pub(super) struct Rotating {
    /// The id of the destination in Segment, as `segment register` printed it
    #[arg(value_parser = path_part)]
    destination: String,
    /// The source of ours
    #[arg(long, default_value = "segment", value_parser = SourceId::parse)]
    source: SourceId,
    /// End the older secret at once: what Segment signed with it and has still under way is refused, and lost
    #[arg(long)]
    retire: bool,
    #[command(flatten)]
    workspace: Workspace,
}

/// Segment's side.
#[derive(Args)]
struct Workspace {
    /// Where the workspace is
    #[arg(long, value_enum, default_value_t = Region::Us)]
    region: Region,
    /// The file that holds the token of the Public API, `-` for the standard input; without it, the environment's `SEGMENT_TOKEN`
    #[arg(long, value_name = "FILE")]
    token_file: Option<PathBuf>,
    /// Another address of the Public API, such as a proxy's
    #[arg(long, value_name = "URL", value_parser = server_url)]
    api: Option<Url>,
    /// The file that holds the new shared secret, `-` for the standard input; without it, one is drawn
    #[arg(long, value_name = "FILE")]
    secret_file: Option<PathBuf>,
    /// Print what would be asked, without secrets, and ask nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Region {
    Us,
    Eu,
}

impl Region {
    fn api(self) -> &'static str {
        match self {
            Self::Us => "https://api.segmentapis.com",
            Self::Eu => "https://eu1.api.segmentapis.com",
        }
    }
}

impl Workspace {
    fn address(&self) -> Url {
        let usual = || Url::parse(self.region.api()).expect("Segment's addresses should be addresses");
        self.api.clone().unwrap_or_else(usual)
    }

    fn connect(&self) -> Result<PublicApi, Failure> {
        let given = std::env::var(TOKEN_VARIABLE).ok().filter(|token| !token.trim().is_empty());
        let token = secret(given, self.token_file.as_deref())?.ok_or_else(|| {
            let next = format!("write it into a file and name that by `--token-file`, or set `{TOKEN_VARIABLE}`");
            Failure::new(Exit::Denied, "a token of Segment's Public API is needed, and none was given").next(next)
        })?;
        PublicApi::new(self.address(), &token)
    }

    fn secret(&self) -> Result<Option<Secret>, Failure> {
        secret(None, self.secret_file.as_deref())
    }
}

/// Does what the command says.
pub(super) fn run(access: Access, command: SegmentCommand) -> Result<(), Failure> {
    let mut output = Output::standard(access.form());
    let result = match &command {
        SegmentCommand::Register(wanted) if wanted.manual => {
            output.text(&manual::steps(&wanted.source, wanted.batch_size))
        }
        SegmentCommand::Register(wanted) if wanted.workspace.dry_run => {
            foretell(&access, &wanted.workspace, wanted.calls(), &mut output)
        }
        SegmentCommand::Rotate(wanted) if wanted.workspace.dry_run => {
            foretell(&access, &wanted.workspace, wanted.calls(), &mut output)
        }
        SegmentCommand::Register(wanted) => converse(wanted.register(&access, &mut output)),
        SegmentCommand::Rotate(wanted) => converse(wanted.rotate(&access, &mut output)),
    };
    let flushed = output.flush();
    result.and(flushed)
}

/// Prints calls instead of making them.
fn foretell(access: &Access, workspace: &Workspace, calls: Vec<Call>, output: &mut Output<'_>) -> Result<(), Failure> {
    for call in calls {
        let base = if call.is_ours { &access.url } else { &workspace.address() };
        let shown = json!({"request": format!("{} {}", call.method, call.address(base)), "body": call.body});
        say(output, &shown)?;
    }
    output.note("nothing was asked; `***` stands for what is secret, or known only then")
}

impl Registering {
    /// What is asked, in order, with what is not known yet left out.
    fn calls(&self) -> Vec<Call> {
        vec![
            calls::look_at_source(&self.segment_source),
            calls::make_source(&self.source),
            calls::make_destination(&self.segment_source, &self.source, UNKNOWN),
            calls::make_mapping(UNKNOWN, UNKNOWN, self.batch_size),
        ]
    }

    async fn register(&self, access: &Access, output: &mut Output<'_>) -> Result<(), Failure> {
        let (house, segment, secret) = (access.client()?, self.workspace.connect()?, self.workspace.secret()?);
        // Whether token, region and id are right shows before anything is made.
        segment.ask(&calls::look_at_source(&self.segment_source)).await?;
        let Inlet { url, secret, .. } = inlet::open(&house, &self.source, secret.as_ref()).await?;
        let destination = calls::make_destination(&self.segment_source, &self.source, secret.expose());
        let destination = segment.id(&destination, "/destination/id").await.map_err(|failure| {
            failure.also(format!("source `{}` is made here; run this again, and it gets one more secret", self.source))
        })?;
        let mapping = calls::make_mapping(&destination, &url, self.batch_size);
        let mapping = segment.id(&mapping, "/destinationSubscription/id").await;
        let made = json!({
            "source": self.source.as_str(),
            "url": url,
            "destination": destination,
            "mapping": mapping.as_deref().ok(),
            "secrets": [secret.expose()],
        });
        say(output, &made)?;
        match mapping {
            Ok(_) => output.note(NEXT),
            Err(failure) => {
                output.text(&manual::mapping(&url, self.batch_size))?;
                Err(failure.also(
                    "the destination is there and sends nothing yet: make its mapping by hand, as printed".to_owned(),
                ))
            }
        }
    }
}

const NEXT: &str = "keep the secret: it is shown this once. Segment has to reach the url over https (`serve --public-url`); \
                    `source list` and `profile list` show what arrives";

impl Rotating {
    fn calls(&self) -> Vec<Call> {
        let mut calls = vec![
            calls::look_at_destination(&self.destination),
            calls::rotate_source(&self.source),
            calls::set_secret(&self.destination, UNKNOWN),
        ];
        calls.extend(self.retire.then(|| calls::retire_source(&self.source)));
        calls
    }

    /// The new secret is good here before Segment signs with it, and the older one is good until it is ended.
    async fn rotate(&self, access: &Access, output: &mut Output<'_>) -> Result<(), Failure> {
        let (house, segment, secret) = (access.client()?, self.workspace.connect()?, self.workspace.secret()?);
        segment.ask(&calls::look_at_destination(&self.destination)).await?;
        let Inlet { secret, .. } = inlet::rotate(&house, &self.source, secret.as_ref()).await?;
        let set = segment.ask(&calls::set_secret(&self.destination, secret.expose())).await;
        if let Err(failure) = set {
            say(output, &json!({"source": self.source.as_str(), "secrets": [secret.expose()], "active_secrets": 2}))?;
            return Err(failure.also(
                "set the printed secret as the destination's shared secret by hand: both are good here".to_owned(),
            ));
        }
        let left = match self.retire {
            true => inlet::retire(&house, &self.source).await?,
            false => 2,
        };
        let done = json!({"source": self.source.as_str(), "destination": self.destination, "active_secrets": left});
        say(output, &done)?;
        match self.retire {
            true => Ok(()),
            false => output.note(&format!(
                "Segment signs with the new secret from now on; the older one is good until `source retire {}`: leave it \
                 the four hours for which Segment tries again",
                self.source
            )),
        }
    }
}

fn say(output: &mut Output<'_>, object: &Value) -> Result<(), Failure> {
    output.one(&to_raw_value(object).map_err(anyhow::Error::from)?)
}
