//! How many entries may be at their providers at one time, and which: an entry has one place or none, a lane has so
//! many, and so has a tenant's channel over all lanes, so that a slow provider leaves room for the others.
//!
//! Within a lane the shares shrink as others come: a tenant may take places while it has fewer than are free, and one of its
//! channels while it has fewer than the tenant may still take. So one tenant with dead providers holds half of a lane at
//! the most, two hold a third each, and whoever comes next finds room: another tenant always, and another channel of the same
//! tenant where it alone floods.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;

use super::health::{Health, Rest};
use super::{Entry, telemetry};
use crate::channels::{Line, Receipt};
use crate::domain::{InstructionId, Signal, TenantId, Timestamp, limits};

/// Why an entry was not dispatched. Its row in the store is untouched: offer it again when there is room.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Declined {
    /// It is with its provider at this moment, or its fate is not committed yet.
    #[error("the entry is under way")]
    UnderWay,
    /// The lane has `limits::DISPATCHED_MAX` entries under way.
    #[error("the lane is full")]
    LaneFull,
    /// The tenant's channel has as many entries under way as it may.
    #[error("the channel is busy")]
    ChannelBusy,
    /// The tenant, or its channel, has its share of the lane; the rest is for others.
    #[error("the tenant's share of the lane is taken")]
    ShareTaken,
    /// The house is being left.
    #[error("the outbox is draining")]
    Draining,
}

/// How much may be under way.
#[derive(Debug, Clone, Copy)]
pub(super) struct Bounds {
    pub(super) per_lane: usize,
    /// When an attempt is broken off.
    pub(super) attempt: Duration,
}

impl Bounds {
    pub(super) const HOUSE: Self = Self { per_lane: limits::DISPATCHED_MAX, attempt: limits::ATTEMPT_BACKSTOP };
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
    per_channel: HashMap<Line, usize>,
    /// Of those that do not do well.
    health: HashMap<Line, Health>,
    lanes: Vec<Taker>,
    /// Wakes the lanes' owners.
    signals: Vec<Arc<Signal>>,
    draining: bool,
}

/// What is taken of one lane, and by whom.
#[derive(Debug, Default)]
struct Taker {
    all: usize,
    per_tenant: HashMap<TenantId, usize>,
    per_channel: HashMap<Line, usize>,
}

impl Taker {
    /// Whether there is one more for that channel, with so many places in all.
    fn has_share(&self, channel: &Line, places: usize) -> bool {
        let of_tenant = self.per_tenant.get(&channel.0).copied().unwrap_or_default();
        let of_channel = self.per_channel.get(channel).copied().unwrap_or_default();
        of_channel < (places - self.all).saturating_sub(of_tenant)
    }

    fn take(&mut self, channel: &Line) {
        self.all += 1;
        *self.per_tenant.entry(channel.0.clone()).or_default() += 1;
        *self.per_channel.entry(channel.clone()).or_default() += 1;
    }

    fn leave(&mut self, channel: &Line) {
        self.all -= 1;
        count_down(&mut self.per_tenant, &channel.0);
        count_down(&mut self.per_channel, channel);
    }
}

/// One less; nothing is remembered of those with none. Returns how many are left.
fn count_down<K: Eq + Hash>(counts: &mut HashMap<K, usize>, key: &K) -> usize {
    let count = counts.get_mut(key).expect("a taken place should be counted");
    *count -= 1;
    let left = *count;
    if left == 0 {
        counts.remove(key);
    }
    left
}

/// An entry's place among those under way; left when dropped. Hold it until the entry's fate is committed, or the row,
/// still due, is dispatched a second time.
#[derive(Debug)]
#[must_use = "dropped before its fate is committed, the entry would be dispatched again"]
pub struct Place {
    places: Arc<Places>,
    lane: LaneNumber,
    keys: Keys,
    /// Places that the channel had when this one was taken.
    channel_max: usize,
}

/// What a place is counted under.
#[derive(Debug)]
struct Keys {
    entry: (TenantId, InstructionId),
    channel: Line,
}

