//! The ledger: what was decided about a person and why, what became of it, and why nothing was sent. Written once, read by people.

use serde::{Deserialize, Serialize};

use crate::domain::{InstructionId, LogLine, Mark, Outcome, Timestamp};

/// One row. Times are milliseconds since the Unix epoch.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LedgerRow {
    /// When.
    pub at: i64,
    /// Which campaign.
    pub campaign: String,
    /// What is recorded.
    #[serde(flatten)]
    pub what: What,
}

/// What a row records.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum What {
    /// The campaign was asked and answered.
    Decided(Decided),
    /// The campaign was asked and failed; nothing of what it did counts.
    Failed(Failed),
    /// The campaign would have been asked, but for a reason was not.
    NotAsked {
        /// The cause.
        cause: String,
        /// The reason.
        reason: String,
    },
    /// A message that was held was judged anew.
    Released(Judged),
    /// A message was accepted by its provider.
    Sent(Fate),
    /// An attempt failed; another follows.
    Retried(Fate),
    /// A message was given up.
    Dead(Fate),
}

impl LedgerRow {
    /// What tells it from a person's other rows. Not when it was: a crash may take a row back that was told elsewhere, and what is
    /// recorded again is recorded at another moment.
    pub(super) fn mark(&self) -> String {
        let Self { campaign, what, .. } = self;
        match what {
            What::Decided(Decided { cause, .. }) => format!("decided/{campaign}/{cause}"),
            What::Failed(Failed { cause, .. }) => format!("failed/{campaign}/{cause}"),
            What::NotAsked { cause, .. } => format!("not-asked/{campaign}/{cause}"),
            What::Released(Judged { id, verdict, until, .. }) => {
                format!("released/{id}/{verdict}/{}", until.unwrap_or_default())
            }
            What::Sent(Fate { id, .. }) => format!("sent/{id}"),
            What::Retried(Fate { id, attempts, .. }) => format!("retried/{id}/{attempts}"),
            What::Dead(Fate { id, attempts, .. }) => format!("dead/{id}/{attempts}"),
        }
    }
}

impl What {
    /// Whether a campaign was asked and did nothing, but perhaps for what it remembers.
    pub(super) fn is_nothing(&self) -> bool {
        let Self::Decided(Decided { verdicts, timers_set, timers_unset, marks, .. }) = self else { return false };
        verdicts.is_empty() && timers_set.is_empty() && timers_unset.is_empty() && marks.is_empty()
    }
}

/// A decision and its verdicts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the record's own, described in docs/ledger.md")]
pub struct Decided {
    pub cause: String,
    pub revision: u32,
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
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the record's own, described in docs/ledger.md")]
pub struct Judged {
    pub id: String,
    pub step: String,
    pub channel: String,
    pub verdict: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saw: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<i64>,
}

/// A failure, as its owner needs it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the record's own, described in docs/ledger.md")]
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

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "the names are the record's own, described in docs/ledger.md")]
pub struct Fate {
    pub id: String,
    pub step: String,
    pub channel: String,
    pub provider: String,
    pub attempts: u32,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next: Option<i64>,
}

impl LedgerRow {
    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(self).expect("a ledger row should be storable")
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }

    /// What happened, in a line.
    pub fn sentence(&self) -> String {
        match &self.what {
            What::Decided(decided) => decided.sentence(),
            What::Failed(failed) => format!("failed ({}): {}", failed.kind, failed.message),
            What::NotAsked { reason, .. } => format!("not asked: {reason}"),
            What::Released(judged) => judged.sentence(),
            What::Sent(fate) => format!("`{}` went out over {} ({})", fate.step, fate.channel, fate.provider),
            What::Retried(fate) => {
                let next = fate.next.map(Timestamp::from_millis).unwrap_or_default();
                format!("`{}` was not accepted ({}); next attempt {next}", fate.step, fate.reason_text())
            }
            What::Dead(fate) => format!("`{}` was given up: {}", fate.step, fate.reason_text()),
        }
    }

    /// Why the campaign was asked, or would have been; empty for what became of a message.
    pub fn cause(&self) -> &str {
        match &self.what {
            What::Decided(Decided { cause, .. })
            | What::Failed(Failed { cause, .. })
            | What::NotAsked { cause, .. } => cause,
            What::Released(_) | What::Sent(_) | What::Retried(_) | What::Dead(_) => "",
        }
    }
}

impl Decided {
    fn sentence(&self) -> String {
        let verdicts = self.verdicts.iter().map(Judged::sentence);
        let set = self
            .timers_set
            .iter()
            .map(|(name, at)| format!("waits for `{name}` until {}", Timestamp::from_millis(*at)));
        let unset = self.timers_unset.iter().map(|name| format!("no longer waits for `{name}`"));
        let marks = self.marks.iter().filter(|mark| !mark.is_empty()).cloned();
        let parts: Vec<String> = verdicts.chain(set).chain(unset).chain(marks).collect();
        if parts.is_empty() { "nothing to do".to_owned() } else { parts.join("; ") }
    }
}

impl Judged {
    /// It goes out.
    pub(super) fn sent(id: &InstructionId, step: &str, channel: &str) -> Self {
        Self {
            id: id.to_string(),
            step: step.to_owned(),
            channel: channel.to_owned(),
            verdict: "send".to_owned(),
            rule: None,
            saw: None,
            until: None,
        }
    }

    fn sentence(&self) -> String {
        match (&self.rule, &self.saw) {
            (Some(rule), Some(saw)) if let Some(until) = self.until => {
                format!("`{}` is held until {} ({rule}: {saw})", self.step, Timestamp::from_millis(until))
            }
            (Some(rule), Some(saw)) => format!("`{}` is not sent ({rule}: {saw})", self.step),
            _ => format!("`{}` is sent over {}", self.step, self.channel),
        }
    }
}

impl Fate {
    fn reason_text(&self) -> &str {
        self.reason.as_deref().unwrap_or("no reason given")
    }
}

/// A campaign's log, a line each.
pub(super) fn log_lines(outcome: &Outcome) -> Vec<String> {
    outcome.log.iter().map(|LogLine { level, message }| format!("{level}: {message}")).collect()
}

/// A mark, in words.
pub(super) fn mark_text(mark: &Mark) -> String {
    match mark {
        Mark::Entered => "entered".to_owned(),
        Mark::Exited(why) => format!("exited: {why}"),
        Mark::Converted(value) => format!("converted: {value}"),
        Mark::Other(name, value) => format!("{name}: {}", value.as_str()),
    }
}
