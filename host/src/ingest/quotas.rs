//! How much a tenant may send: events and bytes a second, with bursts. A request is let in whole or not at all, and who is over
//! the quota hears when to come back.

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use governor::clock::Clock;
use governor::middleware::NoOpMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::domain::{Stopwatch, TenantId, limits};

/// What every tenant may send.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Events in a second.
    pub events_per_second: NonZeroU32,
    /// Kibibytes in a second.
    pub kibibytes_per_second: NonZeroU32,
}

impl Rates {
    /// The house's own.
    pub const HOUSE: Self = Self {
        events_per_second: NonZeroU32::new(limits::TENANT_EVENTS_PER_SECOND).expect("a quota should let something in"),
        kibibytes_per_second: NonZeroU32::new(limits::TENANT_KIBIBYTES_PER_SECOND)
            .expect("a quota should let something in"),
    };

    /// So many events, and as many bytes for each as the house's own.
    pub fn of_events(events_per_second: NonZeroU32) -> Self {
        let kibibytes = limits::TENANT_KIBIBYTES_PER_SECOND / limits::TENANT_EVENTS_PER_SECOND;
        let kibibytes = NonZeroU32::new(kibibytes).expect("an event should be allowed some bytes");
        Self { events_per_second, kibibytes_per_second: events_per_second.saturating_mul(kibibytes) }
    }
}

/// The tenant is over its quota.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Over {
    /// Of what.
    pub(crate) what: &'static str,
    /// When the same would be let in.
    pub(crate) retry_after: Duration,
}

/// The tenants' quotas.
pub(crate) struct Quotas {
    events: Bucket,
    kibibytes: Bucket,
    asked: AtomicU64,
}

type Bucket = RateLimiter<TenantId, HashMapStateStore<TenantId>, SinceStart, NoOpMiddleware<Duration>>;

impl Quotas {
    pub(crate) fn new(rates: Rates) -> Self {
        let clock = SinceStart(Stopwatch::start());
        Self {
            events: bucket(rates.events_per_second, limits::BATCH_EVENTS_MAX, clock),
            kibibytes: bucket(rates.kibibytes_per_second, limits::BODY_BYTES_MAX >> 10, clock),
            asked: AtomicU64::new(0),
        }
    }

    /// Takes a body's bytes.
    pub(crate) fn take_bytes(&self, tenant: &TenantId, bytes: usize) -> Result<(), Over> {
        if self.asked.fetch_add(1, Ordering::Relaxed) % limits::QUOTA_FORGET_EVERY == limits::QUOTA_FORGET_EVERY - 1 {
            self.events.retain_recent();
            self.kibibytes.retain_recent();
        }
        take(&self.kibibytes, tenant, bytes.div_ceil(1 << 10), "KiB")
    }

    /// Takes a request's events.
    pub(crate) fn take_events(&self, tenant: &TenantId, events: usize) -> Result<(), Over> {
        take(&self.events, tenant, events, "events")
    }
}

/// Its burst lets the largest request in, however small the quota is: else it would never pass.
fn bucket(per_second: NonZeroU32, largest: usize, clock: SinceStart) -> Bucket {
    let burst = per_second.get().saturating_mul(limits::QUOTA_BURST_SECONDS);
    let largest = u32::try_from(largest).expect("a request's bounds should be small numbers");
    let quota = Quota::per_second(per_second).allow_burst(NonZeroU32::new(burst.max(largest)).unwrap_or(per_second));
    RateLimiter::new(quota, HashMapStateStore::default(), clock)
}

fn take(bucket: &Bucket, tenant: &TenantId, amount: usize, what: &'static str) -> Result<(), Over> {
    let Some(amount) = u32::try_from(amount).ok().and_then(NonZeroU32::new) else { return Ok(()) };
    let outcome = bucket.check_key_n(tenant, amount).expect("a burst should be as large as the largest request");
    outcome.map_err(|not_until| {
        let wait = not_until.wait_time_from(bucket.clock().now());
        Over { what, retry_after: wait.min(limits::QUOTA_RETRY_AFTER_MAX) }
    })
}

/// The time since the quotas began, by the clock that only goes forward.
#[derive(Debug, Clone, Copy)]
struct SinceStart(Stopwatch);

impl Clock for SinceStart {
    type Instant = Duration;

    fn now(&self) -> Duration {
        self.0.elapsed()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn quotas(per_second: u32) -> Quotas {
        let per_second = NonZeroU32::new(per_second).unwrap();
        Quotas::new(Rates { events_per_second: per_second, kibibytes_per_second: per_second })
    }

    fn tenant(name: &str) -> TenantId {
        TenantId::parse(name).unwrap()
    }

    #[test]
    fn who_is_over_the_quota_hears_when_to_come_back_and_others_notice_nothing() {
        let quotas = quotas(1);
        assert_eq!(quotas.take_events(&tenant("a"), limits::BATCH_EVENTS_MAX), Ok(()));
        let over = quotas.take_events(&tenant("a"), 30).unwrap_err();
        assert!((20..=30).contains(&over.retry_after.as_secs()), "{over:?}");
        assert_eq!(quotas.take_events(&tenant("b"), 30), Ok(()));
        let over = quotas.take_events(&tenant("a"), 9_999).unwrap_err();
        assert_eq!(over.retry_after, limits::QUOTA_RETRY_AFTER_MAX);
    }

    #[test]
    fn the_largest_request_passes_whatever_the_quota() {
        let quotas = quotas(1);
        assert_eq!(quotas.take_bytes(&tenant("a"), limits::BODY_BYTES_MAX), Ok(()));
        assert_eq!(quotas.take_events(&tenant("a"), limits::BATCH_EVENTS_MAX), Ok(()));
        assert!(quotas.take_bytes(&tenant("a"), 1 << 20).is_err());
        assert_eq!(quotas.take_bytes(&tenant("a"), 0), Ok(()));
    }
}
