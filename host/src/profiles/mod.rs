//! Who a person is and what happened to them: pure values, changed by events in the order of when things happened, whatever the
//! order in which they arrive.

mod addresses;
mod consents;
#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod history;
mod interests;
mod items;
mod join;
mod moments;
mod record;
mod repeats;
mod run;
mod sends;
mod swept;
mod trials;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::domain::{CampaignName, Change, Event, Json, KnownBy, Medium, ProfileId, Timestamp, limits};

pub use addresses::Addresses;
pub use consents::Consents;
pub use history::History;
pub use interests::{Interest, Interests};
pub use join::Joined;
pub use record::{Kept, RecordError};
pub use repeats::Repeats;
pub use run::{HOUSE_TIMER, Held, Run, TimerEffects};
pub use sends::{Counted, Sends};
pub use swept::SweepMark;
pub use trials::{Conversion, Credit, Outcome, Recount, Recredit, Share, Touch, Trial};

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
    /// Segment's audiences, and whether the person is in them.
    pub audiences: BTreeMap<String, Dated<bool>>,
    /// Where messages reach the person.
    pub addresses: Addresses,
    /// The person's time zone.
    pub time_zone: Option<Dated<String>>,
    /// What the person said about being written to.
    pub consents: Consents,
    /// Engagements that were told lately.
    pub repeats: Repeats,
    /// What the person did and received.
    pub history: History,
    /// What the person viewed and has in the cart.
    pub interests: Interests,
    /// What campaigns wait for and remember, by campaign.
    pub runs: BTreeMap<CampaignName, Run>,
    /// What a sweep asked last, by campaign.
    pub swept: BTreeMap<CampaignName, SweepMark>,
    /// What campaigns try on the person, by campaign.
    pub trials: BTreeMap<CampaignName, Trial>,
    /// What the person was sent lately, as far as caps count it.
    pub sends: Sends,
    /// The number of the next row in the person's ledger.
    pub ledger_next: u64,
}

/// What keeps messages from somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Obstacle {
    /// The person left the channel, or all, at that moment.
    Left(Timestamp),
    /// The channel's provider needs an address, and none is usable.
    NoAddress,
}

/// What an event came to.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Applied {
    /// Traits that it changed.
    pub changes: Vec<Change>,
    /// It tells of an engagement that was told before: it is counted once, and nobody is asked again.
    pub is_repeated: bool,
}

impl Profile {
    /// Takes in what an event tells.
    pub fn apply(&mut self, event: &Event) -> Applied {
        self.events += 1;
        self.first_seen = Some(self.first_seen.map_or(event.at, |seen| seen.min(event.at)));
        self.last_seen = Some(self.last_seen.map_or(event.at, |seen| seen.max(event.at)));
        let identities = &event.identities;
        update(&mut self.user_id, identities.user_id.as_ref(), event.at);
        update(&mut self.anonymous_id, identities.anonymous_id.as_ref(), event.at);
        update(&mut self.time_zone, event.facts.time_zone.as_ref(), event.at);
        if let Some((audience, is_in)) = &event.facts.audience {
            self.enter(audience, &Dated { value: *is_in, at: event.at });
        }
        self.addresses.heed(event);
        self.consents.heed(event);
        let is_repeated = event.engagement.as_ref().is_some_and(|told| self.repeats.note(told, event.at));
        if !is_repeated {
            self.history.count(event);
        }
        if let Some(items) = &event.facts.items {
            self.interests.apply(items, event.at);
        }
        let changes = event.facts.traits.iter().filter_map(|(name, value)| self.set_trait(name, value, event.at));
        Applied { changes: changes.collect(), is_repeated }
    }

    /// Counts what became of a message, which no call told.
    pub fn note(&mut self, event: &Event) {
        self.history.count(event);
    }

    /// What keeps messages over `channel` from the person, if anything does.
    pub fn obstacle(&self, channel: &str, known_by: KnownBy) -> Option<Obstacle> {
        let has_none = |medium| known_by == KnownBy::Address && self.addresses.usable(medium).is_empty();
        let refused = self.consents.refused(channel).map(Obstacle::Left);
        refused.or_else(|| Medium::of(channel).filter(|medium| has_none(*medium)).map(|_| Obstacle::NoAddress))
    }

