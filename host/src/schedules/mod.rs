//! Schedules: when a campaign's moments come. A schedule is parsed once, with errors that name the place and say what would do, and says which
//! occurrence is the next. It is pure: the same schedule and moment give the same answer on every machine, because the time zones
//! come with the program. `docs/schedules.md` is the grammar with its examples, each of which a test runs.
//!
//! Moments are found by the calendar and the clock on the wall, then put into the zone. What a wall clock skips happens
//! when it has skipped it; what it shows twice happens the first time, and once.

#[cfg(any(test, fuzzing))]
pub(crate) mod fuzzing;
mod parse;
mod rhythm;

#[cfg(test)]
mod tests;

use std::time::Duration;

use jiff::civil::DateTime;

use crate::conditions::Condition;
pub use crate::conditions::ConditionError as ScheduleError;
use crate::domain::{Timestamp, limits};
use crate::zones::Zone;
use rhythm::Rhythm;

/// How far the earliest wall clock of all is ahead of UTC.
const EARLIEST_ZONE: Duration = Duration::from_secs(14 * 3600);
/// How far the latest is behind.
const LATEST_ZONE: Duration = Duration::from_secs(12 * 3600);

/// The moments of a campaign.
#[derive(Debug, Clone)]
pub struct Schedule {
    rhythm: Rhythm,
    place: Place,
    from: Option<DateTime>,
    until: Option<DateTime>,
    audience: Option<Audience>,
}

/// Whose wall clock counts.
#[derive(Debug, Clone, PartialEq)]
enum Place {
    Zone(Zone),
    /// Each person's own; of those whose zone is not known, this one.
    Person(Zone),
}

/// Who is asked.
#[derive(Debug, Clone, PartialEq)]
pub enum Audience {
    /// Those of that name.
    Named(String),
    /// Those for whom it holds.
    Condition(Condition),
}

/// One of a schedule's moments.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occurrence {
    /// What names it. In the person's own zone, what the wall clock shows, as if it stood in UTC.
    pub moment: Timestamp,
    /// When it begins: in the person's own zone, where it is earliest.
    pub begins: Timestamp,
}

/// What is due.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Due {
    /// The latest, if it is fresh enough to happen.
    pub occurrence: Option<Occurrence>,
    /// Those before it, the first and the last: they do not happen any more.
    pub missed: Option<(Timestamp, Timestamp)>,
}

impl Schedule {
    /// The first occurrence of what was published then, after the one that was begun last.
    pub fn next(&self, published: Timestamp, begun: Option<Timestamp>) -> Option<Occurrence> {
        let after = match &self.place {
            Place::Zone(_) => published,
            Place::Person(_) => published.minus(LATEST_ZONE),
        };
        self.after(begun.map_or(after, |begun| begun.max(after)))
    }

    /// What has begun by `now`. However long nobody looked, it takes about as long as a day's occurrences.
    pub fn due(&self, published: Timestamp, begun: Option<Timestamp>, now: Timestamp) -> Due {
        let has_begun = |next: &Occurrence| next.begins <= now;
        let Some(first) = self.next(published, begun).filter(has_begun) else { return Due::default() };
        let margin = match &self.place {
            Place::Zone(_) => Duration::ZERO,
            Place::Person(_) => LATEST_ZONE,
        };
        let stale = now.minus(limits::FRESHNESS).minus(margin);
        let (mut last, mut missed) = (first, None);
        if first.moment < stale {
            // A step before: what is just fresh is found, too.
            let before = stale.minus(Duration::from_millis(1));
            missed = Some((first.moment, before));
            match self.after(before).filter(has_begun) {
                Some(fresh) => last = fresh,
                None => return Due { occurrence: None, missed },
            }
        }
        while let Some(next) = self.after(last.moment).filter(has_begun) {
            missed = Some((missed.map_or(last.moment, |(first, _)| first), last.moment));
            last = next;
        }
        Due { occurrence: Some(last), missed }
    }

    /// When an occurrence comes for a person: none where it is everybody's at once.
    pub fn local(&self, moment: Timestamp, zone: Option<&str>) -> Option<Timestamp> {
        let Place::Person(otherwise) = &self.place else { return None };
        let own = zone.and_then(Zone::find);
        own.as_ref().unwrap_or(otherwise).instant(Zone::utc().civil(moment))
    }

    /// Who is asked; everybody where nobody is named.
    pub fn audience(&self) -> Option<&Audience> {
        self.audience.as_ref()
    }

    /// The first occurrence whose moment is after this one.
    fn after(&self, moment: Timestamp) -> Option<Occurrence> {
        let utc = Zone::utc();
        let (zone, ahead) = match &self.place {
            Place::Zone(zone) => (zone, Duration::ZERO),
            Place::Person(_) => (&utc, EARLIEST_ZONE),
        };
        let mut shown = zone.civil(moment);
        if let Some(from) = self.from.filter(|from| shown < *from) {
            shown = rhythm::just_before(from);
        }
        loop {
            shown = self.rhythm.next(shown).filter(|next| self.until.is_none_or(|until| *next <= until))?;
            // What the wall clock shows for the second time has happened.
            if let Some(moment) = zone.instant(shown).filter(|instant| *instant > moment) {
                return Some(Occurrence { moment, begins: moment.minus(ahead) });
            }
        }
    }
}
