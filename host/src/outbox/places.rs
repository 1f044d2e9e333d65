//! How many entries may be at their providers at one time, and which: an entry has one place or none, a lane has so
//! many, and so has a tenant's channel over all lanes, so that a slow provider leaves room for the others.

use std::collections::{HashMap, HashSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::{Entry, telemetry};
use crate::domain::{InstructionId, Signal, TenantId, limits};

/// Why an entry was not dispatched. Its row in the store is untouched: offer it again when there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// It is with its provider at this moment, or its fate is not committed yet.
    #[error("the entry is under way")]
    UnderWay,
    /// The lane has `limits::DISPATCHED_MAX` entries under way.
    #[error("the lane is full")]
    LaneFull,
    /// The tenant's channel has `limits::DISPATCHED_PER_CHANNEL_MAX` entries under way.
    #[error("the channel is busy")]
    ChannelBusy,
    /// The house is being left.
    #[error("the outbox is draining")]
    Draining,
}

/// How much may be under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) per_lane: usize,
    pub(super) per_channel: usize,
    /// When an attempt is broken off.
    pub(super) attempt: Duration,
}

impl Bounds {
    pub(super) const HOUSE: Self = Self {
        per_lane: limits::DISPATCHED_MAX,
        per_channel: limits::DISPATCHED_PER_CHANNEL_MAX,
        attempt: limits::ATTEMPT_BACKSTOP,
    };
}

/// A lane's number, good for the `Places` that gave it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LaneNumber(usize);

/// All places.
#[derive(Debug)]
pub(super) struct Places {
    bounds: Bounds,
    taken: Mutex<Taken>,
    /// Told when the last place is left.
    all_left: Notify,
}

#[derive(Debug, Default)]
struct Taken {
    entries: HashSet<(TenantId, InstructionId)>,
    per_channel: HashMap<(TenantId, String), usize>,
    per_lane: Vec<usize>,
    /// Wakes the lanes' owners.
    signals: Vec<Arc<Signal>>,
    draining: bool,
}

/// An entry's place among those under way; left when dropped. Hold it until the entry's fate is committed, or the row,
/// still due, is dispatched a second time.
#[derive(Debug)]
#[must_use = "dropped before its fate is committed, the entry would be dispatched again"]
pub struct Place {
    places: Arc<Places>,
    lane: LaneNumber,
    keys: Keys,
}

