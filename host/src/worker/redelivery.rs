//! Whether a message may still go out that was promised a while ago: before a later attempt, and before one that was given up is
//! tried again. Pure: who looks beforehand is told the same as who does it.

use super::verdicts::COMPLETED;
use crate::domain::Timestamp;
use crate::ledger::{LedgerRow, What};
use crate::outbox::Entry;
use crate::profiles::Profile;

/// Why a message does not go out any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It is worthless by now.
    Expired {
        /// Since when.
        since: Timestamp,
    },
    /// The person wants nothing over this channel any more.
    Unwanted {
        /// The channel.
        channel: String,
        /// Since when.
        since: Timestamp,
    },
    /// The person left the campaign after it was promised.
    Left {
        /// Why, as the campaign says.
        reason: String,
        /// When.
        at: Timestamp,
    },
}

impl Obstacle {
    /// Its name in answers.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "expired",
            Self::Unwanted { .. } => "unwanted",
            Self::Left { .. } => "left",
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expired { since } => write!(f, "it is worthless since {since}"),
            Self::Unwanted { channel, since } => write!(f, "the person left `{channel}` on {since}"),
            Self::Left { reason, at } => write!(f, "the person left the campaign on {at}: {reason}"),
        }
    }
}

/// What stands against sending the entry at `now` to the person, of whose ledger these are the rows.
pub fn obstacle(entry: &Entry, person: &Profile, rows: &[LedgerRow], now: Timestamp) -> Option<Obstacle> {
    if let Some(since) = entry.expires.filter(|_| entry.is_expired(now)) {
        return Some(Obstacle::Expired { since });
    }
    if let Some(since) = person.consents.refused(&entry.channel) {
        return Some(Obstacle::Unwanted { channel: entry.channel.clone(), since });
    }
    rows.iter().find_map(|row| left(entry, row))
}

/// Who came to the end of the way did not leave it.
fn left(entry: &Entry, row: &LedgerRow) -> Option<Obstacle> {
    let What::Decided(decided) = &row.what else { return None };
    if row.campaign != entry.campaign.as_str() || row.at <= entry.promised_at.as_millis() {
        return None;
    }
    let reason = decided.exits().find(|reason| *reason != COMPLETED)?.to_owned();
    Some(Obstacle::Left { reason, at: Timestamp::from_millis(row.at) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::Addresses;
    use crate::domain::{CampaignName, InstructionId, Json, ProfileId, Revision, TenantId};
    use crate::ledger::Decided;

    fn second(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// Promised at the 1,000th second.
    fn entry() -> Entry {
        Entry {
            id: InstructionId::parse("msg_00112233445566778899aabbccddeeff").unwrap(),
            tenant: TenantId::parse("shop").unwrap(),
            campaign: CampaignName::parse("cart").unwrap(),
            revision: Revision(1),
            variation: None,
            step: "push".to_owned(),
            channel: "push".to_owned(),
            profile: ProfileId::parse("u1").unwrap(),
            user_id: None,
            addresses: Addresses::default(),
            content: Json::parse("{}").unwrap(),
            promised_at: second(1_000),
            good_until: second(1_000),
            expires: None,
            attempts: 1,
            last_error: None,
            dead: None,
        }
    }

    fn exit(campaign: &str, at: i64, reason: &str) -> LedgerRow {
        let decided = Decided { marks: vec![format!("exited: {reason}")], ..Decided::default() };
        LedgerRow { at: at * 1_000, campaign: campaign.to_owned(), what: What::Decided(decided) }
    }

    fn check(entry: &Entry, rows: &[LedgerRow]) -> Option<String> {
        obstacle(entry, &Profile::default(), rows, second(9_000)).map(|obstacle| obstacle.to_string())
    }

    #[test]
    fn what_expired_does_not_go_out() {
        let expiring = |at| Entry { expires: Some(second(at)), ..entry() };
        assert_eq!(check(&expiring(8_999), &[]).unwrap(), "it is worthless since 1970-01-01T02:29:59.000Z");
        assert_eq!(check(&expiring(9_000), &[]), None);
    }

    #[test]
    fn who_left_the_campaign_since_gets_nothing_of_it_and_who_came_to_its_end_does() {
        assert_eq!(
            check(&entry(), &[exit("cart", 1_001, "bought")]).unwrap(),
            "the person left the campaign on 1970-01-01T00:16:41.000Z: bought"
        );
        for other in [exit("cart", 1_000, "bought"), exit("other", 1_001, "bought"), exit("cart", 1_001, "completed")] {
            assert_eq!(check(&entry(), &[other]), None);
        }
    }
}
