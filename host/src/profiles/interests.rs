//! What a person has to do with items: what was viewed, and what is in the cart. Every moment only ever moves forward, so that
//! events may come late and in any order.

use std::sync::Arc;

use super::items::Items;
use crate::domain::{ItemDeed, ItemFacts, ItemId, Timestamp, limits};

/// Items that the person viewed or put into the cart, by id. Bounded: the one that was quiet for longest goes first.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Interests {
    /// Shared with every copy until one of them changes: most causes leave it as it is.
    pub(super) items: Arc<Items>,
    /// What was put into the cart up to then is in it no more.
    pub(super) emptied: Option<Timestamp>,
}

/// What a person has to do with one item.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Interest {
    /// When it was viewed last.
    pub viewed: Option<Timestamp>,
    /// When it was put into the cart last, or seen there.
    pub carted: Option<Timestamp>,
    /// When it was taken out of the cart last, or bought.
    pub left: Option<Timestamp>,
}

impl Interests {
    /// Takes in what somebody did at a moment.
    pub(super) fn apply(&mut self, facts: &ItemFacts, at: Timestamp) {
        let at = Some(at);
        match facts.deed {
            ItemDeed::Passes => return,
            // Nobody knows what was bought: it was what was in the cart.
            ItemDeed::Buys if facts.items.is_empty() => self.emptied = self.emptied.max(at),
            ItemDeed::ShowsCart => self.emptied = self.emptied.max(at.map(moment_before)),
            _ => {}
        }
        let items = Arc::make_mut(&mut self.items).known_mut();
        for (item, _) in &facts.items {
            let did = match facts.deed {
                ItemDeed::Views => Interest { viewed: at, ..Interest::default() },
                ItemDeed::PutsIntoCart | ItemDeed::ShowsCart => Interest { carted: at, ..Interest::default() },
                ItemDeed::TakesOutOfCart | ItemDeed::Buys | ItemDeed::Passes => {
                    Interest { left: at, ..Interest::default() }
                }
            };
            items.entry(item.clone()).or_default().join(did);
        }
        self.forget();
    }

    /// Takes in what the same person did under another id.
    pub(super) fn join(&mut self, other: Self) {
        self.emptied = self.emptied.max(other.emptied);
        let items = Arc::make_mut(&mut self.items).known_mut();
        for (item, interest) in other.items.known() {
            items.entry(item.clone()).or_default().join(*interest);
        }
        self.forget();
    }

    /// Whether nothing was taken in since one became a copy of the other. That it says no proves nothing.
    pub fn is_untouched(&self, copy: &Self) -> bool {
        Arc::ptr_eq(&self.items, &copy.items) && self.emptied == copy.emptied
    }

    /// What the person has to do with an item: none when nothing, or when that was too long before `now`.
    pub fn of(&self, item: &ItemId, now: Timestamp) -> Option<Interest> {
        self.recent(now).find(|(known, _)| *known == item).map(|(_, interest)| interest)
    }

    /// What is in the cart.
    pub fn cart(&self, now: Timestamp) -> impl Iterator<Item = &ItemId> {
        self.recent(now).filter(|(_, interest)| interest.carted.is_some()).map(|(item, _)| item)
    }

    /// Every item that the person ever had to do with, as far as it is remembered: who is asked when one changes.
    pub fn all(&self) -> impl Iterator<Item = &ItemId> {
        self.every().map(|(item, _)| item)
    }

    /// The same, with what the person has to do with each.
    pub fn every(&self) -> impl Iterator<Item = (&ItemId, Interest)> {
        self.recent(Timestamp::default())
    }

    fn recent(&self, now: Timestamp) -> impl Iterator<Item = (&ItemId, Interest)> {
        let oldest = now.minus(limits::INTEREST_AGE);
        self.items.known().iter().filter_map(move |(item, interest)| Some((item, self.seen(interest, oldest)?)))
    }

    /// The interest as it is, without what is too old and what left the cart.
    fn seen(&self, interest: &Interest, oldest: Timestamp) -> Option<Interest> {
        let out = interest.left.max(self.emptied);
        let viewed = interest.viewed.filter(|at| *at >= oldest);
        let carted = interest.carted.filter(|at| *at >= oldest && Some(*at) > out);
        (viewed.is_some() || carted.is_some()).then_some(Interest { viewed, carted, left: interest.left })
    }

