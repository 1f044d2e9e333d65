//! How long ago, as people write it: `"7d"`, `"36 hours"`, `"1h 30m"`; a day is 24 hours.

use std::time::Duration;

use jiff::{Span, SpanRelativeTo};

use crate::domain::{Timestamp, limits};

/// Reads a span of time. The error says what would do.
pub(crate) fn read(text: &str) -> Result<Duration, String> {
    let form = || "write a number and a unit: `30m`, `12h`, `7d` or `2w`".to_owned();
    let span: Span = text.parse().map_err(|_| form())?;
    let exact = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| form())?;
    let duration = Duration::try_from(exact).map_err(|_| "a span of time cannot be negative".to_owned())?;
    if duration.is_zero() || duration > limits::CONDITION_SPAN_MAX {
        let days = limits::CONDITION_SPAN_MAX.as_secs() / (24 * 3600);
        return Err(format!("use more than nothing, and at most {days} days"));
    }
    Ok(duration)
}

/// Reads a moment: RFC 3339, or a date, which means its first moment in UTC.
pub(crate) fn moment(text: &str) -> Option<Timestamp> {
    let instant = text.parse::<jiff::Timestamp>().ok().or_else(|| {
        let date: jiff::civil::Date = text.parse().ok()?;
        date.to_zoned(jiff::tz::TimeZone::UTC).ok().map(|zoned| zoned.timestamp())
    })?;
    Some(Timestamp::from_millis(instant.as_millisecond()))
}
