//! Where a person can be reached, and by which of it still. Of each address it is known when it was first and last heard of, when
//! it last proved good, and when a provider gave it up; all of these only grow, so whatever arrives first, the end is the same.

use std::collections::BTreeMap;

use crate::domain::{Engagement, EngagementKind, Event, Lost, Medium, Timestamp, limits};

/// The addresses of one person, by kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Addresses(pub(super) BTreeMap<Medium, Book>);

/// The addresses of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Book {
    pub(super) known: BTreeMap<String, Standing>,
    /// When all that were known were given up at once.
    pub(super) all_lost: Option<Timestamp>,
}

/// What is known of one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Standing {
    pub(super) first: Option<Timestamp>,
    /// When the person last had it; a vendor that speaks of an older message does not say so.
    pub(super) last: Option<Timestamp>,
    /// When something last came through.
    pub(super) proven: Option<Timestamp>,
    pub(super) lost: Option<Timestamp>,
}

impl Addresses {
    /// Takes in what an event tells.
    pub(super) fn heed(&mut self, event: &Event) {
        let facts = &event.facts;
        for lost in &facts.lost {
            self.lose(lost, event.at);
        }
        // A device that tells its token has it.
        self.note(Medium::Push, facts.push_token.as_deref(), Standing { proven: Some(event.at), ..heard(event) });
        let standing = |medium| Standing { proven: proof(event, medium), ..heard(event) };
        self.note(Medium::Email, event.identities.email.as_deref(), standing(Medium::Email));
        self.note(Medium::Phone, facts.phone.as_deref(), standing(Medium::Phone));
    }

    /// An address, or all of a kind, reaches nobody since `at`.
    pub fn lose(&mut self, lost: &Lost, at: Timestamp) {
        match &lost.address {
            Some(address) => {
                self.note(lost.medium, Some(address), Standing { lost: Some(at), ..Standing::default() });
            }
            None => {
                let book = self.0.entry(lost.medium).or_default();
                book.all_lost = book.all_lost.max(Some(at));
            }
        }
    }

    /// Those that reach the person, the one that was heard of last first.
    pub fn usable(&self, medium: Medium) -> Vec<&str> {
        let Some(book) = self.0.get(&medium) else { return Vec::new() };
        let mut usable: Vec<_> = book.known.iter().filter(|(_, standing)| book.is_usable(standing)).collect();
        usable.sort_by_key(|(address, standing)| std::cmp::Reverse((standing.rank(), *address)));
        usable.into_iter().map(|(address, _)| address.as_str()).collect()
    }

    /// Those that a provider gave up, and when.
    pub fn lost(&self, medium: Medium) -> impl Iterator<Item = (&str, Timestamp)> {
        let books = self.0.get(&medium).into_iter();
        books.flat_map(|book| {
            let lost = book.known.iter().filter(|(_, standing)| !book.is_usable(standing));
            lost.filter_map(|(address, standing)| Some((address.as_str(), standing.lost.max(book.all_lost)?)))
        })
    }

    /// Takes in what was known of the same person under another id.
    pub(super) fn join(&mut self, other: Self) {
        for (medium, book) in other.0 {
            let own = self.0.entry(medium).or_default();
            own.all_lost = own.all_lost.max(book.all_lost);
            book.known.into_iter().for_each(|(address, standing)| own.note(&address, standing));
        }
    }

    fn note(&mut self, medium: Medium, address: Option<&str>, standing: Standing) {
        if let Some(address) = address {
            self.0.entry(medium).or_default().note(address, standing);
        }
    }
}

impl Book {
    fn note(&mut self, address: &str, standing: Standing) {
        self.known.entry(address.to_owned()).or_default().join(standing);
        if self.known.len() > limits::ADDRESSES_MAX {
            let oldest = self.known.iter().min_by_key(|(address, standing)| (standing.rank(), *address));
            let oldest = oldest.map(|(address, _)| address.clone());
            oldest.map(|address| self.known.remove(&address));
        }
    }

