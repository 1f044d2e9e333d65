//! `rekindle outbox`: what is promised and not yet delivered.

use clap::{Args, Subcommand};
use serde_json::json;

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Ask, Request};
use super::views;
use crate::domain::InstructionId;

#[derive(Subcommand)]
pub(super) enum OutboxCommand {
    /// List what waits for delivery and what was given up
    List(Range),
    /// Deliver again what was given up
    Redeliver(Redelivery),
}

#[derive(Args)]
pub(super) struct Redelivery {
    /// Which, by id, as `outbox list` shows it
    #[arg(value_name = "ID", value_parser = InstructionId::parse, required_unless_present = "all")]
    ids: Vec<InstructionId>,
    /// Everything that was given up
    #[arg(long, conflicts_with = "ids")]
    all: bool,
}

impl Ask for OutboxCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::List(range) => Request::list(&["outbox"], &views::OUTBOX, range),
            Self::Redeliver(redelivery) => Request::post(&["outbox", "redeliver"], redelivery.body()),
        })
    }
}

impl Redelivery {
    fn body(self) -> serde_json::Value {
        if self.all {
            return json!({"all": true});
        }
        json!({"ids": self.ids.iter().map(InstructionId::as_str).collect::<Vec<_>>()})
    }
}
