//! An entry: a message that the policy let through, or an echo of one, and what was tried so far.

use crate::channels::{Addresses, Message};
use crate::domain::{
    CampaignName, InstructionId, Json, ProfileId, ProfileKey, Revision, TenantId, Timestamp, VariationName,
};

/// A promised message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The same for the same cause and step, and at every attempt.
    pub id: InstructionId,
    /// Whose message it is.
    pub tenant: TenantId,
    /// The campaign that instructed it.
    pub campaign: CampaignName,
    /// The campaign's revision then.
    pub revision: Revision,
    /// What was tried on the person.
    pub variation: Option<VariationName>,
    /// The campaign's step.
    pub step: String,
    /// The channel that the policy chose of those that the campaign named.
    pub channel: String,
    /// What it is.
    pub matter: Matter,
    /// For whom.
    pub profile: ProfileId,
    /// What the tenant called the person last, when it was promised.
    pub user_id: Option<String>,
    /// Where the person could be reached when it was promised.
    pub addresses: Addresses,
    /// What to say.
    pub content: Json,
    /// When it was promised.
    pub promised_at: Timestamp,
    /// Until when the policy's word is good: for an attempt after that it is asked again.
    pub good_until: Timestamp,
    /// Worthless after this moment.
    pub expires: Option<Timestamp>,
    /// Attempts that ended, since it was promised or redelivered.
    pub attempts: u32,
    /// What went wrong with the last attempt.
    pub last_error: Option<String>,
    /// Set once it is a dead letter: nothing is tried any more.
    pub dead: Option<Dead>,
}

/// What an entry is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Matter {
    /// A message to somebody, which a campaign instructed, or to the tenant.
    Message,
    /// What became of one, told to Segment. It happened, whatever became of the campaign since: nobody judges it, it is no row of a ledger
    /// and counts nowhere.
    Echo,
}

/// The end of an entry that was not delivered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dead {
    /// Why.
    pub cause: DeathCause,
    /// Since when.
    pub at: Timestamp,
}

/// Why an entry is a dead letter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeathCause {
    /// It would be worthless at the next attempt.
    Expired,
    /// The provider wants it never.
    Refused,
    /// Every attempt of the ladder failed.
    Exhausted,
    /// Its campaign is archived.
    Withdrawn,
    /// The person does not want it any more.
    Unwanted,
}

impl DeathCause {
    /// Every cause.
    pub const ALL: [Self; 5] = [Self::Expired, Self::Refused, Self::Exhausted, Self::Withdrawn, Self::Unwanted];

    /// The name in records and lists.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expired => "expired",
            Self::Refused => "refused",
            Self::Exhausted => "exhausted",
            Self::Withdrawn => "withdrawn",
            Self::Unwanted => "unwanted",
        }
    }

    /// The cause of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.as_str() == text)
    }
}

/// Why an entry cannot be redelivered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("message `{id}` expired at {expires}: its campaign said that it is worthless since")]
pub struct Expired {
    id: InstructionId,
    expires: Timestamp,
}

impl Entry {
    /// For whom, and of which tenant.
    pub fn owner(&self) -> ProfileKey {
        ProfileKey { tenant: self.tenant.clone(), profile: self.profile.clone() }
    }

    /// Whether it is worthless at `now`. Ask before an attempt: entries wait while the house is down.
    pub fn is_expired(&self, now: Timestamp) -> bool {
        self.expires.is_some_and(|expires| now > expires)
    }

    /// Whether the policy is to be asked again before an attempt at `now`: of what waited for its next one, or while the house was down.
    pub fn is_stale(&self, now: Timestamp) -> bool {
        now > self.good_until
    }

    /// Makes it a dead letter.
    #[must_use]
    pub fn died(self, cause: DeathCause, at: Timestamp) -> Self {
        Self { dead: Some(Dead { cause, at }), ..self }
    }

    /// The entry with a fresh ladder, to be dispatched at `now`: for a dead letter after its cause was mended, and for one
    /// that waits for its next attempt. It keeps its id, so a provider that took it before recognises it.
    pub fn redelivered(self, now: Timestamp) -> Result<Self, Expired> {
        match self.expires {
            Some(expires) if now > expires => Err(Expired { id: self.id, expires }),
            _ => Ok(Self { attempts: 0, dead: None, ..self }),
        }
    }

    /// The message of the attempt that is made at `at`, to a person with these traits.
    pub(super) fn message(&self, at: Timestamp, traits: Option<Json>) -> Message {
        Message {
            id: self.id.clone(),
            tenant: self.tenant.clone(),
            campaign: self.campaign.clone(),
            step: self.step.clone(),
            channel: self.channel.clone(),
            profile: self.profile.clone(),
            user_id: self.user_id.clone(),
            addresses: self.addresses.clone(),
            content: self.content.clone(),
            traits,
            promised_at: self.promised_at,
            at,
            attempt: self.attempts.saturating_add(1),
        }
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::time::Duration;

    use super::*;

    /// An entry that was promised at the 1,000th second and never attempted.
    pub(crate) fn entry() -> Entry {
        Entry {
            id: InstructionId::parse("msg_00112233445566778899aabbccddeeff").unwrap(),
            tenant: TenantId::parse("shop").unwrap(),
            campaign: CampaignName::parse("three-lines").unwrap(),
            revision: Revision(1),
            variation: None,
            step: "push".to_owned(),
            channel: "push".to_owned(),
            matter: Matter::Message,
            profile: ProfileId::parse("u1").unwrap(),
            user_id: None,
            addresses: Addresses { push_tokens: vec!["token-1".to_owned()], ..Addresses::default() },
            content: Json::parse(r#"{"title": "Your cart", "discount": 1.50}"#).unwrap(),
            promised_at: second(1_000),
            good_until: second(1_000),
            expires: None,
            attempts: 0,
            last_error: None,
            dead: None,
        }
    }

    pub(crate) fn second(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    #[test]
    fn a_dead_letter_is_redelivered_with_its_id_and_a_fresh_ladder() {
        let failed = Entry { attempts: 10, last_error: Some("the receiver answered 500".to_owned()), ..entry() };
        let dead = failed.died(DeathCause::Exhausted, second(9_000));
        let again = dead.clone().redelivered(second(9_500)).unwrap();
        assert_eq!((again.attempts, again.dead), (0, None));
        assert_eq!((again.id, again.last_error), (dead.id, dead.last_error));
    }

    #[test]
    fn what_is_worthless_is_not_redelivered() {
        let entry = Entry { expires: Some(second(2_000)), ..entry() };
        assert!(entry.clone().redelivered(second(2_000)).is_ok());
        assert_eq!(
            entry.redelivered(second(2_001)).unwrap_err().to_string(),
            "message `msg_00112233445566778899aabbccddeeff` expired at 1970-01-01T00:33:20.000Z: its campaign said that \
             it is worthless since"
        );
    }

    #[test]
    fn an_entry_is_good_up_to_the_moment_it_expires() {
        let entry = Entry { expires: Some(second(2_000)), ..entry() };
        assert!(!entry.is_expired(second(2_000)));
        assert!(entry.is_expired(second(2_000).plus(Duration::from_millis(1))));
    }

    #[test]
    fn every_cause_of_death_reads_back() {
        for cause in DeathCause::ALL {
            assert_eq!(DeathCause::parse(cause.as_str()), Some(cause));
        }
        assert_eq!(DeathCause::parse("bored"), None);
    }
}
