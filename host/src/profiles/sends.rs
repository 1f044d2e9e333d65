//! Messages that count against caps: those that are on their way, and those that a provider accepted lately. They stay packed, as the record has
//! them, until somebody looks: most causes bring no message.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use super::record::{pack_sends, unpack_sends};
use crate::domain::{CampaignName, InstructionId, Timestamp, limits};

/// What a person was sent lately, and is being sent. Bounded: what no cap counts any more is forgotten.
#[derive(Debug, Clone, Default)]
pub struct Sends {
    /// As it was read; none since it changed.
    packed: Option<Arc<[u8]>>,
    known: OnceLock<Arc<BTreeMap<InstructionId, Counted>>>,
}

/// A message that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    /// Whose it is.
    pub campaign: CampaignName,
    /// What it goes over.
    pub channel: Arc<str>,
    /// When its provider accepted it: that moment counts. None while it is on its way.
    pub accepted: Option<Timestamp>,
}

impl Counted {
    /// The moment that counts at `now`: what is on its way may be accepted any time, so it counts always.
    pub fn at(&self, now: Timestamp) -> Timestamp {
        self.accepted.unwrap_or(now)
    }
}

impl Sends {
    /// As a record has them, whose checksum fits.
    pub(super) fn read(packed: &[u8]) -> Self {
        Self { packed: Some(packed.into()), known: OnceLock::new() }
    }

    /// For a record.
    pub(super) fn packed(&self) -> Cow<'_, [u8]> {
        match &self.packed {
            Some(packed) => Cow::Borrowed(packed),
            None => Cow::Owned(pack_sends(self.known())),
        }
    }

    /// A message is on its way from now on. Where as many are on their way as can be remembered, no cap would let it through, and without any
    /// it need not be known.
    pub fn promise(&mut self, id: &InstructionId, campaign: &CampaignName, channel: &str) {
        if self.known().values().filter(|known| known.accepted.is_none()).count() >= limits::SENDS_MAX {
            return;
        }
        let counted = Counted { campaign: campaign.clone(), channel: channel.into(), accepted: None };
        self.change(|known| known.insert(id.clone(), counted));
    }

    /// Its provider accepted a message then. One that does not count stays so.
    pub fn accept(&mut self, id: &InstructionId, at: Timestamp) {
        if self.holds(id) {
            self.change(|known| known.get_mut(id).map(|counted| counted.accepted = Some(at)));
        }
    }

    /// A message reaches nobody: it was refused, expired or was given up, and does not count any more.
    pub fn give_back(&mut self, id: &InstructionId) {
        if self.holds(id) {
            self.change(|known| known.remove(id));
        }
    }

    /// Whether a message is on its way or arrived.
    pub fn holds(&self, id: &InstructionId) -> bool {
        self.known().contains_key(id)
    }

    /// Those that may still count at `now`.
    pub fn lately(&self, now: Timestamp) -> impl Iterator<Item = &Counted> {
        let oldest = now.minus(limits::SENDS_AGE);
        self.known().values().filter(move |counted| counted.at(now) > oldest)
    }

    /// Takes in what the same person was sent under another id.
    pub(super) fn join(&mut self, other: &Self) {
        if other.known().is_empty() {
            return;
        }
        self.change(|known| {
            for (id, counted) in other.known() {
                let ours = known.entry(id.clone()).or_insert_with(|| counted.clone());
                ours.accepted = ours.accepted.max(counted.accepted);
            }
        });
    }

    fn known(&self) -> &BTreeMap<InstructionId, Counted> {
        self.known.get_or_init(|| Arc::new(self.packed.as_deref().map(unpack_sends).unwrap_or_default()))
    }

    fn change<T>(&mut self, change: impl FnOnce(&mut BTreeMap<InstructionId, Counted>) -> T) {
        self.known();
        self.packed = None;
        let known = self.known.get_mut().expect("sends should be known: they were just looked at");
        let known = Arc::make_mut(known);
        change(known);
        forget(known);
    }
}

/// What was accepted too long before the latest goes; then, of too many, the oldest. The judge lets nothing more through while those that
/// are left fill the room, so no cap misses what goes.
fn forget(known: &mut BTreeMap<InstructionId, Counted>) {
    let Some(latest) = known.values().filter_map(|counted| counted.accepted).max() else { return };
    let oldest = latest.minus(limits::SENDS_AGE);
    known.retain(|_, counted| counted.accepted.is_none_or(|at| at > oldest));
    while known.len() > limits::SENDS_MAX {
        let accepted = known.iter().filter_map(|(id, counted)| Some((counted.accepted?, id)));
        let Some(oldest) = accepted.min().map(|(_, id)| id.clone()) else { return };
        known.remove(&oldest);
    }
}

