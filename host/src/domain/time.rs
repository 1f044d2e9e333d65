//! Time, passed in: the only file that may look at the machine's clocks.

use std::fmt;
use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime};

use cpu_time::ThreadTime;

/// Milliseconds since the Unix epoch, UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The Unix epoch: before everything that can happen.
    pub const EPOCH: Self = Self(0);

    /// Takes milliseconds since the Unix epoch; a moment before it is the epoch.
    pub const fn from_millis(ms: i64) -> Self {
        Self(if ms < 0 { 0 } else { ms })
    }

    /// Milliseconds since the Unix epoch, never negative.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// The moment that much later.
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(millis(duration)))
    }

    /// The moment that much earlier.
    pub fn minus(self, duration: Duration) -> Self {
        Self(self.0.saturating_sub(millis(duration)).max(0))
    }

    /// How long after `earlier` this is; nothing when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0).max(0).unsigned_abs())
    }
}

fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// RFC 3339 with milliseconds, in UTC.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// Where the house asks for the time.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time now. Never goes back by more than the machine's own clock does.
    fn now(&self) -> Timestamp;

    /// How long a thread may sleep until `moment`, or nothing when only a signal can bring it about.
    fn sleep_until(&self, moment: Timestamp) -> Option<Duration>;

    /// Has the signal raised whenever the time jumps.
    fn raise_on_jump(&self, signal: &Arc<Signal>);
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    fn now(&self) -> Timestamp {
        let since_epoch = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Timestamp(millis(since_epoch))
    }

    fn sleep_until(&self, moment: Timestamp) -> Option<Duration> {
        Some(moment.since(self.now()))
    }

    fn raise_on_jump(&self, _: &Arc<Signal>) {}
}

/// A clock that stands still until it is moved: for tests and the demo only.
#[derive(Debug, Default)]
pub struct ManualClock {
    now_ms: AtomicI64,
    listeners: Mutex<Vec<Arc<Signal>>>,
}

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self { now_ms: AtomicI64::new(start.0), listeners: Mutex::default() }
    }

    /// Moves to `moment`; a moment in the past changes nothing.
    pub fn advance_to(&self, moment: Timestamp) {
        self.now_ms.fetch_max(moment.0, Ordering::SeqCst);
        for signal in self.listeners.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            signal.raise();
        }
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.now_ms.load(Ordering::SeqCst))
    }

    fn sleep_until(&self, moment: Timestamp) -> Option<Duration> {
        (moment <= self.now()).then_some(Duration::ZERO)
    }

    fn raise_on_jump(&self, signal: &Arc<Signal>) {
        self.listeners.lock().unwrap_or_else(PoisonError::into_inner).push(Arc::clone(signal));
    }
}

/// Wakes one thread. Raised while nobody waits, it is remembered.
#[derive(Debug, Default)]
pub struct Signal {
    raised: Mutex<bool>,
    changed: Condvar,
}

impl Signal {
    /// Wakes who waits, or the next to wait.
    pub fn raise(&self) {
        *self.raised.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.changed.notify_one();
    }

    /// Waits until it is raised, for at most `patience`, and lowers it again.
    pub fn wait(&self, patience: Option<Duration>) {
        let raised = self.raised.lock().unwrap_or_else(PoisonError::into_inner);
        let is_low = |raised: &mut bool| !*raised;
        let mut raised = match patience {
            Some(patience) => {
                self.changed.wait_timeout_while(raised, patience, is_low).unwrap_or_else(PoisonError::into_inner).0
            }
            None => self.changed.wait_while(raised, is_low).unwrap_or_else(PoisonError::into_inner),
        };
        *raised = false;
    }
}

/// Measures how long something takes, by the clock that only goes forward.
#[derive(Debug, Clone, Copy)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[expect(clippy::disallowed_methods, reason = "this is the one place")]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// How long it has been.
    pub fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}

/// Measures what this thread does, and not what it waits for while others have the processor.
#[derive(Debug, Clone, Copy)]
pub struct WorkMeter(Duration);

impl WorkMeter {
    /// Starts to measure, on the thread that will ask.
    pub fn start() -> Self {
        Self(ThreadTime::now().as_duration())
    }

    /// What has been done.
    pub fn elapsed(&self) -> Duration {
        ThreadTime::now().as_duration().saturating_sub(self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_reads_like_a_moment() {
        assert_eq!(Timestamp::from_millis(1_767_323_045_678).to_string(), "2026-01-02T03:04:05.678Z");
        assert_eq!(Timestamp::EPOCH.minus(Duration::from_secs(1)), Timestamp::EPOCH);
    }

    #[test]
    fn a_manual_clock_moves_only_when_it_is_moved_and_never_back() {
        let clock = ManualClock::new(Timestamp::from_millis(1_000));
        let signal = Arc::new(Signal::default());
        clock.raise_on_jump(&signal);
        assert_eq!(clock.sleep_until(Timestamp::from_millis(2_000)), None);
        clock.advance_to(Timestamp::from_millis(2_000));
        clock.advance_to(Timestamp::from_millis(500));
        signal.wait(None);
        assert_eq!(clock.now().as_millis(), 2_000);
    }
}
