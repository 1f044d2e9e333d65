//! The command line as a whole: what is typed, what is sent, what is answered, what is printed, and how it ends.

mod conversation;
mod fake;
mod grammar;

use super::failure::Failure;
use super::{Cli, Parser, Task};

/// What a command line asks for, or why it does not.
fn task(line: &str) -> Result<Task, String> {
    let cli = Cli::try_parse_from(format!("rekindle {line}").split_whitespace()).map_err(|err| err.to_string())?;
    cli.command.task().map_err(|failure| told(&failure))
}

/// What a failure looks like.
fn told(failure: &Failure) -> String {
    let mut notes = Vec::new();
    failure.report(&mut notes);
    format!("{}exit: {:?}\n", String::from_utf8(notes).unwrap(), failure.exit)
}