impl PartialEq for Sends {
    fn eq(&self, other: &Self) -> bool {
        (self.packed.is_some() && self.packed == other.packed) || self.known() == other.known()
    }
}

#[cfg(test)]
impl Sends {
    pub(super) fn of(known: BTreeMap<InstructionId, Counted>) -> Self {
        let mut sends = Self::default();
        sends.change(|all| *all = known);
        sends
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    fn id(number: u64) -> InstructionId {
        let mut digest = [0; 32];
        digest[..8].copy_from_slice(&number.to_be_bytes());
        InstructionId::from_digest(digest)
    }

    fn campaign() -> CampaignName {
        CampaignName::parse("cart").unwrap()
    }

    fn day(number: u32) -> Timestamp {
        Timestamp::EPOCH.plus(DAY * number)
    }

    fn accepted(sends: &mut Sends, number: u64, at: Timestamp) {
        sends.promise(&id(number), &campaign(), "email");
        sends.accept(&id(number), at);
    }

    #[test]
    fn what_is_on_its_way_counts_always_and_what_was_accepted_from_then_on() {
        let mut sends = Sends::default();
        sends.promise(&id(1), &campaign(), "email");
        assert_eq!(sends.lately(day(500)).map(|counted| counted.at(day(500))).collect::<Vec<_>>(), [day(500)]);
        sends.accept(&id(1), day(500));
        assert_eq!(sends.lately(day(501)).map(|counted| counted.at(day(501))).collect::<Vec<_>>(), [day(500)]);
        assert_eq!(sends.lately(day(532)).count(), 0);
    }

    #[test]
    fn what_was_refused_is_given_back_and_what_never_counted_does_not_begin_to() {
        let mut sends = Sends::default();
        sends.promise(&id(1), &campaign(), "email");
        sends.give_back(&id(1));
        sends.accept(&id(1), day(1));
        assert!(!sends.holds(&id(1)));
    }

    #[test]
    fn what_no_cap_counts_is_forgotten() {
        let mut sends = Sends::default();
        accepted(&mut sends, 1, day(1));
        accepted(&mut sends, 2, day(32));
        assert!(sends.holds(&id(1)));
        accepted(&mut sends, 3, day(33));
        assert!(!sends.holds(&id(1)) && sends.holds(&id(2)));
    }

    fn sends(ids: Range<u64>) -> impl Strategy<Value = Sends> {
        let deed = (ids, prop::option::of(0..50_u32));
        prop::collection::vec(deed, 0..30).prop_map(|deeds| {
            let mut sends = Sends::default();
            for (number, at) in deeds {
                sends.promise(&id(number), &campaign(), "email");
                at.into_iter().for_each(|at| sends.accept(&id(number), day(at)));
            }
            sends
        })
    }

    fn joined(mut one: Sends, other: &Sends) -> Sends {
        one.join(other);
        one
    }

    proptest! {
        #[test]
        fn whoever_joins_whom_the_same_counts(one in sends(0..40), other in sends(0..40)) {
            prop_assert_eq!(joined(one.clone(), &other), joined(other, &one));
        }

        #[test]
        fn whoever_joins_first_the_same_counts(one in sends(0..20), other in sends(20..40), third in sends(40..60)) {
            let first = joined(joined(one.clone(), &other), &third);
            prop_assert_eq!(first, joined(one, &joined(other, &third)));
        }

        #[test]
        fn what_is_kept_is_bounded_and_nobody_minds_how_it_was_kept(times in prop::collection::vec(0..60_u32, 200..300), cut in 0..200_usize) {
            let all = |times: &[u32], first: usize| {
                let mut sends = Sends::default();
                times.iter().enumerate().for_each(|(number, at)| accepted(&mut sends, (first + number) as u64, day(*at)));
                sends
            };
            let (before, after) = times.split_at(cut);
            let (one, other) = (all(before, 0), all(after, cut));
            let joined = joined(one, &other);
            prop_assert!(joined.lately(Timestamp::EPOCH).count() <= limits::SENDS_MAX);
            let mut latest: Vec<Timestamp> = times.iter().map(|at| day(*at)).collect();
            latest.sort_unstable();
            let oldest = latest[latest.len() - 1].minus(limits::SENDS_AGE);
            let expected: Vec<Timestamp> = latest.into_iter().rev().take(limits::SENDS_MAX).filter(|at| *at > oldest).collect();
            let mut kept: Vec<Timestamp> = joined.known().values().filter_map(|counted| counted.accepted).collect();
            kept.sort_unstable_by(|one, other| other.cmp(one));
            prop_assert_eq!(kept, expected);
        }
    }
}
