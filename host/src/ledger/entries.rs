//! What stands in the rows, as it is stored. What came later has a default, so that older rows are read as they were.
#![expect(missing_docs, reason = "the names are the record's own, described in docs/ledger.md")]

use serde::{Deserialize, Serialize};

/// A decision and its verdicts.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Decided {
    pub cause: String,
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    /// The share by which the person is held out: then the verdicts are about what would have been sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Judged>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers_set: Vec<(String, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers_unset: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub marks: Vec<String>,
    pub fuel: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// An instruction and what was said to it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Judged {
    pub id: String,
    pub step: String,
    pub channel: String,
    pub verdict: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<String>,
    /// The audience that the person joins or leaves by it: `+` or `-`, and its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audience: Option<String>,
    /// Of a message that is held, until when.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// A held message, and what was said to it when its time had come.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Released {
    #[serde(default)]
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    #[serde(flatten)]
    pub judged: Judged,
}

/// A failure, as its owner needs it.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Failed {
    pub cause: String,
    pub revision: u32,
    pub kind: String,
    pub message: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub backtrace: Vec<String>,
    pub fuel: u64,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub log: Vec<String>,
}

/// A failure in the book of its tenant, for who looks after campaigns and not after one person.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FailureRow {
    /// When, in milliseconds since the Unix epoch.
    pub at: i64,
    /// Which campaign.
    pub campaign: String,
    /// About whom it was asked.
    pub profile: String,
    /// What failed.
    #[serde(flatten)]
    pub failed: Failed,
}

impl FailureRow {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}

/// What became of a message. Of one that was promised before the ledger knew, the revision is 0.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Fate {
    pub id: String,
    pub step: String,
    pub channel: String,
    #[serde(default)]
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    pub provider: String,
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

/// What became of a message of the campaign's, as its provider told. Step and channel are empty where they were not told, or are none of
/// the campaign's: so what is counted is bounded by what campaigns declare.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Told {
    /// The event that told it.
    pub id: String,
    pub kind: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub step: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub channel: String,
    #[serde(default)]
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub by_machine: bool,
    pub happened: i64,
}

/// The beginning of a trial.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Enrolled {
    pub cause: String,
    pub revision: u32,
    /// Which experiment of the campaign's: its salt.
    pub experiment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<String>,
}

/// What somebody did that a campaign is for, all in all, as far as it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    pub conversions: u64,
    pub value_micros: i64,
}

/// A message to which a conversion is credited.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Credit {
    pub step: String,
    pub channel: String,
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
}

/// A conversion. What the person counts for changes from `before` to `after`; where it does not count they are the same.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Converted {
    /// The event that it is.
    pub id: String,
    pub revision: u32,
    pub experiment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<String>,
    pub value_micros: i64,
    pub before: Outcome,
    pub after: Outcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credit: Option<Credit>,
    pub happened: i64,
}

/// A conversion's credit moved, because something was told late or two ids turned out to be one person.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Credited {
    pub cause: String,
    /// The conversion.
    pub id: String,
    pub value_micros: i64,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Credit>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<Credit>,
    /// When the conversion happened.
    pub happened: i64,
}

/// What a person counts for in an experiment.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Part {
    pub experiment: String,
    pub revision: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub variation: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_out: Option<String>,
    #[serde(flatten)]
    pub outcome: Outcome,
}

/// Two ids turned out to be one person: what both counted for is taken back, and what the one counts for is given.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Recounted {
    pub cause: String,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Part>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<Part>,
}