    /// Keeps to the bounds: what is older than the newest by too much, and then what is oldest, goes.
    fn forget(&mut self) {
        let items = Arc::make_mut(&mut self.items).known_mut();
        let newest = items.values().filter_map(Interest::newest).max().unwrap_or_default();
        let oldest = newest.minus(limits::INTEREST_AGE);
        items.retain(|_, interest| interest.newest() >= Some(oldest));
        while items.len() > limits::INTERESTS_MAX {
            let quietest = items.iter().min_by_key(|(_, interest)| interest.newest()).map(|(item, _)| item.clone());
            quietest.map(|item| items.remove(&item));
        }
    }
}

impl Interest {
    fn join(&mut self, other: Self) {
        self.viewed = self.viewed.max(other.viewed);
        self.carted = self.carted.max(other.carted);
        self.left = self.left.max(other.left);
    }

    fn newest(&self) -> Option<Timestamp> {
        self.viewed.max(self.carted).max(self.left)
    }
}

/// What is put into the cart at the very moment at which it is shown is in it.
fn moment_before(at: Timestamp) -> Timestamp {
    Timestamp::from_millis(at.as_millis().saturating_sub(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;

    use super::*;
    use crate::domain::Attributes;

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_millis(ms)
    }

    fn did(deed: ItemDeed, items: &[&str]) -> ItemFacts {
        let items = items.iter().map(|item| (ItemId::parse(item).unwrap(), Attributes::new())).collect();
        ItemFacts { deed, items }
    }

    fn cart(interests: &Interests) -> String {
        interests.cart(at(1_000)).map(ToString::to_string).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_cart_is_what_was_put_into_it_and_did_not_leave_whatever_arrives_first() {
        let mut interests = Interests::default();
        interests.apply(&did(ItemDeed::TakesOutOfCart, &["mug"]), at(20));
        interests.apply(&did(ItemDeed::PutsIntoCart, &["mug"]), at(10));
        interests.apply(&did(ItemDeed::PutsIntoCart, &["hat"]), at(30));
        assert_eq!(cart(&interests), "hat");
        interests.apply(&did(ItemDeed::PutsIntoCart, &["mug"]), at(40));
        assert_eq!(cart(&interests), "hat mug");
        interests.apply(&did(ItemDeed::ShowsCart, &["mug", "pen"]), at(50));
        assert_eq!(cart(&interests), "mug pen");
        interests.apply(&did(ItemDeed::Buys, &["pen"]), at(60));
        assert_eq!(cart(&interests), "mug");
        interests.apply(&did(ItemDeed::Buys, &[]), at(70));
        assert_eq!(cart(&interests), "");
        assert_eq!(interests.all().count(), 0, "nobody viewed anything");
    }

    #[test]
    fn interests_are_bounded_in_number_and_age() {
        let mut interests = Interests::default();
        for number in 0..=limits::INTERESTS_MAX {
            interests.apply(&did(ItemDeed::Views, &[&number.to_string()]), at(i64::try_from(number).unwrap()));
        }
        assert_eq!(interests.all().count(), limits::INTERESTS_MAX);
        assert_eq!(interests.of(&ItemId::parse("0").unwrap(), at(0)), None);
        let later = at(1_000).plus(limits::INTEREST_AGE);
        assert_eq!(interests.of(&ItemId::parse("7").unwrap(), later), None, "too long ago");
        interests.apply(&did(ItemDeed::Views, &["new"]), later);
        assert_eq!(interests.all().count(), 1);
    }

    proptest! {
        #[test]
        fn the_order_of_arrival_and_the_number_of_ids_do_not_matter(
            deeds in prop::collection::vec((select(&ItemDeed::ALL[..]), prop::sample::subsequence(vec!["a", "b", "c"], 0..=3), 0..50_i64, any::<bool>()), 0..20),
        ) {
            let (mut in_order, mut backwards, mut other) = (Interests::default(), Interests::default(), Interests::default());
            for (deed, items, ms, _) in &deeds {
                in_order.apply(&did(*deed, items), at(*ms));
            }
            for (deed, items, ms, is_other) in deeds.iter().rev() {
                let id = if *is_other { &mut other } else { &mut backwards };
                id.apply(&did(*deed, items), at(*ms));
            }
            backwards.join(other);
            prop_assert_eq!(in_order, backwards);
        }
    }
}
