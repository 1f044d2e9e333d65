//! The command line: from what was typed to one request, and from its answer to what is printed.
//!
//! `serve`, `demo` and `test` run the house itself; `schema` prints what is part of the program. Every other command talks to a running server, over the API that everyone
//! has: it becomes a `Request` (plain data), `exchange` carries it out, `Output` prints. Data goes to stdout, everything
//! else to stderr.

mod arguments;
mod audience;
mod audit;
mod campaign;
mod channel;
mod client;
mod demo;
mod exchange;
mod exit;
mod explain;
mod failure;
mod failures;
mod item;
mod key;
mod keyring;
mod ledger;
mod mapping;
mod messages;
mod module;
mod node;
mod outbox;
mod output;
mod policy;
mod profile;
mod quarantine;
mod report;
mod request;
mod schema;
mod segment;
mod serve;
mod source;
mod sweep;
mod template;
mod tenant;
mod test;
mod views;

#[cfg(test)]
mod tests;

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};
use reqwest::Url;
use tokio::runtime::Builder;

use client::Client;
use demo::DemoArguments;
use exit::Exit;
use failure::Failure;
use output::{Form, Output};
use request::{Ask, Request};
use schema::SchemaArguments;
use serve::ServeArguments;
use test::TestArguments;

use crate::app;
use crate::domain::Secret;

/// Re-engagement campaigns as sandboxed WebAssembly components behind a Segment webhook destination
#[derive(Parser)]
#[command(name = "rekindle", version, after_help = exit::help())]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run the server
    Serve(ServeArguments),
    /// Run a shop's day through a server of its own and show who got what, and why
    Demo(DemoArguments),
    /// Play scenarios against a module, on a clock of their own and without a server
    Test(TestArguments),
    /// Print the JSON Schema of what people write
    Schema(SchemaArguments),
    /// Create and list tenants
    Tenant(Remote<tenant::TenantCommand>),
    /// Manage sources: the addresses that Segment sends events to
    Source(Remote<source::SourceCommand>),
    /// Set up what sends events here, in Segment itself
    Segment(Remote<segment::SegmentCommand>),
    /// Manage API keys
    Key(Remote<key::KeyCommand>),
    /// See who changed what
    Audit(Remote<audit::AuditCommand>),
    /// Make and rotate the master keys that secrets are sealed with
    Keyring(Remote<keyring::KeyringCommand>),
    /// Upload and list campaign modules
    Module(Remote<module::ModuleCommand>),
    /// Publish campaigns and move them through their states
    Campaign(Remote<campaign::CampaignCommand>),
    /// Choose the provider behind each channel
    Channel(Remote<channel::ChannelCommand>),
    /// Write what messages say, and see how they read
    Template(Remote<template::TemplateCommand>),
    /// Manage the catalogue of items
    Item(Remote<item::ItemCommand>),
    /// Say who is in which audience
    Audience(Remote<audience::AudienceCommand>),
    /// Say which of your events, vendors' campaigns and categories of consent are which of ours
    Mapping(Remote<mapping::MappingCommand>),
    /// Say what all messages are judged by: caps, quiet hours, who is held out
    Policy(Remote<policy::PolicyCommand>),
    /// Look at people
    Profile(Remote<profile::ProfileCommand>),
    /// Look at what went out
    Messages(Remote<messages::MessagesCommand>),
    /// Look at every decision about a person, with its reason
    Ledger(Remote<ledger::LedgerCommand>),
    /// Say why a person did, or did not, get a message
    Explain(Alone<explain::ExplainArguments>),
    /// Look at what campaigns came to, in figures
    Report(Remote<report::ReportCommand>),
    /// Look at what could not be understood
    Quarantine(Remote<quarantine::QuarantineCommand>),
    /// Look at calls of campaigns that failed
    Failures(Remote<failures::FailuresCommand>),
    /// Look at what many people are asked at once
    Sweep(Remote<sweep::SweepCommand>),
    /// Look at what is promised but not delivered, and deliver it again
    Outbox(Remote<outbox::OutboxCommand>),
    /// Compile a module for a server, which starts this by itself
    #[command(name = app::COMPILE_COMMAND, hide = true)]
    CompileModule,
}

/// A group of commands that talk to a running server.
#[derive(Args)]
struct Remote<C: Subcommand> {
    #[command(flatten)]
    access: Access,
    #[command(subcommand)]
    command: C,
}

/// One command that talks to a running server.
#[derive(Args)]
struct Alone<A: Args> {
    #[command(flatten)]
    access: Access,
    #[command(flatten)]
    arguments: A,
}

