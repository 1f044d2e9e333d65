//! The ledger: what was decided about a person and why, what became of it, and why nothing was sent. Written once, read by people, and added
//! up by the reports. Here are its rows and their words; the worker enters them.

mod entries;
mod words;

use serde::{Deserialize, Serialize};

use crate::domain::{InstructionId, Membership, Revision};

pub use entries::{
    Converted, Credit, Credited, Decided, Enrolled, Failed, FailureRow, Fate, Judged, Outcome, Part, Recounted,
    Released, Told,
};
pub(crate) use words::{log_lines, mark_text};

/// What a campaign marks when somebody enters.
const ENTERED: &str = "entered";
/// What stands before the reason of an exit.
const EXITED: &str = "exited: ";
/// What stands before the value of a conversion that a campaign marked.
const CONVERTED: &str = "converted: ";

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
    /// A message that was held was judged anew.
    Released(Released),
    /// The campaign was asked and failed; nothing of what it did counts.
    Failed(Failed),
    /// The campaign would have been asked, but for a reason was not.
    NotAsked {
        /// The cause.
        cause: String,
        /// The reason.
        reason: String,
    },
    /// A message was accepted by its provider.
    Sent(Fate),
    /// An attempt failed; another follows.
    Retried(Fate),
    /// A message was given up.
    Dead(Fate),
    /// It was told what became of a message of the campaign's.
    Told(Told),
    /// The person takes part in the campaign's experiment from now on.
    Enrolled(Enrolled),
    /// The person did what the campaign is for.
    Converted(Converted),
    /// A conversion is credited otherwise than before.
    Credited(Credited),
    /// What the person counts for in the campaign's experiment is corrected.
    Recounted(Recounted),
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

    /// What tells it from a person's other rows. Not when it was: a crash may take a row back that was told elsewhere, and what is
    /// recorded again is recorded at another moment.
    pub(crate) fn mark(&self) -> String {
        let Self { campaign, what, .. } = self;
        match what {
            What::Decided(Decided { cause, .. }) => format!("decided/{campaign}/{cause}"),
            What::Released(Released { judged: Judged { id, verdict, until, .. }, .. }) => {
                format!("released/{id}/{verdict}/{}", until.unwrap_or_default())
            }
            What::Failed(Failed { cause, .. }) => format!("failed/{campaign}/{cause}"),
            What::NotAsked { cause, .. } => format!("not-asked/{campaign}/{cause}"),
            What::Sent(Fate { id, .. }) => format!("sent/{id}"),
            What::Retried(Fate { id, attempts, .. }) => format!("retried/{id}/{attempts}"),
            What::Dead(Fate { id, attempts, .. }) => format!("dead/{id}/{attempts}"),
            What::Told(Told { id, .. }) => format!("told/{campaign}/{id}"),
            What::Enrolled(Enrolled { cause, .. }) => format!("enrolled/{campaign}/{cause}"),
            What::Converted(Converted { id, .. }) => format!("converted/{campaign}/{id}"),
            What::Credited(Credited { cause, id, .. }) => format!("credited/{campaign}/{id}/{cause}"),
            What::Recounted(Recounted { cause, .. }) => format!("recounted/{campaign}/{cause}"),
        }
    }

    /// Why the campaign was asked, or would have been; empty for what became of a message or of a trial.
    pub fn cause(&self) -> &str {
        match &self.what {
            What::Decided(Decided { cause, .. })
            | What::Failed(Failed { cause, .. })
            | What::NotAsked { cause, .. } => cause,
            _ => "",
        }
    }

    /// When it happened, which may be long before it was told and recorded.
    pub fn happened(&self) -> i64 {
        match &self.what {
            What::Told(Told { happened, .. })
            | What::Converted(Converted { happened, .. })
            | What::Credited(Credited { happened, .. }) => *happened,
            _ => self.at,
        }
    }
}

impl What {
    /// Whether a campaign was asked and did nothing, but perhaps for what it remembers.
    pub(crate) fn is_nothing(&self) -> bool {
        let Self::Decided(Decided { verdicts, timers_set, timers_unset, marks, .. }) = self else { return false };
        verdicts.is_empty() && timers_set.is_empty() && timers_unset.is_empty() && marks.is_empty()
    }
}

impl Judged {
    /// It goes out.
    pub(crate) fn sent(id: &InstructionId, step: &str, channel: &str) -> Self {
        let (id, step, channel) = (id.to_string(), step.to_owned(), channel.to_owned());
        Self { id, step, channel, verdict: "send".to_owned(), ..Self::default() }
    }

    /// The same, of a message that changes who is in an audience.
    pub(crate) fn about(self, membership: Option<Membership>) -> Self {
        let sign = |membership: &Membership| if membership.belongs { '+' } else { '-' };
        let audience = membership.map(|membership| format!("{}{}", sign(&membership), membership.audience));
        Self { audience, ..self }
    }

    /// Whether it took the person out of that audience.
    pub(crate) fn ends_membership_of(&self, audience: &str) -> bool {
        self.verdict == "send" && self.audience.as_deref().and_then(|said| said.strip_prefix('-')) == Some(audience)
    }

    /// It was held until now; that revision had instructed it.
    pub(crate) fn released(self, revision: Revision) -> What {
        What::Released(Released { revision: revision.0, variation: None, judged: self })
    }
}

impl Decided {
    /// Whether the campaign marked that somebody entered.
    pub fn has_entered(&self) -> bool {
        self.marks.iter().any(|mark| mark == ENTERED)
    }

    /// Whether the campaign marked that somebody left.
    pub fn has_exited(&self) -> bool {
        self.marks.iter().any(|mark| mark.starts_with(EXITED))
    }

    /// Why it says that somebody left.
    pub(crate) fn exits(&self) -> impl Iterator<Item = &str> {
        self.marks.iter().filter_map(|mark| mark.strip_prefix(EXITED))
    }

    /// What the conversions are worth that the campaign marked.
    pub fn marked_values(&self) -> impl Iterator<Item = f64> {
        self.marks.iter().filter_map(|mark| mark.strip_prefix(CONVERTED)?.parse().ok())
    }
}

#[cfg(test)]
mod tests;
