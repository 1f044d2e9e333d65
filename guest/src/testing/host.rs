//! The pretend host: one person as data, and the answers that the contract's imports give about it. A
//! run lends it to its thread for the length of one decision.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::history::{Answer, Subject};
use crate::host::Level;
use crate::{EngagementKind, Target, Timestamp};

thread_local! {
    static LENT: RefCell<Option<PretendHost>> = const { RefCell::new(None) };
}

/// One person, and what the host knows about them.
#[derive(Clone, Debug, Default)]
pub(crate) struct PretendHost {
    pub(crate) campaign: String,
    pub(crate) traits: BTreeMap<String, Value>,
    pub(crate) unreachable: BTreeSet<String>,
    pub(crate) audiences: BTreeSet<String>,
    /// The catalogue, by the items' ids.
    pub(crate) items: BTreeMap<String, Value>,
    /// What conditions come to, by their text.
    pub(crate) conditions: BTreeMap<String, bool>,
    pub(crate) past: Vec<Occurrence>,
    /// The body of the event that the present cause is about.
    pub(crate) document: Value,
    pub(crate) logs: Vec<String>,
}

/// Something that happened, as the history keeps it.
#[derive(Clone, Debug)]
pub(crate) struct Occurrence {
    pub(crate) at: Timestamp,
    pub(crate) what: Happening,
}

#[derive(Clone, Debug)]
pub(crate) enum Happening {
    Event(String),
    Engagement { kind: EngagementKind, channel: String, campaign: Option<String>, step: Option<String> },
}

impl PretendHost {
    /// Lends itself to this thread while the decision is made.
    pub(crate) fn lend<T>(&mut self, decide: impl FnOnce() -> T) -> T {
        LENT.set(Some(std::mem::take(self)));
        let answer = decide();
        *self = LENT.take().expect("the host should come back");
        answer
    }

    fn look_up(&self, subject: &Subject, since: Option<Timestamp>) -> Answer {
        let mut times: Vec<Timestamp> = self
            .past
            .iter()
            .filter(|occurrence| since.is_none_or(|since| occurrence.at >= since))
            .filter(|occurrence| self.is_about(&occurrence.what, subject))
            .map(|occurrence| occurrence.at)
            .collect();
        times.sort();
        Answer {
            count: times.len().try_into().expect("a test should be shorter"),
            first: times.first().copied(),
            last: times.last().copied(),
            saturated: false,
        }
    }

    fn is_about(&self, happening: &Happening, subject: &Subject) -> bool {
        match (happening, subject) {
            (Happening::Event(happened), Subject::Event(name)) => happened == name,
            (Happening::Engagement { kind, channel, campaign, step }, Subject::Engagement(wanted, target)) => {
                kind == wanted && self.is_meant(target, channel, campaign.as_deref(), step.as_deref())
            }
            _ => false,
        }
    }

    /// Whether an engagement is about the target's messages. No campaign of a test has a label.
    pub(crate) fn is_meant(&self, target: &Target, channel: &str, campaign: Option<&str>, step: Option<&str>) -> bool {
        match target {
            Target::Any => true,
            Target::Mine => campaign == Some(self.campaign.as_str()),
            Target::Channel(name) => channel == name,
            Target::Campaign(name) => campaign == Some(name.as_str()),
            Target::Step { campaign: name, step: wanted } => {
                campaign == Some(name.as_str()) && step == Some(wanted.as_str())
            }
            Target::Label(_) => false,
        }
    }
}

fn ask<T>(question: impl FnOnce(&mut PretendHost) -> T) -> T {
    LENT.with_borrow_mut(|host| {
        let host = host.as_mut();
        question(host.expect("a campaign should ask its host only while `testing::Run` asks it"))
    })
}

pub(crate) fn body(pointer: &str) -> Option<String> {
    ask(|host| host.document.pointer(pointer).map(Value::to_string))
}

pub(crate) fn document() -> String {
    ask(|host| host.document.to_string())
}

pub(crate) fn look_up(subject: &Subject, since: Option<Timestamp>) -> Answer {
    ask(|host| host.look_up(subject, since))
}

pub(crate) fn get_trait(name: &str) -> Option<String> {
    ask(|host| host.traits.get(name).map(Value::to_string))
}

pub(crate) fn reachable(channel: &str) -> bool {
    ask(|host| !host.unreachable.contains(channel))
}

pub(crate) fn in_audience(name: &str) -> bool {
    ask(|host| host.audiences.contains(name))
}

pub(crate) fn get_item(id: &str) -> Option<String> {
    ask(|host| host.items.get(id).map(Value::to_string))
}

/// What a condition means is the real host's to say; here, an object is one.
pub(crate) fn check_condition(condition: &str) -> Result<(), String> {
    let is_object = serde_json::from_str::<Value>(condition).is_ok_and(|value| value.is_object());
    if is_object { Ok(()) } else { Err(format!("`{condition}` is no condition")) }
}

pub(crate) fn holds(condition: &str, _: &str) -> Result<bool, String> {
    let answer = ask(|host| host.conditions.get(condition).copied());
    answer.ok_or_else(|| format!("say by `testing::Run::with_condition` whether `{condition}` holds"))
}

pub(crate) fn log(level: Level, message: &str) {
    ask(|host| host.logs.push(format!("{}: {message}", level.as_str())));
}