    fn is_usable(&self, standing: &Standing) -> bool {
        let good_since = standing.first.max(standing.proven);
        good_since.is_some() && good_since > standing.lost.max(self.all_lost)
    }
}

impl Standing {
    fn join(&mut self, other: Self) {
        self.first = self.first.into_iter().chain(other.first).min();
        self.last = self.last.max(other.last);
        self.proven = self.proven.max(other.proven);
        self.lost = self.lost.max(other.lost);
    }

    /// How fresh it is.
    fn rank(&self) -> Option<Timestamp> {
        self.last.or(self.first).or(self.lost)
    }
}

/// An address beside an engagement is where the message went, which may not be where the person is now.
fn heard(event: &Event) -> Standing {
    let last = event.engagement.is_none().then_some(event.at);
    Standing { first: Some(event.at), last, ..Standing::default() }
}

/// Something that came through proves the address that it names.
fn proof(event: &Event, medium: Medium) -> Option<Timestamp> {
    let came_through = |engagement: &Engagement| {
        use EngagementKind::{Clicked, Delivered, Opened};
        matches!(engagement.kind, Delivered | Opened | Clicked) && Medium::of(&engagement.channel) == Some(medium)
    };
    event.engagement.as_ref().is_some_and(came_through).then_some(event.at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn hear(addresses: &mut Addresses, token: &str, ms: i64) {
        let heard = Some(at(ms));
        let standing = Standing { first: heard, last: heard, proven: heard, lost: None };
        addresses.note(Medium::Push, Some(token), standing);
    }

    fn lost(address: Option<&str>) -> Lost {
        Lost { medium: Medium::Push, address: address.map(str::to_owned) }
    }

    #[test]
    fn of_several_tokens_the_one_that_is_gone_goes_until_its_device_tells_it_again() {
        let mut addresses = Addresses::default();
        hear(&mut addresses, "phone", 10);
        hear(&mut addresses, "tablet", 20);
        assert_eq!(addresses.usable(Medium::Push), ["tablet", "phone"]);
        addresses.lose(&lost(Some("tablet")), at(30));
        assert_eq!(addresses.usable(Medium::Push), ["phone"]);
        assert_eq!(addresses.lost(Medium::Push).collect::<Vec<_>>(), [("tablet", at(30))]);
        hear(&mut addresses, "tablet", 25);
        assert_eq!(addresses.usable(Medium::Push), ["phone"], "it was heard of before it was given up");
        hear(&mut addresses, "tablet", 40);
        assert_eq!(addresses.usable(Medium::Push), ["tablet", "phone"]);
    }

    #[test]
    fn what_names_no_address_takes_all_that_were_known_by_then() {
        let mut addresses = Addresses::default();
        hear(&mut addresses, "phone", 10);
        addresses.lose(&lost(None), at(20));
        hear(&mut addresses, "old", 15);
        hear(&mut addresses, "new", 25);
        assert_eq!(addresses.usable(Medium::Push), ["new"]);
    }

    #[test]
    fn an_address_that_was_lost_before_it_was_heard_of_stays_lost() {
        let mut addresses = Addresses::default();
        addresses.lose(&lost(Some("phone")), at(20));
        hear(&mut addresses, "phone", 10);
        assert!(addresses.usable(Medium::Push).is_empty());
    }

    #[test]
    fn the_address_that_was_heard_of_longest_ago_makes_room() {
        let mut addresses = Addresses::default();
        let count = i64::try_from(limits::ADDRESSES_MAX).unwrap();
        (0..=count).for_each(|n| hear(&mut addresses, &format!("token {n}"), 100 - n));
        let usable = addresses.usable(Medium::Push);
        assert_eq!((usable.len(), usable[0]), (limits::ADDRESSES_MAX, "token 0"));
        assert!(!usable.contains(&format!("token {count}").as_str()));
    }
}
