//! Wall clocks: time zones, from the database that comes with the program, so that every machine shows the same. Schedules put their moments
//! into them, and the policy finds out whether it is night where somebody lives.

use std::sync::LazyLock;
use std::time::Duration;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::domain::Timestamp;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A wall clock's zone.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Zone(TimeZone);

impl Zone {
    /// The zone of that name.
    pub(crate) fn find(name: &str) -> Option<Self> {
        DATABASE.get(name).ok().map(Self)
    }

    pub(crate) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The names of all zones.
    pub(crate) fn names() -> impl Iterator<Item = String> {
        DATABASE.available().map(|name| name.to_string())
    }

    /// Its name.
    pub(crate) fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    /// What the wall clock shows at a moment.
    pub(crate) fn civil(&self, moment: Timestamp) -> DateTime {
        self.0.to_datetime(instant(moment))
    }

    /// When the wall clock shows this: for the first time, or when it has skipped it. None outside of what a calendar holds.
    pub(crate) fn instant(&self, shown: DateTime) -> Option<Timestamp> {
        let instant = match self.0.to_ambiguous_timestamp(shown).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(shown).ok()?
            }
            AmbiguousOffset::Gap { after, .. } => {
                let before_the_gap = after.to_timestamp(shown).ok()?;
                self.0.following(before_the_gap).next()?.timestamp()
            }
        };
        Some(Timestamp::from_millis(instant.as_millisecond()))
    }

    /// When the wall clock shows this for the second time, because it was put back.
    pub(crate) fn second_instant(&self, shown: DateTime) -> Option<Timestamp> {
        let AmbiguousOffset::Fold { after, .. } = self.0.to_ambiguous_timestamp(shown).offset() else { return None };
        after.to_timestamp(shown).ok().map(|instant| Timestamp::from_millis(instant.as_millisecond()))
    }

    /// When a day begins: at midnight, or at the first moment that is shown after it. For good, where a clock is put back over midnight.
    pub(crate) fn day_begins(&self, day: Date) -> Option<Timestamp> {
        let midnight = day.to_datetime(Time::midnight());
        let is_before = |at: Timestamp| self.civil(at.minus(Duration::from_millis(1))).date() < day;
        self.second_instant(midnight).filter(|second| is_before(*second)).or_else(|| self.instant(midnight))
    }

    /// When the wall clock is put forward or back next.
    pub(crate) fn next_jump(&self, moment: Timestamp) -> Option<Timestamp> {
        let jump = self.0.following(instant(moment)).next()?;
        Some(Timestamp::from_millis(jump.timestamp().as_millisecond()))
    }
}

fn instant(moment: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or(jiff::Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Where a clock is put back over midnight, a day begins for good after it has been shown a second time that it is the day before.
    #[test]
    fn a_day_begins_when_the_day_before_is_not_shown_any_more() {
        for (zone, day, begins) in [
            ("Europe/Berlin", "2026-03-29", "2026-03-28T23:00:00.000Z"),
            // From 00:01 back to 23:01 of the day before.
            ("America/St_Johns", "2008-11-02", "2008-11-02T03:30:00.000Z"),
            // From 01:00 back to 00:00 of the same day.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00.000Z"),
            // From 00:00 to 01:00.
            ("America/Santiago", "2026-09-06", "2026-09-06T04:00:00.000Z"),
            // There was no such day.
            ("Pacific/Apia", "2011-12-30", "2011-12-30T10:00:00.000Z"),
        ] {
            let found = Zone::find(zone).unwrap().day_begins(day.parse().unwrap()).unwrap();
            assert_eq!(found.to_string(), begins, "{zone}");
        }
    }
}