/// What a place is counted under.
#[derive(Debug)]
struct Keys {
    entry: (TenantId, InstructionId),
    channel: (TenantId, String),
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, taken: Mutex::default(), all_left: Notify::new() }
    }

    pub(super) fn add_lane(&self, signal: Arc<Signal>) -> LaneNumber {
        let mut taken = self.taken();
        taken.signals.push(signal);
        taken.per_lane.push(0);
        LaneNumber(taken.per_lane.len() - 1)
    }

    pub(super) fn room(&self, lane: LaneNumber) -> usize {
        let taken = self.taken();
        if taken.draining { 0 } else { self.bounds.per_lane - taken.per_lane[lane.0] }
    }

    pub(super) fn is_under_way(&self, tenant: &TenantId, id: &InstructionId) -> bool {
        self.taken().entries.contains(&(tenant.clone(), id.clone()))
    }

    pub(super) fn take(self: &Arc<Self>, lane: LaneNumber, entry: &Entry) -> Result<Place, Declined> {
        let keys = Keys {
            entry: (entry.tenant.clone(), entry.id.clone()),
            channel: (entry.tenant.clone(), entry.channel.clone()),
        };
        self.taken().take(lane, &keys, &self.bounds)?;
        telemetry::place_taken();
        Ok(Place { places: Arc::clone(self), lane, keys })
    }

    /// Gives no more places, and waits until all are left.
    pub(super) async fn drain(&self) {
        self.taken().draining = true;
        loop {
            let all_left = self.all_left.notified();
            if self.taken().entries.is_empty() {
                return;
            }
            all_left.await;
        }
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Taken {
    fn take(&mut self, lane: LaneNumber, keys: &Keys, bounds: &Bounds) -> Result<(), Declined> {
        let in_channel = self.per_channel.get(&keys.channel).copied().unwrap_or_default();
        if self.draining {
            return Err(Declined::Draining);
        }
        if self.entries.contains(&keys.entry) {
            return Err(Declined::UnderWay);
        }
        if self.per_lane[lane.0] >= bounds.per_lane {
            return Err(Declined::LaneFull);
        }
        if in_channel >= bounds.per_channel {
            return Err(Declined::ChannelBusy);
        }
        self.entries.insert(keys.entry.clone());
        self.per_channel.insert(keys.channel.clone(), in_channel + 1);
        self.per_lane[lane.0] += 1;
        Ok(())
    }

    /// Returns how many are left in the channel.
    fn leave(&mut self, lane: LaneNumber, keys: &Keys) -> usize {
        self.entries.remove(&keys.entry);
        self.per_lane[lane.0] -= 1;
        let in_channel = self.per_channel.get_mut(&keys.channel).expect("a taken place should be counted");
        *in_channel -= 1;
        let left = *in_channel;
        if left == 0 {
            self.per_channel.remove(&keys.channel);
        }
        left
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let all_left = {
            let mut taken = self.places.taken();
            let in_channel = taken.leave(self.lane, &self.keys);
            if in_channel + 1 == self.places.bounds.per_channel {
                // It was busy, perhaps to another lane, which nothing else would tell.
                taken.signals.iter().for_each(|signal| signal.raise());
            }
            taken.entries.is_empty()
        };
        telemetry::place_left();
        if all_left {
            self.places.all_left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outbox::entry::tests::entry;

    const SMALL: Bounds = Bounds { per_lane: 3, per_channel: 2, attempt: Duration::ZERO };

    fn numbered(n: u32, channel: &str) -> Entry {
        let id = InstructionId::parse(&format!("msg_{n:032x}")).unwrap();
        Entry { id, channel: channel.to_owned(), ..entry() }
    }

    #[test]
    fn an_entry_has_one_place_at_a_time() {
        let places = Arc::new(Places::new(SMALL));
        let lane = places.add_lane(Arc::default());
        let place = places.take(lane, &entry()).unwrap();
        assert!(places.is_under_way(&entry().tenant, &entry().id));
        assert_eq!(places.take(lane, &entry()).unwrap_err(), Declined::UnderWay);
        drop(place);
        assert!(!places.is_under_way(&entry().tenant, &entry().id));
        assert!(places.take(lane, &entry()).is_ok());
    }

    #[test]
    fn two_tenants_may_have_the_same_id_under_way() {
        let places = Arc::new(Places::new(SMALL));
        let lane = places.add_lane(Arc::default());
        let _place = places.take(lane, &entry()).unwrap();
        let other = Entry { tenant: TenantId::parse("other").unwrap(), ..entry() };
        assert!(places.take(lane, &other).is_ok());
    }

    #[test]
    fn a_busy_channel_leaves_room_for_others() {
        let places = Arc::new(Places::new(SMALL));
        let (lane, other_lane) = (places.add_lane(Arc::default()), places.add_lane(Arc::default()));
        let _first = places.take(lane, &numbered(1, "push")).unwrap();
        let _second = places.take(other_lane, &numbered(2, "push")).unwrap();
        assert_eq!(places.take(lane, &numbered(3, "push")).unwrap_err(), Declined::ChannelBusy);
        assert!(places.take(lane, &numbered(3, "email")).is_ok());
        let other_tenant = Entry { tenant: TenantId::parse("other").unwrap(), ..numbered(3, "push") };
        assert!(places.take(lane, &other_tenant).is_ok());
    }

    #[test]
    fn whoever_waits_for_a_busy_channel_hears_when_it_is_not() {
        let places = Arc::new(Places::new(SMALL));
        let signal = Arc::new(Signal::default());
        let (lane, _waiting) = (places.add_lane(Arc::default()), places.add_lane(Arc::clone(&signal)));
        let place = places.take(lane, &numbered(1, "push")).unwrap();
        let _other = places.take(lane, &numbered(2, "push")).unwrap();
        drop(place);
        signal.wait(None);
    }

    #[test]
    fn a_full_lane_leaves_room_in_others() {
        let places = Arc::new(Places::new(SMALL));
        let (lane, other_lane) = (places.add_lane(Arc::default()), places.add_lane(Arc::default()));
        let mut taken: Vec<_> = (0..3).map(|n| places.take(lane, &numbered(n, &format!("c{n}"))).unwrap()).collect();
        assert_eq!((places.room(lane), places.room(other_lane)), (0, 3));
        assert_eq!(places.take(lane, &numbered(9, "c9")).unwrap_err(), Declined::LaneFull);
        taken.pop();
        assert_eq!(places.room(lane), 1);
        assert!(places.take(lane, &numbered(9, "c9")).is_ok());
    }

    #[test]
    fn nothing_is_remembered_of_places_that_were_left() {
        let places = Arc::new(Places::new(SMALL));
        let lane = places.add_lane(Arc::default());
        for n in 0..10 {
            drop(places.take(lane, &numbered(n, &format!("c{n}"))).unwrap());
        }
        let taken = places.taken();
        assert!(taken.entries.is_empty() && taken.per_channel.is_empty());
    }
}
