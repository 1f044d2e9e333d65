//! What a tenant writes. The doc comments are what the tenant reads in the JSON Schema.

use rekindle_guest::{Condition, Wait};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::content::Content;
use crate::form::{DeliveryForm, StepForm};
use crate::interests::counted;
use crate::trigger::{Trigger, TriggerForm};

/// A journey: what begins a run, what it waits for, where it splits, what it sends and what ends it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Journey {
    /// What it does, in a sentence.
    pub summary: Option<String>,
    /// What begins a run.
    #[schemars(with = "TriggerForm")]
    pub trigger: Trigger,
    /// Who is meant: asked when the trigger comes.
    pub filter: Option<Condition>,
    /// What becomes of a trigger that comes again while a run waits.
    #[serde(default)]
    pub retrigger: Retrigger,
    /// What ends a run at any time.
    #[serde(default)]
    pub exit: Vec<Exit>,
    /// What the run is for: it ends the run, and is counted as a conversion.
    pub goal: Option<Goal>,
    /// Asked before every message; where it holds, the run ends.
    pub dont_send_if: Option<Condition>,
    /// The property whose values `{{items}}` lists.
    #[serde(default = "name_property")]
    pub aggregate: String,
    /// The steps of the only variation.
    #[serde(default)]
    #[schemars(with = "Vec<StepForm>")]
    steps: Vec<Step>,
    /// Variations, in the place of `steps`: each person gets one, always the same.
    #[serde(default)]
    variations: Vec<Variation>,
}

/// One way through a journey: a variation, or the only one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Way<'a> {
    /// Empty where there is only one.
    pub(crate) name: &'a str,
    pub(crate) weight: u32,
    pub(crate) steps: &'a [Step],
    /// Which of the variations it is, counted from 0; none where there is only one.
    pub(crate) number: Option<usize>,
}

/// One of several ways through a journey.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Variation {
    /// Its name in reports.
    pub name: String,
    /// How many people get it, in relation to the others.
    #[serde(default = "one")]
    pub weight: u32,
    /// Its steps, in order; ten at most.
    #[schemars(with = "Vec<StepForm>")]
    pub steps: Vec<Step>,
}

/// What becomes of a trigger that comes again while a run waits.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Retrigger {
    /// The pending step waits anew, and the next message speaks of everything since.
    #[default]
    Replace,
    /// Nothing.
    Ignore,
    /// A run of its own for each value of this property.
    Parallel(String),
}

/// What ends a run.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Exit {
    /// The condition; what somebody did counts from the trigger on.
    #[serde(deserialize_with = "counted")]
    pub when: Condition,
    /// The reason, for the reports.
    pub reason: String,
}

/// What a run is for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Goal {
    /// The condition; what somebody did counts from the trigger on.
    #[serde(deserialize_with = "counted")]
    pub when: Condition,
    /// The property that says what it was worth.
    pub value: Option<String>,
}

/// One step. It has one of `wait`, `wait_until`, `message`, `split` and `exit`.
#[derive(Debug, Deserialize)]
#[serde(try_from = "StepForm")]
pub(crate) struct Step {
    pub(crate) name: Option<String>,
    pub(crate) action: Action,
}

/// What a step does.
#[derive(Debug)]
pub(crate) enum Action {
    Wait { time: Wait, unless: Option<Condition> },
    WaitUntil { condition: Condition, at_most: Wait, unless: Option<Condition>, otherwise: Otherwise },
    Message(Message),
    Split { condition: Condition, yes: Option<String>, no: Option<String> },
    Exit(String),
}

/// What becomes of a run that waited in vain.
#[derive(Debug)]
pub(crate) enum Otherwise {
    Exit,
    Continue,
    Go(String),
}

#[derive(Debug)]
pub(crate) struct Message {
    pub(crate) step: String,
    pub(crate) deliveries: Vec<Delivery>,
    pub(crate) expires: Option<Wait>,
}

/// One way to send a message: its channel, and what the channel is to say.
#[derive(Debug, Deserialize)]
#[serde(try_from = "DeliveryForm")]
pub(crate) struct Delivery {
    pub(crate) channel: String,
    pub(crate) content: Content,
}

impl Journey {
    /// The ways through it.
    pub(crate) fn ways(&self) -> impl Iterator<Item = Way<'_>> {
        let only = Way { name: "", weight: 1, steps: &self.steps, number: None };
        let only = (self.variations.is_empty() || !self.steps.is_empty()).then_some(only);
        let variations = self.variations.iter().enumerate().map(|(number, Variation { name, weight, steps })| Way {
            name,
            weight: *weight,
            steps,
            number: Some(number),
        });
        only.into_iter().chain(variations)
    }

    /// The way of that name.
    pub(crate) fn way(&self, name: &str) -> Option<Way<'_>> {
        self.ways().find(|way| way.name == name)
    }
}

impl Way<'_> {
    /// The place of one of its steps in the document.
    pub(crate) fn place(&self, step: usize) -> String {
        match self.number {
            Some(number) => format!("variations[{number}].steps[{step}]"),
            None => format!("steps[{step}]"),
        }
    }
}

impl Step {
    /// What it sends, if it sends.
    pub(crate) fn message(&self) -> Option<&Message> {
        match &self.action {
            Action::Message(message) => Some(message),
            _ => None,
        }
    }

    /// The name by which it can be gone to.
    pub(crate) fn label(&self) -> Option<&str> {
        self.name.as_deref().or_else(|| self.message().map(|message| message.step.as_str()))
    }
}

fn name_property() -> String {
    "name".to_owned()
}

fn one() -> u32 {
    1
}