    /// What the tenant calls the person, by its last word, where a provider can be told so.
    pub fn told_user_id(&self) -> Option<&str> {
        self.user_id.as_ref().map(|said| said.value.as_str()).filter(|id| id.len() <= limits::PROFILE_ID_BYTES_MAX)
    }

    /// Whether the person is in that audience of Segment's.
    pub fn is_in_audience(&self, name: &str) -> bool {
        self.audiences.get(name).is_some_and(|said| said.value)
    }

    /// What was said later counts.
    fn enter(&mut self, audience: &str, said: &Dated<bool>) {
        let known = self.audiences.get(audience);
        let has_room = known.is_some() || self.audiences.len() < limits::ENGAGE_AUDIENCES_MAX;
        if has_room && known.is_none_or(|known| known.at <= said.at) {
            self.audiences.insert(audience.to_owned(), said.clone());
        }
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

    /// A trait's value; one that was taken away has none.
    pub fn trait_value(&self, name: &str) -> Option<&Json> {
        self.traits.get(name).map(|known| &known.value).filter(|value| value.as_str() != "null")
    }

    /// All traits that are there, as one object.
    pub fn traits_document(&self) -> Json {
        let there = self.traits.iter().filter(|(_, known)| known.value.as_str() != "null");
        let members: Map<String, Value> = there.map(|(name, known)| (name.clone(), known.value.value())).collect();
        Json::from(&Value::Object(members))
    }

    /// A trait that is taken away is remembered as such, so that an older value that comes late does not bring it back.
    fn set_trait(&mut self, name: &str, value: &Json, at: Timestamp) -> Option<Change> {
        if value.as_str().len() > limits::TRAIT_BYTES_MAX {
            return None;
        }
        let known = self.traits.get(name);
        if known.is_none() && self.traits.len() >= limits::TRAITS_MAX || known.is_some_and(|known| known.at > at) {
            return None;
        }
        let before = self.traits.insert(name.to_owned(), Dated { value: value.clone(), at }).map(|known| known.value);
        let is_there = |value: &Json| value.as_str() != "null";
        let (before, after) = (before.filter(is_there), Some(value.clone()).filter(is_there));
        (before != after).then(|| Change { subject: name.to_owned(), before, after })
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
    use proptest::prelude::*;

    struct NoLabels;

    impl Labels for NoLabels {
        fn has(&self, _: &str, _: &str) -> bool {
            false
        }
    }

    use super::*;
    use crate::domain::{Asking, Call, Engagement, EngagementKind, Identities, Labels, Lost, MessageId, PersonFacts};

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
                ..PersonFacts::default()
            },
            engagement: None,
            test: false,
            body: Json::from(&serde_json::json!({})),
        }
    }

    #[test]
    fn what_was_said_later_counts_whatever_arrives_first() {
        let mut profile = Profile::default();
        assert_eq!(profile.apply(&identify(20, "Silver")).changes.len(), 1);
        assert_eq!(profile.apply(&identify(10, "Bronze")).changes, []);
        assert_eq!(profile.traits["plan"].value.as_str(), "\"Silver\"");
        assert_eq!(profile.addresses.usable(Medium::Push)[0], "token-20");
        assert_eq!(
            (profile.first_seen, profile.last_seen),
            (Some(Timestamp::from_millis(10)), Some(Timestamp::from_millis(20)))
        );
    }

    #[test]
    fn a_trait_that_stays_the_same_is_no_change() {
        let mut profile = Profile::default();
        profile.apply(&identify(10, "Bronze"));
        assert_eq!(profile.apply(&identify(20, "Bronze")).changes, []);
        let changes = profile.apply(&identify(30, "Silver")).changes;
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
            dispatch: None,
        });
        profile.apply(&event);
        let at = Timestamp::from_millis(10);
        assert_eq!(profile.obstacle("email", KnownBy::Id), Some(Obstacle::Left(at)));
        assert_eq!(profile.obstacle("push", KnownBy::Id), None);
    }

    #[test]
    fn who_is_in_an_audience_is_what_was_said_last() {
        let mut profile = Profile::default();
        for (at, is_in) in [(20, true), (10, false)] {
            let mut event = identify(at, "Bronze");
            event.facts.audience = Some(("big_spenders".into(), is_in));
            profile.apply(&event);
        }
        assert!(profile.is_in_audience("big_spenders"), "it left before it came");
        assert!(!profile.is_in_audience("other"));
        let mut other = Profile::default();
        let mut event = identify(30, "Bronze");
        event.facts.audience = Some(("big_spenders".into(), false));
        other.apply(&event);
        profile.join(other);
        assert!(!profile.is_in_audience("big_spenders"));
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

    #[test]
    fn a_hard_bounce_closes_the_address_and_a_new_one_opens_the_channel_again() {
        let mut profile = Profile::default();
        let mail = |at: i64, address: &str, kind: Option<EngagementKind>| {
            let mut event = identify(at, "Bronze");
            event.identities.email = Some(address.into());
            event.engagement = kind.map(|kind| Engagement {
                kind,
                channel: "email".into(),
                campaign: None,
                step: None,
                detail: None,
                by_machine: false,
                dispatch: None,
            });
            let lost = Lost { medium: Medium::Email, address: Some(address.into()) };
            event.facts.lost =
                kind.iter().filter(|kind| **kind == EngagementKind::Bounced).map(|_| lost.clone()).collect();
            event
        };
        profile.apply(&mail(10, "old@x", None));
        profile.apply(&mail(20, "old@x", Some(EngagementKind::Bounced)));
        profile.apply(&mail(25, "old@x", None));
        assert_eq!(profile.obstacle("email", KnownBy::Address), Some(Obstacle::NoAddress));
        profile.apply(&mail(30, "new@x", None));
        profile.apply(&mail(40, "old@x", Some(EngagementKind::Bounced)));
        assert_eq!(profile.addresses.usable(Medium::Email), ["new@x"]);
        profile.apply(&mail(50, "old@x", Some(EngagementKind::Delivered)));
        assert_eq!(profile.addresses.usable(Medium::Email), ["new@x", "old@x"], "what came through proves an address");
    }

    #[test]
    fn an_engagement_that_is_told_again_counts_once() {
        let mut profile = Profile::default();
        let mut event = identify(10, "Bronze");
        event.name = "Push Notification Opened".into();
        event.engagement = Some(Engagement {
            kind: EngagementKind::Opened,
            channel: "push".into(),
            campaign: Some("spring".into()),
            step: None,
            detail: None,
            by_machine: false,
            dispatch: None,
        });
        assert!(!profile.apply(&event).is_repeated);
        event.id = MessageId::parse("another").unwrap();
        event.at = Timestamp::from_millis(990);
        assert!(profile.apply(&event).is_repeated);
        let subject = crate::domain::Subject::Event("Push Notification Opened".into());
        let campaign = CampaignName::parse("any").unwrap();
        let asking = Asking { campaign: &campaign, labels: &NoLabels };
        let counted = profile.history.look_up(asking, &subject, None);
        assert_eq!(counted.count, 1);
    }

    proptest! {
        /// Among events in order every change is told; among events in any order, those that were later than all before them.
        #[test]
        fn traits_change_as_the_latest_word_does(words in prop::collection::vec(prop::option::of(0..3_u8), 0..12).prop_flat_map(|words| {
            Just(words.into_iter().enumerate().collect::<Vec<_>>()).prop_shuffle()
        })) {
            let (mut profile, mut latest) = (Profile::default(), None::<(usize, Option<u8>)>);
            for (at, word) in words {
                let mut event = identify(i64::try_from(at).unwrap(), "");
                let value = word.map_or("null".to_owned(), |word| word.to_string());
                event.facts.traits = vec![("plan".into(), Json::parse(&value).unwrap())];
                let changes = profile.apply(&event).changes;
                let before = latest.and_then(|(_, word)| word);
                let text = |word: Option<u8>| word.map(|word| Json::parse(&word.to_string()).unwrap());
                if latest.is_some_and(|(known, _)| known > at) || before == word {
                    prop_assert_eq!(changes, []);
                } else {
                    let change = Change { subject: "plan".into(), before: text(before), after: text(word) };
                    prop_assert_eq!(changes, [change]);
                }
                latest = latest.max(Some((at, word)));
                prop_assert_eq!(profile.trait_value("plan").cloned(), text(latest.and_then(|(_, word)| word)));
            }
        }
    }
}
