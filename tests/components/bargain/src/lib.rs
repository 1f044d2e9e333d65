//! A campaign that tells of every price that drops: what was, what is, and what the person has to do with the item. So a judge sees who
//! was asked about which change, and how often.

use rekindle_guest::{Campaign, Cause, Change, Context, Decision, Error, Instruction, Manifest, Trigger};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// The channel of every instruction.
const CHANNEL: &str = "webhook";

/// The campaign.
#[derive(Debug)]
pub struct Bargain;

/// What a tenant may set: nothing.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Configuration {}

/// What is remembered about one person.
#[derive(Debug, Default, Deserialize, Serialize)]
pub struct State {
    /// How often the person was told.
    pub told: u64,
}

impl Campaign for Bargain {
    type Configuration = Configuration;
    type State = State;

    fn configure(_: Configuration) -> Result<Self, Error> {
        Ok(Self)
    }

    fn manifest(&self) -> Manifest {
        Manifest::new("bargain", env!("CARGO_PKG_VERSION"), "tells of every price that drops")
            .on(Trigger::ItemChanged("price".to_owned()))
            .channel(CHANNEL)
            .step("drop")
    }

    fn decide(&self, ctx: &Context, cause: &Cause, state: &mut State) -> Result<Decision, Error> {
        let Cause::ItemChanged(Change { subject, before, after, .. }) = cause else { return Ok(Decision::none()) };
        let Some((was, is)) = number(before.as_ref()).zip(number(after.as_ref())).filter(|(was, is)| is < was) else {
            return Ok(Decision::none());
        };
        state.told += 1;
        let content = json!({
            "subject": subject, "was": was, "is": is, "told": state.told,
            "body": ctx.document(), "name": ctx.get_item(id(subject)).map(|item| item["name"].clone()),
        });
        Ok(Decision::none().instruct(Instruction::new("drop").deliver_over(CHANNEL, &content)))
    }
}

fn id(subject: &str) -> &str {
    subject.rsplit_once('/').map_or(subject, |(id, _)| id)
}

/// A number, or a text that spells one.
fn number(value: Option<&Value>) -> Option<f64> {
    value.and_then(|value| value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()))
}

rekindle_guest::campaign!(Bargain);
