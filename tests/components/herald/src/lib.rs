//! A campaign that sends when a schedule's moment comes, so that tests see who was asked and when.

use rekindle_guest::{Campaign, Cause, Context, Decision, Error, Instruction, Manifest, Trigger};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::{Value, json};

const CHANNEL: &str = "push";

/// The campaign.
#[derive(Debug)]
pub struct Herald(Value);

/// What a tenant sets.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// When it sends.
    pub schedule: Value,
}

impl Campaign for Herald {
    type Configuration = Configuration;
    type State = ();

    fn configure(configuration: Configuration) -> Result<Self, Error> {
        Ok(Self(configuration.schedule))
    }

    fn manifest(&self) -> Manifest {
        Manifest::new("herald", env!("CARGO_PKG_VERSION"), "sends when its moment comes")
            .on(Trigger::Schedule(self.0.clone()))
            .channel(CHANNEL)
            .step("moment")
    }

    fn decide(&self, ctx: &Context, cause: &Cause, (): &mut ()) -> Result<Decision, Error> {
        let Cause::Schedule(moment) = cause else { return Ok(Decision::none()) };
        let is_vip = ctx.in_audience("vip");
        let content = json!({"title": "It is time", "body": moment.as_millis().to_string(), "data": {"vip": is_vip}});
        Ok(Decision::none().instruct(Instruction::new("moment").deliver_over(CHANNEL, &content)))
    }
}

rekindle_guest::campaign!(Herald);
