//! How long to wait, as people write it in a configuration: `"1h"`, `"90m"`, or a number of seconds.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

const MINUTE: u32 = 60;
const HOUR: u32 = 60 * MINUTE;
const DAY: u32 = 24 * HOUR;

/// The units that text may name, the largest first, so that the first which divides prints shortest.
const UNITS: [(char, u32); 4] = [('d', DAY), ('h', HOUR), ('m', MINUTE), ('s', 1)];

/// A time to wait: at least a second, at most 90 days, exact to the second.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wait {
    seconds: u32,
}

/// Why a text or a number is not a [`Wait`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum WaitError {
    /// It is not a number and a unit.
    Form(String),
    /// It is shorter than a second or longer than 90 days.
    Bounds(String),
}

impl Wait {
    /// The longest wait: the host promises its timers that far ahead.
    pub const MAX: Self = Self { seconds: 90 * DAY };

    /// So many seconds.
    ///
    /// # Panics
    /// Below one second and above 90 days; in a `const`, that is an error of the compiler.
    pub const fn seconds(seconds: u32) -> Self {
        assert!(seconds >= 1 && seconds <= Self::MAX.seconds, "a wait is 1 second to 90 days");
        Self { seconds }
    }

    /// So many minutes; bounds as for [`Wait::seconds`].
    pub const fn minutes(minutes: u32) -> Self {
        Self::seconds(minutes.saturating_mul(MINUTE))
    }

    /// So many hours; bounds as for [`Wait::seconds`].
    pub const fn hours(hours: u32) -> Self {
        Self::seconds(hours.saturating_mul(HOUR))
    }

    /// So many days; bounds as for [`Wait::seconds`].
    pub const fn days(days: u32) -> Self {
        Self::seconds(days.saturating_mul(DAY))
    }

    /// Reads `45s`, `90m`, `1h` or `3d`.
    pub fn parse(text: &str) -> Result<Self, WaitError> {
        let form = || WaitError::Form(text.to_owned());
        let trimmed = text.trim();
        let unit = trimmed.chars().next_back().ok_or_else(form)?;
        let (_, seconds_per_unit) = UNITS.into_iter().find(|(letter, _)| *letter == unit).ok_or_else(form)?;
        let digits = trimmed[..trimmed.len() - 1].trim_end();
        if digits.is_empty() || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(form());
        }
        digits
            .parse::<u64>()
            .ok()
            .and_then(|number| Self::within_bounds(number.checked_mul(seconds_per_unit.into())?))
            .ok_or_else(|| WaitError::Bounds(text.to_owned()))
    }

    /// In seconds.
    pub const fn as_seconds(self) -> u64 {
        self.seconds as u64
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.as_seconds() * 1000
    }

    fn within_bounds(seconds: u64) -> Option<Self> {
        let seconds = u32::try_from(seconds).ok()?;
        (1..=Self::MAX.seconds).contains(&seconds).then_some(Self { seconds })
    }
}

impl fmt::Display for Wait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (letter, unit) = UNITS
            .into_iter()
            .find(|(_, unit)| self.seconds.is_multiple_of(*unit))
            .expect("one second should divide every wait");
        write!(f, "{}{letter}", self.seconds / unit)
    }
}

impl fmt::Display for WaitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(text) => write!(
                f,
                "`{text}` is not a wait; write a number and a unit, as in `45s`, `90m`, `1h`, `3d`, \
                 or a number of seconds"
            ),
            Self::Bounds(text) => {
                write!(f, "`{text}` is out of bounds; a wait is 1 second to 90 days")
            }
        }
    }
}

impl std::error::Error for WaitError {}

impl Serialize for Wait {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Wait {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(WaitVisitor)
    }
}

struct WaitVisitor;

impl Visitor<'_> for WaitVisitor {
    type Value = Wait;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a wait, as in `45s`, `90m`, `1h`, `3d`, or a number of seconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Wait, E> {
        Wait::parse(text).map_err(E::custom)
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Wait, E> {
        Wait::within_bounds(seconds).ok_or_else(|| E::custom(WaitError::Bounds(seconds.to_string())))
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Wait, E> {
        Err(E::custom(WaitError::Bounds(seconds.to_string())))
    }
}

impl JsonSchema for Wait {
    fn schema_name() -> Cow<'static, str> {
        "Wait".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A number and a unit (`45s`, `90m`, `1h`, `3d`), or a number of seconds; at most 90 days.",
            "type": ["string", "integer"],
            "pattern": "^[0-9]+ ?[smhd]$",
            "minimum": 1,
            "maximum": Self::MAX.seconds,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(json: &str) -> Result<Wait, String> {
        serde_json::from_str(json).map_err(|err| err.to_string())
    }

    #[test]
    fn people_write_a_number_and_a_unit_or_seconds() {
        assert_eq!(read(r#""45s""#), Ok(Wait::seconds(45)));
        assert_eq!(read(r#""90m""#), Ok(Wait::minutes(90)));
        assert_eq!(read(r#"" 1 h ""#), Ok(Wait::hours(1)));
        assert_eq!(read(r#""3d""#), Ok(Wait::days(3)));
        assert_eq!(read("3600"), Ok(Wait::hours(1)));
    }

    #[test]
    fn a_wait_prints_in_the_largest_unit_that_is_exact() {
        let printed = [Wait::seconds(45), Wait::minutes(90), Wait::hours(24)].map(|w| w.to_string());
        assert_eq!(printed, ["45s", "90m", "1d"]);
    }

    #[test]
    fn a_wait_is_one_second_to_ninety_days() {
        assert_eq!(read(r#""90d""#), Ok(Wait::MAX));
        for json in [r#""0s""#, r#""91d""#, r#""99999999999999999999d""#, "0", "-5", "7776001"] {
            let err = read(json).unwrap_err();
            assert!(err.contains("1 second to 90 days"), "{json}: {err}");
        }
    }

    #[test]
    fn what_is_no_wait_is_refused_with_an_example() {
        for json in [r#""""#, r#""h""#, r#""1 week""#, r#""-1h""#, r#""1.5h""#, r#""+1h""#, r#""1é""#, "1.5", "null"] {
            let err = read(json).unwrap_err();
            assert!(err.contains("`1h`"), "{json}: {err}");
        }
    }
}
