//! What a person said about being written to: for each channel, and for all. The later word counts, and of two words of one
//! moment the stricter.

use std::collections::BTreeMap;

use super::Dated;
use crate::domain::{Consent, EngagementKind, Event, Scope, Timestamp, Wish, limits};

/// The words of one person that count.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Consents {
    pub(super) everything: Option<Dated<Wish>>,
    pub(super) channels: BTreeMap<String, Dated<Wish>>,
}

impl Consents {
    /// Takes in what an event tells: who unsubscribes or complains wants nothing more over that channel.
    pub(super) fn heed(&mut self, event: &Event) {
        for Consent { scope, wish } in &event.facts.consents {
            self.note(scope, Dated { value: *wish, at: event.at });
        }
        let Some(engagement) = &event.engagement else { return };
        if matches!(engagement.kind, EngagementKind::Unsubscribed | EngagementKind::Complained) {
            let scope = Scope::Channel(engagement.channel.clone());
            self.note(&scope, Dated { value: Wish::Unwanted, at: event.at });
        }
    }

    /// Since when messages over `channel` are not wanted.
    pub fn refused(&self, channel: &str) -> Option<Timestamp> {
        self.suppressed().or_else(|| self.channels.get(channel).and_then(refused))
    }

    /// Since when no messages are wanted at all.
    pub fn suppressed(&self) -> Option<Timestamp> {
        self.everything.as_ref().and_then(refused)
    }

    /// The channels that the person left, and when.
    pub fn left(&self) -> impl Iterator<Item = (&str, Timestamp)> {
        self.channels.iter().filter_map(|(channel, said)| Some((channel.as_str(), refused(said)?)))
    }

    /// Takes in what was known of the same person under another id.
    pub(super) fn join(&mut self, other: Self) {
        if let Some(said) = other.everything {
            self.note(&Scope::Everything, said);
        }
        for (channel, said) in other.channels {
            self.note(&Scope::Channel(channel), said);
        }
    }

    fn note(&mut self, scope: &Scope, said: Dated<Wish>) {
        match scope {
            Scope::Everything => {
                let known = self.everything.get_or_insert_with(|| said.clone());
                prevail(known, said);
            }
            Scope::Channel(channel) => {
                prevail(self.channels.entry(channel.clone()).or_insert_with(|| said.clone()), said);
                self.forget();
            }
        }
    }

    fn forget(&mut self) {
        if self.channels.len() > limits::CONSENTS_MAX {
            let least = self.channels.iter().min_by_key(|(channel, said)| (said.value, said.at, *channel));
            let least = least.map(|(channel, _)| channel.clone());
            least.map(|channel| self.channels.remove(&channel));
        }
    }
}

fn prevail(known: &mut Dated<Wish>, said: Dated<Wish>) {
    if (said.at, said.value) > (known.at, known.value) {
        *known = said;
    }
}

fn refused(said: &Dated<Wish>) -> Option<Timestamp> {
    (said.value == Wish::Unwanted).then_some(said.at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn said(value: Wish, ms: i64) -> Dated<Wish> {
        Dated { value, at: Timestamp::from_millis(ms) }
    }

    fn words() -> impl Strategy<Value = Vec<(Scope, Dated<Wish>)>> {
        let scope = prop_oneof![Just(Scope::Everything), "email|push|sms".prop_map(Scope::Channel),];
        let wish = prop_oneof![Just(Wish::Welcome), Just(Wish::Unwanted)];
        prop::collection::vec((scope, wish, 0..8_i64).prop_map(|(scope, wish, ms)| (scope, said(wish, ms))), 0..12)
    }

    fn oracle(words: &[(Scope, Dated<Wish>)], scope: &Scope) -> Option<Wish> {
        let about = words.iter().filter(|(about, _)| about == scope).map(|(_, said)| (said.at, said.value));
        about.max().map(|(_, wish)| wish)
    }

    fn heeded(words: &[(Scope, Dated<Wish>)]) -> Consents {
        let mut consents = Consents::default();
        words.iter().for_each(|(scope, said)| consents.note(scope, said.clone()));
        consents
    }

    proptest! {
        #[test]
        fn the_last_word_counts_however_the_words_come_and_wherever_they_were_kept(words in words(), cut in 0..12_usize) {
            let (one, other) = words.split_at(cut.min(words.len()));
            let (mut joined, mut reversed) = (heeded(one), heeded(other));
            joined.join(heeded(other));
            reversed.join(heeded(one));
            prop_assert_eq!(&joined, &reversed);
            let everything = oracle(&words, &Scope::Everything) == Some(Wish::Unwanted);
            for channel in ["email", "push", "sms"] {
                let own = oracle(&words, &Scope::Channel(channel.to_owned())) == Some(Wish::Unwanted);
                prop_assert_eq!(joined.refused(channel).is_some(), everything || own, "{}", channel);
            }
        }
    }

    #[test]
    fn a_welcome_makes_room_before_a_refusal() {
        let mut consents = Consents::default();
        consents.note(&Scope::Channel("email".into()), said(Wish::Unwanted, 0));
        for n in 0..=limits::CONSENTS_MAX {
            consents.note(&Scope::Channel(format!("channel {n}")), said(Wish::Welcome, 10));
        }
        assert_eq!(consents.channels.len(), limits::CONSENTS_MAX);
        assert!(consents.refused("email").is_some());
    }
}
