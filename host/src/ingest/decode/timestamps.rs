//! When it happened, from every form in which clocks are written: RFC 3339 and its sloppy relatives, epoch numbers, Go's
//! text form (in Segment's deletions), bare dates. What cannot be read is passed over for the next best moment.

use serde_json::Value;

use super::fields::Fields;
use crate::domain::{Timestamp, limits};

/// In the order of trust: `timestamp` is corrected for the sender's skewed clock, the others are not.
const MOMENTS: [&str; 4] = ["timestamp", "originalTimestamp", "receivedAt", "sentAt"];

/// Epoch numbers below this are no moments: as seconds, they are before March 1973.
const EPOCH_NUMBER_MIN: f64 = 1e8;

/// When a call happened: as it says, but never after it arrived.
pub(crate) fn happened_at(call: Fields<'_>, arrived: Timestamp) -> Timestamp {
    let stated = MOMENTS.into_iter().find_map(|name| moment(call.get(name)?));
    stated.filter(|at| at.since(arrived) <= limits::FUTURE_TOLERANCE).unwrap_or(arrived)
}

/// A moment after the epoch. At or before it are clocks that were never set, Go's zero time among them.
pub(in crate::ingest) fn moment(value: &Value) -> Option<Timestamp> {
    let at = match value {
        Value::Number(number) => from_number(number.as_f64()?),
        Value::String(text) => from_text(text.trim()),
        _ => None,
    };
    at.filter(|at| *at > Timestamp::EPOCH)
}

/// Epoch seconds, milliseconds, microseconds or nanoseconds, told apart by their size.
fn from_number(number: f64) -> Option<Timestamp> {
    let ms = match number {
        EPOCH_NUMBER_MIN..1e11 => number * 1e3,
        1e11..1e14 => number,
        1e14..1e17 => number / 1e3,
        1e17..1e20 => number / 1e6,
        _ => return None,
    };
    Some(Timestamp::from_millis(ms as i64))
}

fn from_text(text: &str) -> Option<Timestamp> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    match text.len() {
        4 if is_number => from_iso(&format!("{text}-01-01")),
        7 if text.as_bytes()[4] == b'-' => from_iso(&format!("{text}-01")),
        8 if is_number => from_iso(text),
        _ if is_number => from_number(text.parse().ok()?),
        _ => from_iso(&tidied(text)?),
    }
}

/// With a zone, or else in UTC.
fn from_iso(text: &str) -> Option<Timestamp> {
    let zoned = || text.parse::<jiff::Timestamp>().ok();
    let local = || text.parse::<jiff::civil::DateTime>().ok()?.to_zoned(jiff::tz::TimeZone::UTC).ok();
    let moment = zoned().or_else(|| local().map(|local| local.timestamp()))?;
    Some(Timestamp::from_millis(moment.as_millisecond()))
}

