//! What one report tells, as the track call by which Segment would have told it: the tables of `ingest` say what it means.

use serde_json::{Map, Value, json};

use crate::domain::ProfileId;
use crate::ingest::Fields;

/// Steps on the way: what they lead to is told as well, and would be counted twice.
pub(super) const ON_THE_WAY: &str = "on_the_way";
/// Accounts, lists, records: what becomes of them is no word about a message.
pub(super) const NO_MESSAGE: &str = "no_message";
/// A word that providers have added since.
pub(super) const UNKNOWN: &str = "unknown";
/// Neither one of our ids nor an address: it is about nobody whom we could find.
pub(super) const NOBODY: &str = "nobody";

/// What came of a report.
#[derive(Debug)]
pub(super) enum Told {
    /// What became of a message, or what somebody thinks of messages.
    Report(Box<Report>),
    /// Nothing that is kept; why, as metrics call it.
    Nothing(&'static str),
}

/// What a provider's word means.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meaning {
    /// What the event is called in Segment's specification, or by the vendor at Segment.
    Event(&'static str),
    /// Nothing that is kept, and why.
    Nothing(&'static str),
}

/// A provider's words, and what they mean.
pub(super) type Words = [(&'static str, Meaning)];

/// What a report tells.
#[derive(Debug, Default)]
pub(super) struct Report {
    /// The event's name.
    pub(super) event: &'static str,
    /// What the provider calls the event. Where it has no name, what it says is its name.
    pub(super) id: Option<String>,
    /// When it happened, in any form that Segment's events have.
    pub(super) at: Option<Value>,
    /// Which message of ours.
    pub(super) ours: Ours,
    /// What the tenant calls the person, where the provider knows people by that.
    pub(super) user_id: Option<String>,
    /// The address that it is about.
    pub(super) email: Option<String>,
    /// What else it says, under the names by which `ingest` reads it.
    pub(super) properties: Vec<(&'static str, Value)>,
}

/// Our ids, which went out with the message. Without them the report may be about a message of somebody else's.
#[derive(Debug, Default)]
pub(super) struct Ours {
    pub(super) message: Option<String>,
    pub(super) campaign: Option<String>,
    pub(super) step: Option<String>,
    /// Under which id the person was kept.
    pub(super) profile: Option<ProfileId>,
}

/// What the word means.
pub(super) fn meaning(words: &Words, word: &str) -> Meaning {
    let known = words.iter().find(|(known, _)| *known == word);
    known.map_or(Meaning::Nothing(UNKNOWN), |(_, meaning)| *meaning)
}

impl Ours {
    /// From the places to which a provider gives back what it was given.
    pub(super) fn of(places: &[Fields<'_>]) -> Self {
        let text = |name: &'static str| places.iter().find_map(|place| place.text(name));
        Self {
            message: text("rekindle_message"),
            campaign: text("rekindle_campaign"),
            step: text("rekindle_step"),
            profile: text("rekindle_profile").and_then(|id| ProfileId::parse(&id).ok()),
        }
    }
}

impl Report {
    /// The call that tells it, as sent by `vendor`.
    pub(super) fn call(&self, vendor: &str) -> Value {
        let Self { event, id, at, ours, user_id, email, .. } = self;
        let own = [
            ("campaign_name", &ours.campaign),
            ("step", &ours.step),
            ("rekindle_message", &ours.message),
            ("email", email),
        ];
        let own = own.into_iter().filter_map(|(name, text)| Some((name.to_owned(), text.clone()?.into())));
        let others = self.properties.iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
        // Ours go over theirs.
        let properties: Map<String, Value> = others.chain(own).collect();
        let named = [
            ("messageId", id.clone().map(Value::from)),
            ("timestamp", at.clone()),
            ("userId", ours.profile.as_ref().map(ProfileId::as_str).or(user_id.as_deref()).map(Value::from)),
        ];
        let mut call = json!({
            "type": "track",
            "event": event,
            "properties": properties,
            "context": {"integration": {"name": vendor}},
        });
        for (name, value) in named {
            if let Some(value) = value {
                call[name] = value;
            }
        }
        call
    }
}
