//! What designs say and refuse, who is put where, what figures mean, and how often the answers are right.

mod assignment;
mod design;
mod simulation;
mod statistics;
mod winner;

use serde_json::Value;

use super::Design;
use crate::domain::VariationName;
use crate::settings::Settings;

fn design(document: &Value) -> Design {
    let settings = Settings::read(&serde_json::json!({"experiment": document}));
    settings.unwrap_or_else(|err| panic!("{document} should be a design: {err}")).experiment
}

fn variation(name: &str) -> VariationName {
    VariationName::parse(name).unwrap()
}