/// Date, time and offset joined as ISO 8601 wants them. Goes without Java's `[zone]`, Go's ` m=` (its monotonic clock) and
/// a zone's name behind the offset; such a name alone means nothing certain.
fn tidied(text: &str) -> Option<String> {
    let text = text.split(" m=").next().unwrap_or_default();
    let text = text.split('[').next().unwrap_or_default();
    let mut words = text.split_whitespace();
    let mut tidy = words.next()?.to_owned();
    let mut has_offset = false;
    for word in words {
        match word.as_bytes() {
            [b'0'..=b'9', ..] => tidy.push('T'),
            [b'+' | b'-', ..] => has_offset = true,
            _ if has_offset => continue,
            _ if matches!(word, "UTC" | "GMT" | "Z") => {
                tidy.push('Z');
                continue;
            }
            _ => return None,
        }
        tidy.push_str(word);
    }
    Some(tidy)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn arrived() -> Timestamp {
        Timestamp::from_millis(1_893_456_000_000)
    }

    fn read(value: Value) -> String {
        moment(&value).map_or_else(|| "none".to_owned(), |at| at.to_string())
    }

    #[test]
    fn every_form_is_read() {
        for (value, moment) in [
            (json!("2026-01-02T03:04:05.678Z"), "2026-01-02T03:04:05.678Z"),
            (json!("2026-01-02T03:04:05Z"), "2026-01-02T03:04:05.000Z"),
            (json!("2026-01-02T03:04Z"), "2026-01-02T03:04:00.000Z"),
            (json!("2026-01-02t03:04:05z"), "2026-01-02T03:04:05.000Z"),
            (json!("2026-01-02T03:04:05.6Z"), "2026-01-02T03:04:05.600Z"),
            (json!("2026-01-02T03:04:05.678901Z"), "2026-01-02T03:04:05.678Z"),
            (json!("2024-09-10T14:38:57.524122374Z[GMT]"), "2024-09-10T14:38:57.524Z"),
            (json!("2025-07-02T16:26:57.066179717Z"), "2025-07-02T16:26:57.066Z"),
            (json!("2015-08-04T01:04:24+00:00"), "2015-08-04T01:04:24.000Z"),
            (json!("2015-08-04T01:04:24-0730"), "2015-08-04T08:34:24.000Z"),
            (json!("2015-08-04T01:04:24+14"), "2015-08-03T11:04:24.000Z"),
            (json!("2015-08-04T01:04:24.5 +0200"), "2015-08-03T23:04:24.500Z"),
            (json!("2015-08-04T01:04:24+02:00[Europe/Paris]"), "2015-08-03T23:04:24.000Z"),
            (json!("2026-01-02T03:04:05"), "2026-01-02T03:04:05.000Z"),
            (json!("2026-01-02T03:04:05.678"), "2026-01-02T03:04:05.678Z"),
            (json!("2026-01-02 03:04:05"), "2026-01-02T03:04:05.000Z"),
            (json!("2026-01-02 03:04:05.678Z"), "2026-01-02T03:04:05.678Z"),
            (json!("2026-01-02 03:04:05 UTC"), "2026-01-02T03:04:05.000Z"),
            (json!("2026-01-02 03:04:05+01:00"), "2026-01-02T02:04:05.000Z"),
            (json!("  2026-01-02T03:04:05Z\n"), "2026-01-02T03:04:05.000Z"),
            (json!("2020-05-09 23:54:49.209808489 +0000 UTC m=+70366.298768264"), "2020-05-09T23:54:49.209Z"),
            (json!("2020-05-09 23:54:49.209808489 +0000 UTC"), "2020-05-09T23:54:49.209Z"),
            (json!("2020-05-09 23:54:49 -0700 PDT m=+0.1"), "2020-05-10T06:54:49.000Z"),
            (json!("2017"), "2017-01-01T00:00:00.000Z"),
            (json!("2017-05"), "2017-05-01T00:00:00.000Z"),
            (json!("2017-05-19"), "2017-05-19T00:00:00.000Z"),
            (json!("20170519"), "2017-05-19T00:00:00.000Z"),
            (json!(1_631_210_020), "2021-09-09T17:53:40.000Z"),
            (json!("1631210020"), "2021-09-09T17:53:40.000Z"),
            (json!("1631210020.25"), "2021-09-09T17:53:40.250Z"),
            (json!(1_631_210_020.25), "2021-09-09T17:53:40.250Z"),
            (json!(1_631_210_020_123_i64), "2021-09-09T17:53:40.123Z"),
            (json!("1631210020123"), "2021-09-09T17:53:40.123Z"),
            (json!(1_631_210_020_123_456_i64), "2021-09-09T17:53:40.123Z"),
            (json!(1_631_210_020_123_456_768_i64), "2021-09-09T17:53:40.123Z"),
        ] {
            assert_eq!(read(value.clone()), moment, "{value}");
        }
    }

    #[test]
    fn what_is_no_moment_is_passed_over() {
        for value in [
            json!(null),
            json!(true),
            json!({}),
            json!([]),
            json!(""),
            json!("00000"),
            json!(0),
            json!(-1_631_210_020),
            json!(2017),
            json!(1e300),
            json!("now"),
            json!("yesterday at noon"),
            json!("2026-13-01T00:00:00Z"),
            json!("2026-01-02 03:04:05 CEST"),
            json!("1970-01-01T00:00:00Z"),
            json!("0001-01-01T00:00:00Z"),
            json!("1.2.3.4"),
            json!("é017"),
            json!("<timestamp>"),
        ] {
            assert_eq!(read(value.clone()), "none", "{value}");
        }
    }

    #[test]
    fn the_next_best_moment_counts_when_a_better_one_cannot_be_read() {
        let cases = [
            (json!({ "timestamp": "2026-01-01", "originalTimestamp": "2026-01-02" }), "2026-01-01"),
            (json!({ "timestamp": null, "original_timestamp": "2026-01-02", "sentAt": "2026-01-04" }), "2026-01-02"),
            (json!({ "timestamp": "?", "receivedAt": "2026-01-03", "sentAt": "2026-01-04" }), "2026-01-03"),
            (json!({ "sent_at": 1_767_484_800 }), "2026-01-04"),
        ];
        for (call, day) in cases {
            let at = happened_at(Fields::of(&call), arrived()).to_string();
            assert_eq!(at, format!("{day}T00:00:00.000Z"), "{call}");
        }
        assert_eq!(happened_at(Fields::of(&json!({})), arrived()), arrived());
    }

    #[test]
    fn nothing_happens_after_it_arrived() {
        let spoofed = json!({ "timestamp": "2031-01-01T00:00:00Z", "receivedAt": "2026-01-01T00:00:00Z" });
        assert_eq!(happened_at(Fields::of(&spoofed), arrived()), arrived());
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in "[0-9TZ:. +é=m\\[-]{0,30}") {
            moment(&json!(text));
        }

        #[test]
        fn what_we_write_we_read(ms in 1_i64..4_102_444_800_000) {
            let at = Timestamp::from_millis(ms);
            prop_assert_eq!(moment(&json!(at.to_string())), Some(at));
        }
    }
}