/// Which server, as whom, and how the answer is printed.
#[derive(Args)]
#[command(next_help_heading = "Everywhere")]
struct Access {
    /// The server's address
    #[arg(long, global = true, env = "REKINDLE_URL", hide_env_values = true, default_value = "http://127.0.0.1:7070")]
    #[arg(value_parser = arguments::server_url)]
    url: Url,
    /// The API key; the environment keeps it out of the list of processes
    #[arg(long, global = true, env = "REKINDLE_KEY", hide_env_values = true)]
    key: Option<String>,
    /// The file that holds the API key
    #[arg(long, global = true, value_name = "FILE", env = "REKINDLE_KEY_FILE")]
    key_file: Option<PathBuf>,
    /// Print JSON: one object, or one object a line for a list
    #[arg(long, global = true)]
    json: bool,
}

impl Access {
    /// The key; the one that is given as it is counts more.
    fn key(&self) -> Result<Option<Secret>, Failure> {
        arguments::secret(self.key.clone(), self.key_file.as_deref().filter(|_| self.key.is_none()))
    }

    /// A way to the server.
    fn client(&self) -> Result<Client, Failure> {
        Client::new(self.url.clone(), self.key()?.as_ref().map(Secret::expose))
    }

    fn form(&self) -> Form {
        if self.json { Form::Json } else { Form::Human }
    }
}

/// Does what the command line says.
pub fn run() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(usage) => {
            // When nobody can read the explanation, the exit code still tells.
            let _ = usage.print();
            return if usage.use_stderr() { Exit::Usage.into() } else { Exit::Done.into() };
        }
    };
    match cli.command.task().and_then(Task::run) {
        Ok(code) => code,
        Err(failure) => {
            failure.report(&mut io::stderr());
            failure.exit.into()
        }
    }
}

/// What the program is asked to do.
enum Task {
    Serve(ServeArguments),
    Demo(DemoArguments),
    Test(TestArguments),
    Schema(SchemaArguments),
    CompileModule,
    NewMasterKey(Form),
    Segment(Access, segment::SegmentCommand),
    Ask(Access, Request),
}

impl Command {
    fn task(self) -> Result<Task, Failure> {
        match self {
            Self::Serve(options) => Ok(Task::Serve(options)),
            Self::Demo(options) => Ok(Task::Demo(options)),
            Self::Test(options) => Ok(Task::Test(options)),
            Self::Schema(arguments) => Ok(Task::Schema(arguments)),
            Self::Tenant(remote) => remote.task(),
            Self::Source(remote) => remote.task(),
            Self::Segment(remote) => Ok(Task::Segment(remote.access, remote.command)),
            Self::Key(remote) => remote.task(),
            Self::Audit(remote) => remote.task(),
            Self::Keyring(remote) if remote.command.is_local() => Ok(Task::NewMasterKey(remote.access.form())),
            Self::Keyring(remote) => remote.task(),
            Self::Module(remote) => remote.task(),
            Self::Campaign(remote) => remote.task(),
            Self::Channel(remote) => remote.task(),
            Self::Template(remote) => remote.task(),
            Self::Item(remote) => remote.task(),
            Self::Audience(remote) => remote.task(),
            Self::Mapping(remote) => remote.task(),
            Self::Policy(remote) => remote.task(),
            Self::Profile(remote) => remote.task(),
            Self::Messages(remote) => remote.task(),
            Self::Ledger(remote) => remote.task(),
            Self::Explain(alone) => alone.task(),
            Self::Report(remote) => remote.task(),
            Self::Quarantine(remote) => remote.task(),
            Self::Failures(remote) => remote.task(),
            Self::Sweep(remote) => remote.task(),
            Self::Outbox(remote) => remote.task(),
            Self::CompileModule => Ok(Task::CompileModule),
        }
    }
}

impl<C: Subcommand + Ask> Remote<C> {
    fn task(self) -> Result<Task, Failure> {
        Ok(Task::Ask(self.access, self.command.request()?))
    }
}

impl<A: Args + Ask> Alone<A> {
    fn task(self) -> Result<Task, Failure> {
        Ok(Task::Ask(self.access, self.arguments.request()?))
    }
}

impl Task {
    fn run(self) -> Result<ExitCode, Failure> {
        match self {
            Self::Serve(options) => serve::run(options)?,
            Self::Demo(options) => demo::run(options)?,
            Self::Test(options) => test::run(options)?,
            Self::Schema(arguments) => schema::run(&arguments)?,
            Self::NewMasterKey(form) => keyring::new(form)?,
            Self::CompileModule => return Ok(app::compile_module()),
            Self::Segment(access, command) => segment::run(access, command)?,
            Self::Ask(access, request) => ask(access, &request)?,
        }
        Ok(Exit::Done.into())
    }
}

fn ask(access: Access, request: &Request) -> Result<(), Failure> {
    let mut output = Output::standard(access.form());
    let client = access.client()?;
    let result = converse(exchange::carry_out(&client, request, &mut output));
    // What was printed before a failure is printed.
    let flushed = output.flush();
    result.and(flushed)
}

/// Talks to servers until it is done or has failed.
fn converse(talk: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = Builder::new_current_thread().enable_all().build().map_err(anyhow::Error::from)?;
    let result = runtime.block_on(talk);
    // A name that is still being looked up must not hold the program.
    runtime.shutdown_background();
    result
}
