//! `rekindle outbox`: what is promised and not yet delivered.

use std::collections::BTreeMap;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::arguments::Range;
use super::failure::Failure;
use super::request::{Answer, Ask, Request};
use super::views;
use crate::domain::InstructionId;

#[derive(Subcommand)]
pub(super) enum OutboxCommand {
    /// List what waits for delivery and what was given up
    List(Range),
    /// Group what was given up by why
    Causes,
    /// Deliver again what was given up: never what expired, what the person does not want, or what they left
    Redeliver(Redelivery),
}

#[derive(Args)]
pub(super) struct Redelivery {
    /// Which, by id, as `outbox list` shows it
    #[arg(value_name = "ID", value_parser = InstructionId::parse, required_unless_present_any = ["all", "where"])]
    ids: Vec<InstructionId>,
    /// Everything that was given up
    #[arg(long, conflicts_with = "ids")]
    all: bool,
    /// What was given up and has this in common, and all others of these: `cause`, `campaign`, `step`, `channel`, or a part of the last `error`
    #[arg(long, value_name = "WHAT=VALUE", value_parser = commonality, conflicts_with_all = ["ids", "all"])]
    r#where: Vec<(&'static str, String)>,
    /// Only say what would become of them
    #[arg(long)]
    dry_run: bool,
}

/// What dead letters can have in common.
const COMMON: [&str; 5] = ["cause", "campaign", "step", "channel", "error"];

fn commonality(text: &str) -> Result<(&'static str, String), String> {
    let (what, value) = text.split_once('=').unwrap_or((text, ""));
    let what = COMMON.into_iter().find(|common| *common == what);
    what.filter(|_| !value.is_empty()).map(|what| (what, value.to_owned())).ok_or_else(|| {
        format!("use one of {}, as in `cause=refused`", COMMON.map(|common| format!("`{common}`")).join(", "))
    })
}

impl Ask for OutboxCommand {
    fn request(self) -> Result<Request, Failure> {
        Ok(match self {
            Self::List(range) => Request::list(&["outbox"], &views::OUTBOX, range),
            Self::Causes => {
                Request { answer: Answer::Tables(&[("items", &views::DEATHS)]), ..Request::get(&["outbox", "causes"]) }
            }
            Self::Redeliver(redelivery) => Request::post(&["outbox", "redeliver"], redelivery.body()),
        })
    }
}

impl Redelivery {
    fn body(self) -> Value {
        let mut body = match (self.all, self.r#where.is_empty()) {
            (true, _) => json!({"all": true}),
            (false, false) => json!({"where": self.r#where.into_iter().collect::<BTreeMap<_, _>>()}),
            (false, true) => json!({"ids": self.ids.iter().map(InstructionId::as_str).collect::<Vec<_>>()}),
        };
        if self.dry_run {
            body["dry_run"] = true.into();
        }
        body
    }
}
