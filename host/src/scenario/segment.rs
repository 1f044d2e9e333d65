//! What somebody does in a scenario, as Segment would tell of it: the same bytes go through the same decoding as at the door.

use serde_json::{Map, Value, json};

use crate::domain::Timestamp;

/// What the name of somebody who never logged in begins with; profiles are called so, too.
const ANONYMOUS: &str = "anonymous:";

/// Somebody, by the profile's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Person(pub(super) String);

/// What somebody does.
#[derive(Debug)]
pub(super) enum Happening {
    Track { name: String, properties: Map<String, Value> },
    Identify { traits: Map<String, Value> },
}

impl Happening {
    /// What it is, in a line.
    pub(super) fn picture(&self) -> String {
        match self {
            Self::Track { name, properties } if properties.is_empty() => name.clone(),
            Self::Track { name, properties } => format!("{name} {}", json!(properties)),
            Self::Identify { traits } => format!("is now {}", json!(traits)),
        }
    }

    /// The call.
    pub(super) fn call(&self, person: &Person, happened: Timestamp) -> Value {
        let mut call = match self {
            Self::Track { name, properties } => json!({"type": "track", "event": name, "properties": properties}),
            Self::Identify { traits } => json!({"type": "identify", "traits": traits}),
        };
        match person.0.strip_prefix(ANONYMOUS) {
            Some(anonymous) => call["anonymousId"] = anonymous.into(),
            None => call["userId"] = person.0.as_str().into(),
        }
        call["timestamp"] = happened.to_string().into();
        call
    }
}

/// A call gets what Segment would have given it: an id of its own, and the moment.
pub(super) fn completed(mut call: Value, number: usize, now: Timestamp) -> Value {
    if let Some(members) = call.as_object_mut() {
        members.entry("messageId").or_insert_with(|| format!("scenario-{number}").into());
        members.entry("timestamp").or_insert_with(|| now.to_string().into());
    }
    call
}
