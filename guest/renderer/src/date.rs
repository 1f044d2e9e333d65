//! The filter `date`. There is no clock here, so `now` and `today` are the message's moment. The library's own reads few forms of moments,
//! not that of events among them, and compiles a pattern for each that it reads.

use jiff::civil::Time;
use jiff::fmt::strtime;
use jiff::fmt::temporal::Pieces;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, Zoned};
use liquid_core::model::Scalar;
use liquid_core::{
    Display_filter, Error, Expression, Filter, FilterParameters, FilterReflection, FromFilterParameters, ParseFilter,
    Result, Runtime, Value, ValueView,
};

/// The variable that holds the moment.
const NOW: &str = "now";

#[derive(Debug, FilterParameters)]
struct DateArgs {
    #[parameter(description = "how it is written, as `strftime` has it", arg_type = "str")]
    format: Expression,
}

/// Writes a moment. What is none is written as it is.
#[derive(Clone, ParseFilter, FilterReflection)]
#[filter(name = "date", description = "writes a moment", parameters(DateArgs), parsed(DateFilter))]
pub(crate) struct Date;

#[derive(Debug, FromFilterParameters, Display_filter)]
#[name = "date"]
struct DateFilter {
    #[parameters]
    args: DateArgs,
}

impl Filter for DateFilter {
    fn evaluate(&self, input: &dyn ValueView, runtime: &dyn Runtime) -> Result<Value> {
        let args = self.args.evaluate(runtime)?;
        let text = input.to_kstr();
        let is_now = matches!(&*text.trim().to_lowercase(), "now" | "today");
        let now = is_now.then(|| runtime.try_get(&[Scalar::new(NOW)])).flatten().map(|now| now.to_kstr().into_string());
        let Some(moment) = moment(now.as_deref().unwrap_or(&text).trim()) else { return Ok(input.to_value()) };
        let written = strtime::format(args.format.as_str(), &moment);
        written.map(Value::scalar).map_err(|_| Error::with_msg("The format of a date is none that `strftime` knows"))
    }
}

/// A moment as ISO 8601 has it, a day, or seconds or milliseconds since 1970. Where it does not say how far its clock is from UTC, it is UTC.
fn moment(text: &str) -> Option<Zoned> {
    if let Ok(number) = text.parse::<i64>() {
        let since_1970 = match text.len() {
            9 | 10 => Timestamp::from_second(number),
            12 | 13 => Timestamp::from_millisecond(number),
            _ => return None,
        };
        return Some(since_1970.ok()?.to_zoned(TimeZone::UTC));
    }
    let pieces = Pieces::parse(text).ok()?;
    let clock = pieces.date().to_datetime(pieces.time().unwrap_or(Time::midnight()));
    clock.to_zoned(TimeZone::fixed(pieces.to_numeric_offset().unwrap_or(Offset::UTC))).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_as_events_and_people_write_them() {
        let written = |text| moment(text).map(|moment| strtime::format("%d.%m.%Y %H:%M %z", &moment).unwrap());
        for (text, expected) in [
            ("2025-12-24T18:05:06.789+01:00", "24.12.2025 18:05 +0100"),
            ("2025-12-24t18:05:06z", "24.12.2025 18:05 +0000"),
            ("2025-12-24 18:05", "24.12.2025 18:05 +0000"),
            ("2025-12-24", "24.12.2025 00:00 +0000"),
            ("1766599506", "24.12.2025 18:05 +0000"),
            ("1766599506000", "24.12.2025 18:05 +0000"),
        ] {
            assert_eq!(written(text).as_deref(), Some(expected), "{text}");
        }
        for none in ["", "soon", "2025-13-01", "99999999999999999", "2025", "20251224"] {
            assert_eq!(written(none), None, "{none}");
        }
    }
}
