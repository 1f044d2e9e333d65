//! Whether a message may still go out that was promised a while ago: before a later attempt, and before one that was given up is
//! tried again. Pure: who looks beforehand is told the same as who does it.

use super::verdicts::COMPLETED;
use crate::domain::{Membership, Timestamp};
use crate::ledger::{Judged, LedgerRow, What};
use crate::outbox::{Entry, Matter};
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
    /// The person was taken out of the audience after they were to join it.
    Superseded {
        /// When.
        at: Timestamp,
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
            Self::Superseded { .. } => "superseded",
            Self::Left { .. } => "left",
        }
    }
}

impl std::fmt::Display for Obstacle {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Expired { since } => write!(f, "it is worthless since {since}"),
            Self::Unwanted { channel, since } => write!(f, "the person left `{channel}` on {since}"),
            Self::Superseded { at } => write!(f, "the person was taken out of the audience on {at}"),
            Self::Left { reason, at } => write!(f, "the person left the campaign on {at}: {reason}"),
        }
    }
}

/// What stands against sending the entry at `now` to the person, of whose ledger these are the rows. That something happened stays true.
pub fn obstacle(entry: &Entry, person: &Profile, rows: &[LedgerRow], now: Timestamp) -> Option<Obstacle> {
    if entry.matter == Matter::Echo {
        return None;
    }
    if let Some(since) = entry.expires.filter(|_| entry.is_expired(now)) {
        return Some(Obstacle::Expired { since });
    }
    let membership = Membership::of(&entry.content);
    if membership.as_ref().is_some_and(|membership| !membership.belongs) {
        return None;
    }
    if let Some(since) = person.consents.refused(&entry.channel) {
        return Some(Obstacle::Unwanted { channel: entry.channel.clone(), since });
    }
    let superseded = |row| membership.as_ref().and_then(|membership| superseded(entry, &membership.audience, row));
    rows.iter().find_map(superseded).or_else(|| rows.iter().find_map(|row| left(entry, row)))
}

/// Whichever campaign had the person taken out: it is one audience.
fn superseded(entry: &Entry, audience: &str, row: &LedgerRow) -> Option<Obstacle> {
    let What::Decided(decided) = &row.what else { return None };
    let ends = |judged: &Judged| judged.channel == entry.channel && judged.ends_membership_of(audience);
    let is_later = row.at > entry.promised_at.as_millis();
    (is_later && decided.verdicts.iter().any(ends)).then(|| Obstacle::Superseded { at: Timestamp::from_millis(row.at) })
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
    use crate::domain::{CampaignName, Json};
    use crate::ledger::Decided;
    use crate::outbox::{self, second};

    /// Promised at the 1,000th second.
    fn entry() -> Entry {
        Entry { campaign: CampaignName::parse("cart").unwrap(), ..outbox::entry() }
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
    fn nobody_is_put_back_into_an_audience_that_they_were_taken_out_of() {
        let of = |action: &str| Entry {
            content: Json::from(&serde_json::json!({"action": action, "audience": "carts"})),
            ..entry()
        };
        let taken_out = |at: i64, audience: &str| {
            let content = Json::from(&serde_json::json!({"action": "remove", "audience": audience}));
            let judged = Judged::sent(&entry().id, "out", "push").about(Membership::of(&content));
            let decided = Decided { verdicts: vec![judged], ..Decided::default() };
            LedgerRow { at: at * 1_000, campaign: "other".to_owned(), what: What::Decided(decided) }
        };
        let later = [taken_out(1_001, "carts")];
        assert_eq!(
            check(&of("add"), &later).unwrap(),
            "the person was taken out of the audience on 1970-01-01T00:16:41.000Z"
        );
        for other in [taken_out(999, "carts"), taken_out(1_001, "others")] {
            assert_eq!(check(&of("add"), &[other]), None);
        }
        let left = exit("cart", 1_001, "bought");
        assert_eq!(check(&of("remove"), &[left]), None, "whoever left is taken out all the same");
    }

    #[test]
    fn who_left_the_campaign_since_gets_nothing_of_it_and_who_came_to_its_end_does() {
        assert_eq!(
            check(&entry(), &[exit("cart", 1_001, "bought")]).unwrap(),
            "the person left the campaign on 1970-01-01T00:16:41.000Z: bought"
        );
        let echo = Entry { matter: Matter::Echo, ..entry() };
        assert_eq!(check(&echo, &[exit("cart", 1_001, "bought")]), None);
        for other in [exit("cart", 1_000, "bought"), exit("other", 1_001, "bought"), exit("cart", 1_001, "completed")] {
            assert_eq!(check(&entry(), &[other]), None);
        }
    }
}
