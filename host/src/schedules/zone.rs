//! Time zones, from the database that comes with the program.

use std::sync::LazyLock;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};

use crate::domain::Timestamp;

static DATABASE: LazyLock<TimeZoneDatabase> = LazyLock::new(TimeZoneDatabase::bundled);

/// A wall clock's zone.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Zone(TimeZone);

impl Zone {
    /// The zone of that name.
    pub(super) fn find(name: &str) -> Option<Self> {
        DATABASE.get(name).ok().map(Self)
    }

    pub(super) fn utc() -> Self {
        Self(TimeZone::UTC)
    }

    /// The names of all zones.
    pub(super) fn names() -> impl Iterator<Item = String> {
        DATABASE.available().map(|name| name.to_string())
    }

    /// What the wall clock shows at a moment.
    pub(super) fn civil(&self, moment: Timestamp) -> DateTime {
        let moment = jiff::Timestamp::from_millisecond(moment.as_millis()).unwrap_or(jiff::Timestamp::MAX);
        self.0.to_datetime(moment)
    }

    /// When the wall clock shows this: for the first time, or when it has skipped it. None outside of what a calendar holds.
    pub(super) fn instant(&self, shown: DateTime) -> Option<Timestamp> {
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
}
