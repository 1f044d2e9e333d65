//! What comes again, by the calendar and the clock on the wall; no zone is known here.

use cronexpr::{Crontab, MakeTimestamp};
use jiff::ToSpan;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::TimeZone;

/// Days after which every month and weekday has been there: two months, the longer of them whole.
const DAYS_AHEAD: usize = 63;

/// When something comes, and comes again.
#[derive(Debug, Clone)]
pub(super) enum Rhythm {
    Once(DateTime),
    Daily(Time),
    Weekly(Vec<Weekday>, Time),
    Monthly(Vec<MonthDay>, Time),
    /// Five fields, read as if they stood in UTC.
    Cron(Box<Crontab>),
}

/// A day of the month.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum MonthDay {
    /// This one; in a month that is shorter, its last.
    Number(i8),
    Last,
}

/// Nothing that is written to the minute lies between the two.
pub(super) fn just_before(shown: DateTime) -> DateTime {
    shown.saturating_sub(1.nanosecond())
}

impl Rhythm {
    /// The first after what the clock shows; none when it comes no more.
    pub(super) fn next(&self, shown: DateTime) -> Option<DateTime> {
        match self {
            Self::Once(moment) => Some(*moment).filter(|moment| *moment > shown),
            Self::Cron(crontab) => next_of(crontab, shown),
            Self::Daily(at) | Self::Weekly(_, at) | Self::Monthly(_, at) => {
                let days = std::iter::successors(Some(shown.date()), |day| day.tomorrow().ok());
                let moments = days.take(DAYS_AHEAD).filter(|day| self.is_on(*day)).map(|day| day.to_datetime(*at));
                moments.into_iter().find(|moment| *moment > shown)
            }
        }
    }

    fn is_on(&self, day: Date) -> bool {
        match self {
            Self::Weekly(weekdays, _) => weekdays.contains(&day.weekday()),
            Self::Monthly(days, _) => days.iter().any(|wanted| match wanted {
                MonthDay::Number(number) => day.day() == *number.min(&day.days_in_month()),
                MonthDay::Last => day.day() == day.days_in_month(),
            }),
            Self::Once(_) | Self::Daily(_) | Self::Cron(_) => true,
        }
    }
}

fn next_of(crontab: &Crontab, shown: DateTime) -> Option<DateTime> {
    let moment = TimeZone::UTC.to_timestamp(shown).ok()?;
    // The next whole minute is looked for behind this one's beginning, whatever comes after the comma.
    let next = crontab.find_next(MakeTimestamp(moment)).ok()?.datetime();
    (next > shown).then_some(next)
}
