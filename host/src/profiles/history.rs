//! What a person did and received: how often, first, last, and the recent moments that answer "how often since".

use std::collections::BTreeMap;

use super::moments::Moments;
use crate::domain::{
    Asking, Engagement, EngagementKind, Event, MessageSubject, Occurrences, Subject, Target, Timestamp, limits,
};

/// Counts by subject. Bounded: the subject that was quiet for longest goes first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct History(pub(super) BTreeMap<Key, Counter>);

/// What is counted apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Key {
    Event(String),
    Engagement(EngagementKind, Message),
}

/// The message that an engagement was with, as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Message {
    pub(super) channel: String,
    pub(super) campaign: Option<String>,
    pub(super) step: Option<String>,
}

/// How often one thing happened: at least once.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Counter {
    pub(super) count: u32,
    pub(super) first: Timestamp,
    /// The last moments, none older than `limits::HISTORY_RECENT_AGE`.
    pub(super) recent: Moments,
    /// The latest of the moments that are not remembered any more.
    pub(super) forgotten: Option<Timestamp>,
}

impl History {
    /// Counts an event, and the engagement that it tells of where it was the person's own.
    pub(super) fn count(&mut self, event: &Event) {
        if !event.name.is_empty() {
            self.add(Key::Event(event.name.clone()), Counter::once(event.at));
        }
        if let Some(Engagement { kind, channel, campaign, step, by_machine: false, .. }) = &event.engagement {
            let message = Message { channel: channel.clone(), campaign: campaign.clone(), step: step.clone() };
            self.add(Key::Engagement(*kind, message), Counter::once(event.at));
        }
    }

    /// How often and when, for the campaign that asks.
    pub fn look_up(&self, asking: Asking<'_>, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        let matching = self.0.iter().filter(|(key, _)| key.is_about(asking, subject)).map(|(_, counter)| counter);
        matching.map(|counter| counter.since(since)).fold(Occurrences::default(), combine)
    }

    /// Every kind of engagement with every message that is told apart, and its moments that are remembered, the latest first.
    pub fn engagements(
        &self,
    ) -> impl Iterator<Item = (EngagementKind, MessageSubject<'_>, impl Iterator<Item = Timestamp>)> {
        self.0.iter().filter_map(|(key, counter)| match key {
            Key::Engagement(kind, message) => Some((*kind, message.subject(), counter.recent.iter())),
            Key::Event(_) => None,
        })
    }

    /// Adds what was counted apart.
    pub(super) fn add(&mut self, key: Key, counter: Counter) {
        if let Some(known) = self.0.get_mut(&key) {
            known.join(counter);
            return;
        }
        if self.0.len() >= limits::HISTORY_SUBJECTS_MAX {
            let quietest = self.0.iter().min_by_key(|(_, counter)| counter.last()).map(|(key, _)| key.clone());
            quietest.map(|key| self.0.remove(&key));
        }
        self.0.insert(key, counter);
    }
}

impl Key {
    fn is_about(&self, asking: Asking<'_>, subject: &Subject) -> bool {
        match (self, subject) {
            (Self::Event(name), Subject::Event(asked)) => name == asked,
            (Self::Engagement(kind, message), Subject::Engagement(asked, target)) => {
                kind == asked && message.is_of(asking, target)
            }
            _ => false,
        }
    }
}

impl Message {
    fn is_of(&self, asking: Asking<'_>, target: &Target) -> bool {
        target.covers(asking, self.subject())
    }

    fn subject(&self) -> MessageSubject<'_> {
        MessageSubject { channel: &self.channel, campaign: self.campaign.as_deref(), step: self.step.as_deref() }
    }
}

impl Counter {
    /// It happened.
    fn once(at: Timestamp) -> Self {
        Self { count: 1, first: at, recent: Moments::only(at), forgotten: None }
    }

    fn last(&self) -> Timestamp {
        self.recent.latest()
    }

