//! What a person did and received: how often, first, last, and the recent moments that answer "how often since".

use std::collections::BTreeMap;

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

#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Counter {
    pub(super) count: u32,
    pub(super) first: Timestamp,
    pub(super) last: Timestamp,
    /// The latest moments, ascending, at most `limits::HISTORY_RECENT_MAX`, none older than `limits::HISTORY_RECENT_AGE`.
    pub(super) recent: Vec<Timestamp>,
    /// The latest of the moments that are not remembered any more.
    pub(super) forgotten: Option<Timestamp>,
}

impl History {
    /// Counts an event, and the engagement that it tells of where it was the person's own.
    pub(super) fn count(&mut self, event: &Event) {
        if !event.name.is_empty() {
            self.counter(Key::Event(event.name.clone())).add(event.at);
        }
        if let Some(Engagement { kind, channel, campaign, step, by_machine: false, .. }) = &event.engagement {
            let message = Message { channel: channel.clone(), campaign: campaign.clone(), step: step.clone() };
            self.counter(Key::Engagement(*kind, message)).add(event.at);
        }
    }

    /// How often and when, for the campaign that asks.
    pub fn look_up(&self, asking: Asking<'_>, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        let matching = self.0.iter().filter(|(key, _)| key.is_about(asking, subject)).map(|(_, counter)| counter);
        matching.map(|counter| counter.since(since)).fold(Occurrences::default(), combine)
    }

    /// Every kind of engagement with every message that is told apart, and its moments that are remembered, ascending.
    pub fn engagements(&self) -> impl Iterator<Item = (EngagementKind, MessageSubject<'_>, &[Timestamp])> {
        self.0.iter().filter_map(|(key, counter)| match key {
            Key::Engagement(kind, message) => Some((*kind, message.subject(), counter.recent.as_slice())),
            Key::Event(_) => None,
        })
    }

    pub(super) fn counter(&mut self, key: Key) -> &mut Counter {
        if !self.0.contains_key(&key) && self.0.len() >= limits::HISTORY_SUBJECTS_MAX {
            let quietest = self.0.iter().min_by_key(|(_, counter)| counter.last).map(|(key, _)| key.clone());
            quietest.map(|key| self.0.remove(&key));
        }
        self.0.entry(key).or_default()
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
    /// Counts what another profile of the same person counted.
    pub(super) fn join(&mut self, other: Self) {
        self.first = if self.count == 0 { other.first } else { self.first.min(other.first) };
        self.count = self.count.saturating_add(other.count);
        self.last = self.last.max(other.last);
        self.recent.extend(other.recent);
        self.forgotten = self.forgotten.max(other.forgotten);
        self.recent.sort_unstable();
        self.forget();
    }

    fn add(&mut self, at: Timestamp) {
        self.first = if self.count == 0 { at } else { self.first.min(at) };
        self.last = self.last.max(at);
        self.count = self.count.saturating_add(1);
        let place = self.recent.partition_point(|moment| *moment <= at);
        self.recent.insert(place, at);
        self.forget();
    }

    /// Keeps the moments within their bounds.
    fn forget(&mut self) {
        let oldest = self.last.minus(limits::HISTORY_RECENT_AGE);
        let too_old = self.recent.partition_point(|moment| *moment < oldest);
        let too_many = self.recent.len().saturating_sub(limits::HISTORY_RECENT_MAX);
        self.forgotten = self.forgotten.max(self.recent.drain(..too_old.max(too_many)).next_back());
    }

    fn since(&self, since: Option<Timestamp>) -> Occurrences {
        let Some(since) = since else {
            let (first, last) = (Some(self.first), Some(self.last));
            return Occurrences { count: self.count, first, last, saturated: false };
        };
        let counted = &self.recent[self.recent.partition_point(|moment| *moment < since)..];
        let count = u32::try_from(counted.len()).expect("recent moments should be bounded");
        let saturated = self.forgotten.is_some_and(|forgotten| forgotten >= since);
        Occurrences { count, first: counted.first().copied(), last: counted.last().copied(), saturated }
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

    proptest! {
        #[test]
        fn counting_since_agrees_with_counting_by_hand(moments in prop::collection::vec(0..10_000_i64, 0..200), since in 0..10_000_i64) {
            let mut counter = Counter::default();
            moments.iter().for_each(|ms| counter.add(at(*ms)));
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
        fn a_count_is_exact_or_said_to_be_saturated(moments in prop::collection::vec(0..10_000_i64, 0..600), since in 0..10_000_i64, cut in 0..600_usize) {
            let (one, other) = moments.split_at(cut.min(moments.len()));
            let counted = |moments: &[i64]| {
                let mut counter = Counter::default();
                moments.iter().for_each(|ms| counter.add(at(*ms)));
                counter
            };
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
        let mut counter = Counter::default();
        (0..1_000).for_each(|ms| counter.add(at(ms)));
        assert_eq!(counter.recent.len(), limits::HISTORY_RECENT_MAX);
        counter.add(at(1_000).plus(limits::HISTORY_RECENT_AGE));
        assert_eq!(counter.recent.len(), 1);
        assert_eq!(counter.count, 1_001);
    }

    #[test]
    fn the_quietest_subject_makes_room() {
        let mut history = History::default();
        for n in 0..=limits::HISTORY_SUBJECTS_MAX {
            history.counter(Key::Event(format!("event {n}"))).add(at(1_000 + i64::try_from(n).unwrap()));
        }
        assert_eq!(history.0.len(), limits::HISTORY_SUBJECTS_MAX);
        assert!(!history.0.contains_key(&Key::Event("event 0".into())));
    }
}
