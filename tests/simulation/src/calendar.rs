//! The run's time: ticks, so that many people share a moment.

use std::time::Duration;

use rekindle::domain::Timestamp;

/// A Monday, 2 March 2026, 00:00 UTC: both of Europe's and of America's clocks are put forward within the month.
pub(crate) const START: Timestamp = Timestamp::from_millis(1_772_409_600_000);
/// Minutes of a tick.
const TICK_MINUTES: u32 = 20;
/// Ticks of an hour and of a day.
pub(crate) const HOUR: u32 = 60 / TICK_MINUTES;
pub(crate) const DAY: u32 = 24 * HOUR;

/// A moment, counted from the start.
pub(crate) type Tick = u32;

/// When that is.
pub(crate) fn moment(tick: Tick) -> Timestamp {
    START.plus(Duration::from_secs(u64::from(tick) * u64::from(TICK_MINUTES) * 60))
}

/// The first tick that is not before a moment.
pub(crate) fn tick_after(moment: Timestamp) -> Tick {
    let seconds = moment.since(START).as_secs_f64();
    (seconds / f64::from(TICK_MINUTES * 60)).ceil() as Tick
}