impl Places {
    pub(super) fn new(bounds: Bounds) -> Self {
        Self { bounds, taken: Mutex::default(), all_left: Notify::new() }
    }

    pub(super) fn add_lane(&self, signal: Arc<Signal>) -> LaneNumber {
        let mut taken = self.taken();
        taken.signals.push(signal);
        taken.lanes.push(Taker::default());
        LaneNumber(taken.lanes.len() - 1)
    }

    pub(super) fn room(&self, lane: LaneNumber) -> usize {
        let taken = self.taken();
        if taken.draining { 0 } else { self.bounds.per_lane - taken.lanes[lane.0].all }
    }

    pub(super) fn is_under_way(&self, tenant: &TenantId, id: &InstructionId) -> bool {
        self.taken().entries.contains(&(tenant.clone(), id.clone()))
    }

    /// Until when a line is left alone.
    pub(super) fn rests_until(&self, line: &Line, now: Timestamp) -> Option<Timestamp> {
        self.taken().rest(line, now).map(|rest| rest.until)
    }

    /// The rest that a line has at `now`.
    pub(super) fn rest(&self, line: &Line, now: Timestamp) -> Option<Rest> {
        self.taken().rest(line, now).cloned()
    }

    /// Takes a place for an entry whose channel may have so many.
    pub(super) fn take(
        self: &Arc<Self>,
        lane: LaneNumber,
        entry: &Entry,
        channel_max: usize,
    ) -> Result<Place, Declined> {
        let keys = Keys {
            entry: (entry.tenant.clone(), entry.id.clone()),
            channel: (entry.tenant.clone(), entry.channel.clone()),
        };
        self.taken().take(lane, &keys, self.bounds.per_lane, channel_max)?;
        telemetry::place_taken();
        Ok(Place { places: Arc::clone(self), lane, keys, channel_max })
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

impl Place {
    /// Notes what came of the attempt, for those that follow.
    pub(super) fn note(&self, receipt: &Receipt, now: Timestamp) {
        self.places.taken().note(&self.keys.channel, receipt, now);
    }
}

impl Taken {
    fn take(&mut self, lane: LaneNumber, keys: &Keys, lane_max: usize, channel_max: usize) -> Result<(), Declined> {
        let in_channel = self.per_channel.get(&keys.channel).copied().unwrap_or_default();
        let window = self.health.get(&keys.channel).map_or(channel_max, |health| health.window());
        if self.draining {
            return Err(Declined::Draining);
        }
        if self.entries.contains(&keys.entry) {
            return Err(Declined::UnderWay);
        }
        let taker = &mut self.lanes[lane.0];
        if taker.all >= lane_max {
            return Err(Declined::LaneFull);
        }
        if in_channel >= channel_max.min(window) {
            return Err(Declined::ChannelBusy);
        }
        if !taker.has_share(&keys.channel, lane_max) {
            return Err(Declined::ShareTaken);
        }
        taker.take(&keys.channel);
        self.entries.insert(keys.entry.clone());
        self.per_channel.insert(keys.channel.clone(), in_channel + 1);
        Ok(())
    }

    fn rest(&self, line: &Line, now: Timestamp) -> Option<&Rest> {
        self.health.get(line)?.rest(now)
    }

    fn note(&mut self, line: &Line, receipt: &Receipt, now: Timestamp) {
        let did_rest = self.rest(line, now).is_some();
        let known = self.health.remove(line);
        let did_badly = known.is_some();
        let Some(health) = Health::after(known, receipt, now) else {
            if did_badly {
                // Whoever waits until it does well is told now: who leaves a place from here on knows of nobody who waits.
                self.signals.iter().for_each(|signal| signal.raise());
            }
            return;
        };
        if let Some(Rest { until, .. }) = health.rest(now).filter(|_| !did_rest) {
            let (tenant, channel) = line;
            tracing::warn!(%tenant, channel, %until, "a provider does not answer, or asks for it: it is left alone");
            telemetry::rest_begun();
        }
        self.health.insert(line.clone(), health);
    }

    /// Returns how many are left in the channel.
    fn leave(&mut self, lane: LaneNumber, keys: &Keys) -> usize {
        self.entries.remove(&keys.entry);
        self.lanes[lane.0].leave(&keys.channel);
        count_down(&mut self.per_channel, &keys.channel)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let all_left = {
            let mut taken = self.places.taken();
            let in_channel = taken.leave(self.lane, &self.keys);
            if in_channel + 1 == self.channel_max || taken.health.contains_key(&self.keys.channel) {
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
    use crate::outbox::entry::tests::{entry, second};

    const SMALL: Bounds = Bounds { per_lane: 8, attempt: Duration::ZERO };
    const OF_CHANNEL: usize = 2;

    fn numbered(n: u32, channel: &str) -> Entry {
        let id = InstructionId::parse(&format!("msg_{n:032x}")).unwrap();
        Entry { id, channel: channel.to_owned(), ..entry() }
    }

    #[test]
    fn an_entry_has_one_place_at_a_time() {
        let places = Arc::new(Places::new(SMALL));
        let lane = places.add_lane(Arc::default());
        let place = places.take(lane, &entry(), OF_CHANNEL).unwrap();
        assert!(places.is_under_way(&entry().tenant, &entry().id));
        assert_eq!(places.take(lane, &entry(), OF_CHANNEL).unwrap_err(), Declined::UnderWay);
        drop(place);
        assert!(!places.is_under_way(&entry().tenant, &entry().id));
        assert!(places.take(lane, &entry(), OF_CHANNEL).is_ok());
    }

    #[test]
    fn two_tenants_may_have_the_same_id_under_way() {
        let places = Arc::new(Places::new(SMALL));
        let lane = places.add_lane(Arc::default());
        let _place = places.take(lane, &entry(), OF_CHANNEL).unwrap();
        let other = Entry { tenant: TenantId::parse("other").unwrap(), ..entry() };
        assert!(places.take(lane, &other, OF_CHANNEL).is_ok());
    }

    #[test]
    fn a_busy_channel_leaves_room_for_others() {
        let places = Arc::new(Places::new(SMALL));
        let (lane, other_lane) = (places.add_lane(Arc::default()), places.add_lane(Arc::default()));
        let _first = places.take(lane, &numbered(1, "push"), OF_CHANNEL).unwrap();
        let _second = places.take(other_lane, &numbered(2, "push"), OF_CHANNEL).unwrap();
        assert_eq!(places.take(lane, &numbered(3, "push"), OF_CHANNEL).unwrap_err(), Declined::ChannelBusy);
        assert!(places.take(lane, &numbered(3, "email"), OF_CHANNEL).is_ok());
        let other_tenant = Entry { tenant: TenantId::parse("other").unwrap(), ..numbered(3, "push") };
        assert!(places.take(lane, &other_tenant, OF_CHANNEL).is_ok());
    }

    #[test]
    fn whoever_waits_for_a_busy_channel_hears_when_it_is_not() {
        let places = Arc::new(Places::new(SMALL));
        let signal = Arc::new(Signal::default());
        let (lane, _waiting) = (places.add_lane(Arc::default()), places.add_lane(Arc::clone(&signal)));
        let place = places.take(lane, &numbered(1, "push"), OF_CHANNEL).unwrap();
        let _other = places.take(lane, &numbered(2, "push"), OF_CHANNEL).unwrap();
        drop(place);
        signal.wait(None);
    }

    #[test]
    fn whoever_waits_for_a_line_that_does_not_do_well_hears_when_it_does() {
        let places = Arc::new(Places::new(SMALL));
        let signal = Arc::new(Signal::default());
        let (lane, waiting) = (places.add_lane(Arc::default()), places.add_lane(Arc::clone(&signal)));
        let of_channel = limits::GATHERED_PER_CHANNEL_MAX;
        let place = places.take(lane, &numbered(1, "push"), of_channel).unwrap();
        place.note(&Receipt::Retry { reason: String::new(), after: Some(Duration::from_secs(1)) }, second(100));
        let declined = places.take(waiting, &numbered(2, "push"), of_channel).unwrap_err();
        assert_eq!(declined, Declined::ChannelBusy);
        while !places.taken().health.is_empty() {
            place.note(&Receipt::Accepted { note: None }, second(200));
        }
        signal.wait(None);
        assert!(places.take(waiting, &numbered(2, "push"), of_channel).is_ok());
    }

    #[test]
    fn a_full_lane_leaves_room_in_others() {
        let places = Arc::new(Places::new(SMALL));
        let (lane, other_lane) = (places.add_lane(Arc::default()), places.add_lane(Arc::default()));
        let of = |n: u32| Entry { tenant: TenantId::parse(&format!("t{n}")).unwrap(), ..numbered(n, "push") };
        let mut taken: Vec<_> = (0..8).map(|n| places.take(lane, &of(n), OF_CHANNEL).unwrap()).collect();
        assert_eq!((places.room(lane), places.room(other_lane)), (0, 8));
        assert_eq!(places.take(lane, &of(9), OF_CHANNEL).unwrap_err(), Declined::LaneFull);
        taken.pop();
        assert_eq!(places.room(lane), 1);
        assert!(places.take(lane, &of(9), OF_CHANNEL).is_ok());
    }

    /// Takes all that can be had for that many channels of that many tenants, all of them dead.
    fn flood(places: &Arc<Places>, lane: LaneNumber, (tenants, channels): (u32, u32)) -> Vec<Place> {
        let mut taken = Vec::new();
        for n in 0..20_000 {
            let tenant = TenantId::parse(&format!("dead{}", n % tenants)).unwrap();
            let entry = Entry { tenant, ..numbered(n, &format!("c{}", n / tenants % channels)) };
            taken.extend(places.take(lane, &entry, limits::DISPATCHED_PER_CHANNEL_MAX));
        }
        taken
    }

    #[test]
    fn dead_channels_however_many_leave_room_for_other_tenants_and_for_the_tenants_other_channels() {
        for (tenants, channels) in [(1, 1), (1, 8), (1, 50), (2, 8), (6, 20), (50, 50)] {
            let places = Arc::new(Places::new(Bounds::HOUSE));
            let lane = places.add_lane(Arc::default());
            let taken = flood(&places, lane, (tenants, channels));
            let free = limits::DISPATCHED_MAX - taken.len();
            assert!(free >= limits::DISPATCHED_MAX / (tenants as usize + 1), "{tenants}, {channels}: {free} free");
            let other = Entry { tenant: TenantId::parse("other").unwrap(), ..numbered(99_999, "c0") };
            let _other =
                places.take(lane, &other, limits::DISPATCHED_PER_CHANNEL_MAX).expect("another tenant should find room");
            let alive = Entry { tenant: TenantId::parse("dead0").unwrap(), ..numbered(99_998, "alive") };
            // Beside others like it, a tenant with dead channels holds its own living ones up; nobody else's.
            assert!(
                places.take(lane, &alive, limits::DISPATCHED_PER_CHANNEL_MAX).is_ok() || tenants > 1,
                "{channels} channels"
            );
        }
    }

    #[test]
    fn nothing_is_remembered_of_places_that_were_left() {
        let places = Arc::new(Places::new(SMALL));
        let lane = places.add_lane(Arc::default());
        for n in 0..10 {
            drop(places.take(lane, &numbered(n, &format!("c{n}")), OF_CHANNEL).unwrap());
        }
        let taken = places.taken();
        assert!(taken.entries.is_empty() && taken.per_channel.is_empty());
        let of_lane = &taken.lanes[lane.0];
        assert!(of_lane.all == 0 && of_lane.per_tenant.is_empty() && of_lane.per_channel.is_empty());
    }
}
