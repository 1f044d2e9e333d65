//! Who a person is and what happened to them: pure values, changed by events in the order of when things happened, whatever the
//! order in which they arrive.

mod history;
mod join;
mod record;
mod run;

use std::collections::{BTreeMap, BTreeSet};

use crate::domain::{CampaignName, Change, EngagementKind, Event, Json, ProfileId, Timestamp, limits};

pub use history::History;
pub use join::JoinedTimers;
pub use record::{Kept, RecordError};
pub use run::{Run, TimerEffects};

/// A value, and when it was said: what was said later counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dated<T> {
    /// The value.
    pub value: T,
    /// When it was said.
    pub at: Timestamp,
}

/// One person within a tenant.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Profile {
    /// Events that were applied, duplicates excluded.
    pub events: u64,
    /// When the person was first heard of.
    pub first_seen: Option<Timestamp>,
    /// When the person was last heard of.
    pub last_seen: Option<Timestamp>,
    /// The tenant's own name of the person.
    pub user_id: Option<Dated<String>>,
    /// The last device or browser.
    pub anonymous_id: Option<Dated<String>>,
    /// Other ids that are this person: they moved here, or were told to.
    pub linked: BTreeSet<ProfileId>,
    /// Traits by name.
    pub traits: BTreeMap<String, Dated<Json>>,
    /// Where push messages reach the person.
    pub push_token: Option<Dated<String>>,
    /// Where e-mail reaches the person.
    pub email: Option<Dated<String>>,
    /// The person's time zone.
    pub time_zone: Option<Dated<String>>,
    /// Channels over which the person wants nothing more, and since when.
    pub opted_out: BTreeMap<String, Timestamp>,
    /// What the person did and received.
    pub history: History,
    /// What campaigns wait for and remember, by campaign.
    pub runs: BTreeMap<CampaignName, Run>,
    /// The number of the next row in the person's ledger.
    pub ledger_next: u64,
}

impl Profile {
    /// Takes in what an event tells. Returns the traits that it changed.
    pub fn apply(&mut self, event: &Event) -> Vec<Change> {
        self.events += 1;
        self.first_seen = Some(self.first_seen.map_or(event.at, |seen| seen.min(event.at)));
        self.last_seen = Some(self.last_seen.map_or(event.at, |seen| seen.max(event.at)));
        let identities = &event.identities;
        update(&mut self.user_id, identities.user_id.as_ref(), event.at);
        update(&mut self.anonymous_id, identities.anonymous_id.as_ref(), event.at);
        update(&mut self.email, identities.email.as_ref(), event.at);
        update(&mut self.push_token, event.facts.push_token.as_ref(), event.at);
        update(&mut self.time_zone, event.facts.time_zone.as_ref(), event.at);
        self.history.count(event);
        self.heed(event);
        event.facts.traits.iter().filter_map(|(name, value)| self.set_trait(name, value, event.at)).collect()
    }

    /// Whether messages over `channel` are welcome.
    pub fn reachable(&self, channel: &str) -> bool {
        !self.opted_out.contains_key(channel)
    }

    /// Notes another id of the person. Whether it was new, and there was room for it.
    pub fn link(&mut self, id: &ProfileId) -> bool {
        self.linked.len() < limits::LINKED_IDS_MAX && self.linked.insert(id.clone())
    }

    /// What a campaign waits for and remembers.
    pub fn run_mut(&mut self, campaign: &CampaignName) -> &mut Run {
        self.runs.entry(campaign.clone()).or_default()
    }

    /// Takes the next number of the person's ledger, and says which row has to go for it.
    pub fn next_ledger_row(&mut self) -> (u64, Option<u64>) {
        let number = self.ledger_next;
        self.ledger_next += 1;
        (number, number.checked_sub(limits::LEDGER_ROWS_MAX))
    }

    /// Unsubscribing, complaining and bouncing for good close a channel.
    fn heed(&mut self, event: &Event) {
        let Some(engagement) = &event.engagement else { return };
        if matches!(engagement.kind, EngagementKind::Unsubscribed | EngagementKind::Complained) {
            self.opted_out.entry(engagement.channel.clone()).or_insert(event.at);
        }
    }

    fn set_trait(&mut self, name: &str, value: &Json, at: Timestamp) -> Option<Change> {
        if value.as_str().len() > limits::TRAIT_BYTES_MAX {
            return None;
        }
        let known = self.traits.get(name);
        if known.is_none() && self.traits.len() >= limits::TRAITS_MAX || known.is_some_and(|known| known.at > at) {
            return None;
        }
        let before = self.traits.insert(name.to_owned(), Dated { value: value.clone(), at }).map(|known| known.value);
        let change = Change { subject: name.to_owned(), before, after: Some(value.clone()) };
        (change.before != change.after).then_some(change)
    }
}

fn update(known: &mut Option<Dated<String>>, said: Option<&String>, at: Timestamp) {
    let Some(said) = said else { return };
    if known.as_ref().is_none_or(|known| known.at <= at) {
        *known = Some(Dated { value: said.clone(), at });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Call, Engagement, Identities, MessageId, PersonFacts};

    fn identify(at: i64, plan: &str) -> Event {
        Event {
            id: MessageId::parse(&format!("m{at}")).unwrap(),
            call: Call::Identify,
            name: String::new(),
            at: Timestamp::from_millis(at),
            identities: Identities { user_id: Some("u1".into()), ..Identities::default() },
            facts: PersonFacts {
                traits: vec![("plan".into(), Json::from(&serde_json::json!(plan)))],
                push_token: Some(format!("token-{at}")),
                time_zone: None,
            },
            engagement: None,
            test: false,
            body: Json::from(&serde_json::json!({})),
        }
    }

    #[test]
    fn what_was_said_later_counts_whatever_arrives_first() {
        let mut profile = Profile::default();
        assert_eq!(profile.apply(&identify(20, "Silver")).len(), 1);
        assert_eq!(profile.apply(&identify(10, "Bronze")), []);
        assert_eq!(profile.traits["plan"].value.as_str(), "\"Silver\"");
        assert_eq!(profile.push_token.as_ref().unwrap().value, "token-20");
        assert_eq!(
            (profile.first_seen, profile.last_seen),
            (Some(Timestamp::from_millis(10)), Some(Timestamp::from_millis(20)))
        );
    }

    #[test]
    fn a_trait_that_stays_the_same_is_no_change() {
        let mut profile = Profile::default();
        profile.apply(&identify(10, "Bronze"));
        assert_eq!(profile.apply(&identify(20, "Bronze")), []);
        let changes = profile.apply(&identify(30, "Silver"));
        assert_eq!(changes[0].before.as_ref().unwrap().as_str(), "\"Bronze\"");
    }

    #[test]
    fn who_unsubscribes_from_a_channel_is_reached_over_the_others_only() {
        let mut profile = Profile::default();
        let mut event = identify(10, "Bronze");
        event.engagement = Some(Engagement {
            kind: EngagementKind::Unsubscribed,
            channel: "email".into(),
            campaign: None,
            step: None,
            detail: None,
            by_machine: false,
        });
        profile.apply(&event);
        assert!(!profile.reachable("email"));
        assert!(profile.reachable("push"));
    }

    #[test]
    fn the_number_of_traits_is_bounded() {
        let mut profile = Profile::default();
        for n in 0..=limits::TRAITS_MAX {
            let mut event = identify(10, "Bronze");
            event.facts.traits[0].0 = format!("trait-{n}");
            profile.apply(&event);
        }
        assert_eq!(profile.traits.len(), limits::TRAITS_MAX);
    }
}