    /// Takes in what was counted apart.
    fn join(&mut self, other: Self) {
        self.count = self.count.saturating_add(other.count);
        self.first = self.first.min(other.first);
        self.recent.join(&other.recent);
        let forgotten = self.recent.forget(self.last().minus(limits::HISTORY_RECENT_AGE));
        self.forgotten = self.forgotten.max(other.forgotten).max(forgotten);
    }

    fn since(&self, since: Option<Timestamp>) -> Occurrences {
        let Some(since) = since else {
            let (first, last) = (Some(self.first), Some(self.last()));
            return Occurrences { count: self.count, first, last, saturated: false };
        };
        let saturated = self.forgotten.is_some_and(|forgotten| forgotten >= since);
        let counted = self.recent.iter().take_while(|moment| *moment >= since);
        counted.fold(Occurrences { saturated, ..Occurrences::default() }, |counted, at| Occurrences {
            count: counted.count + 1,
            first: Some(at),
            last: counted.last.or(Some(at)),
            ..counted
        })
    }
}

fn combine(sum: Occurrences, part: Occurrences) -> Occurrences {
    Occurrences {
        count: sum.count.saturating_add(part.count),
        first: [sum.first, part.first].into_iter().flatten().min(),
        last: [sum.last, part.last].into_iter().flatten().max(),
        saturated: sum.saturated || part.saturated,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn counted(moments: &[i64]) -> Counter {
        let mut counter = Counter::once(at(moments[0]));
        moments[1..].iter().for_each(|ms| counter.join(Counter::once(at(*ms))));
        counter
    }

    proptest! {
        #[test]
        fn counting_since_agrees_with_counting_by_hand(moments in prop::collection::vec(0..10_000_i64, 1..200), since in 0..10_000_i64) {
            let counter = counted(&moments);
            let by_hand: Vec<i64> = moments.iter().copied().filter(|ms| *ms >= since).collect();
            let expected = Occurrences {
                count: u32::try_from(by_hand.len()).unwrap(),
                first: by_hand.iter().min().copied().map(at),
                last: by_hand.iter().max().copied().map(at),
                saturated: false,
            };
            prop_assert_eq!(counter.since(Some(at(since))), expected);
        }

        /// However they come, and wherever they were counted.
        #[test]
        fn a_count_is_exact_or_said_to_be_saturated(moments in prop::collection::vec(0..10_000_i64, 1..600), since in 0..10_000_i64, cut in 1..600_usize) {
            let (one, other) = moments.split_at(cut.min(moments.len()));
            let mut joined = counted(one);
            if !other.is_empty() {
                joined.join(counted(other));
            }
            let answer = joined.since(Some(at(since)));
            let by_hand = moments.iter().filter(|ms| **ms >= since).count();
            prop_assert_eq!(answer.saturated, by_hand > limits::HISTORY_RECENT_MAX);
            prop_assert_eq!(answer.count as usize, by_hand.min(limits::HISTORY_RECENT_MAX));
            prop_assert_eq!(joined, counted(&moments));
        }
    }

    #[test]
    fn recent_moments_are_bounded_in_number_and_age() {
        let mut counter = counted(&(0..1_000).collect::<Vec<_>>());
        assert_eq!(counter.recent.iter().count(), limits::HISTORY_RECENT_MAX);
        counter.join(Counter::once(at(1_000).plus(limits::HISTORY_RECENT_AGE)));
        assert_eq!(counter.recent.iter().count(), 1);
        assert_eq!(counter.count, 1_001);
    }

    #[test]
    fn the_quietest_subject_makes_room() {
        let mut history = History::default();
        for n in 0..=limits::HISTORY_SUBJECTS_MAX {
            history.add(Key::Event(format!("event {n}")), Counter::once(at(1_000 + i64::try_from(n).unwrap())));
        }
        assert_eq!(history.0.len(), limits::HISTORY_SUBJECTS_MAX);
        assert!(!history.0.contains_key(&Key::Event("event 0".into())));
    }
}
