//! Suspension: a campaign that does nothing but fail is no longer asked, and its tenant is told: in the book of failures, and by a
//! message over the channel `operations` where the tenant connected it. Whoever keeps the campaigns makes it last.

use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::json;
use sha2::{Digest, Sha256};

use super::bookkeeping::failure_row;
use super::roster::Enlisted;
use crate::channels::Addresses;
use crate::domain::{CampaignName, InstructionId, Json, ProfileKey, Revision, TenantId, Timestamp, limits};
use crate::ledger::{Failed, FailureRow};
use crate::outbox::{Entry, Matter};
use crate::store::Row;

/// The tenant's own name for the channel over which it is told about its campaigns.
pub(super) const OPERATIONS: &str = "operations";
/// What the message is, and the failure's kind in the book.
const SUSPENDED: &str = "suspended";

/// How often a revision failed in a row, over all partitions. Once that is too often it stays so.
#[derive(Debug, Default)]
pub struct Streak(AtomicU32);

impl Streak {
    /// Notes how a call ended. True for the call that was the last straw.
    pub(super) fn note(&self, has_failed: bool) -> bool {
        let next = |failures: u32| match failures {
            limits::FAILURES_IN_A_ROW_MAX => None,
            failures if has_failed => Some(failures + 1),
            0 => None,
            _ => Some(0),
        };
        let before = self.0.fetch_update(Ordering::Relaxed, Ordering::Relaxed, next);
        has_failed && before == Ok(limits::FAILURES_IN_A_ROW_MAX - 1)
    }

    pub(super) fn is_over(&self) -> bool {
        self.0.load(Ordering::Relaxed) >= limits::FAILURES_IN_A_ROW_MAX
    }
}

/// A revision of a campaign that is no longer asked, to be made to last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suspension {
    /// Whose it is.
    pub tenant: TenantId,
    /// Which campaign.
    pub campaign: CampaignName,
    /// Which of its revisions.
    pub revision: Revision,
    /// Since when.
    pub at: Timestamp,
    /// Why, in a sentence.
    pub reason: String,
}

impl Suspension {
    pub(super) fn new(key: &ProfileKey, campaign: &Enlisted, (failed, at): (&Failed, Timestamp)) -> Self {
        let reason = format!(
            "revision {} failed {} times in a row, at last with `{}`: {}",
            campaign.revision.0,
            limits::FAILURES_IN_A_ROW_MAX,
            failed.kind,
            failed.message
        );
        let end = reason.floor_char_boundary(limits::REASON_BYTES_MAX);
        let (campaign, revision) = (campaign.name.clone(), campaign.revision);
        Self { tenant: key.tenant.clone(), campaign, revision, at, reason: reason[..end].to_owned() }
    }

    /// For the book of failures.
    pub(super) fn row(&self, key: &ProfileKey, cause: &str) -> Row {
        let next = "publish a mended revision, or have it asked again by `campaign resume`";
        let failed = Failed {
            cause: cause.to_owned(),
            revision: self.revision.0,
            kind: SUSPENDED.to_owned(),
            message: format!("{}; {next}", self.reason),
            backtrace: Vec::new(),
            fuel: 0,
            log: Vec::new(),
        };
        let (at, campaign, profile) = (self.at.as_millis(), self.campaign.to_string(), key.profile.to_string());
        failure_row(key, FailureRow { at, campaign, profile, failed }, &format!("{SUSPENDED} {}", self.campaign))
    }

    /// The message to the tenant. It is in the ledger of the person about whom the campaign failed last, and goes with them.
    pub(super) fn message(&self, key: &ProfileKey, cause: &str) -> Entry {
        let content = json!({
            "title": format!("campaign `{}` is suspended", self.campaign),
            "campaign": self.campaign.as_str(),
            "revision": self.revision.0,
            "since": self.at.to_string(),
            "reason": self.reason,
        });
        Entry {
            id: self.id(key, cause),
            tenant: self.tenant.clone(),
            campaign: self.campaign.clone(),
            revision: self.revision,
            variation: None,
            step: SUSPENDED.to_owned(),
            channel: OPERATIONS.to_owned(),
            matter: Matter::Message,
            profile: key.profile.clone(),
            user_id: None,
            content: Json::from(&content),
            addresses: Addresses::default(),
            promised_at: self.at,
            good_until: self.at,
            expires: None,
            attempts: 0,
            last_error: None,
            dead: None,
        }
    }

    /// The same for the same cause, and no instruction's: those have a number at the end.
    fn id(&self, key: &ProfileKey, cause: &str) -> InstructionId {
        let mut digest = Sha256::new();
        for part in [key.tenant.as_str(), self.campaign.as_str(), key.profile.as_str(), cause, SUSPENDED] {
            digest.update(part.len().to_be_bytes());
            digest.update(part);
        }
        InstructionId::from_digest(digest.finalize().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_failures_in_a_row_count_and_the_last_straw_is_one() {
        let streak = Streak::default();
        for _ in 1..limits::FAILURES_IN_A_ROW_MAX {
            assert!(!streak.note(true));
        }
        assert!(!streak.note(false));
        let straws = (0..2 * limits::FAILURES_IN_A_ROW_MAX).filter(|_| streak.note(true));
        assert_eq!(straws.count(), 1);
        assert!(!streak.note(false));
        assert!(streak.is_over(), "who is suspended is not asked, so a late success changes nothing");
    }
}
