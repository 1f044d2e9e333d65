//! Target `schedule`: a document, and behind its last line break a moment. What is a schedule comes after the moment and again
//! after that, never goes back and never stands still, whoever asks; what is none is refused with a place and with what would do.

use serde_json::Value;

use super::{Due, Occurrence, Schedule};
use crate::domain::Timestamp;

/// Moments that are asked about: from 1970 to 2200.
const MOMENTS_MS: i64 = 7_258_118_400_000;
/// When nothing says when: 2026-03-01.
const USUAL_MS: i64 = 1_772_323_200_000;
/// Occurrences that are followed.
const FOLLOWED_MAX: usize = 40;
/// Bytes of a refusal: it repeats a name of the document's.
const REFUSAL_BYTES_MAX: usize = 64 << 10;

pub(crate) fn schedule(input: &[u8]) {
    let Ok(text) = str::from_utf8(input) else { return };
    let (document, moment) = text.rsplit_once('\n').unwrap_or((text, ""));
    let Ok(document) = serde_json::from_str::<Value>(document) else { return };
    let ms = moment.trim().parse::<i64>().unwrap_or(USUAL_MS);
    match Schedule::parse(&document) {
        Ok(schedule) => check(&schedule, Timestamp::from_millis(ms.rem_euclid(MOMENTS_MS))),
        Err(err) => {
            let said = err.to_string();
            assert!(!err.what.is_empty() && !err.next.is_empty() && said.len() <= REFUSAL_BYTES_MAX, "{said}");
        }
    }
}

fn check(schedule: &Schedule, published: Timestamp) {
    let Some(first) = schedule.next(published, None) else { return };
    assert_eq!(schedule.due(published, None, before(first.begins)), Due::default(), "{first:?} is due too soon");
    assert_eq!(schedule.due(published, None, first.begins), Due { occurrence: Some(first), missed: None });
    let mut last = first;
    for _ in 0..FOLLOWED_MAX {
        let Some(next) = schedule.next(published, Some(last.moment)) else { return };
        check_next(schedule, &last, &next);
        last = next;
    }
}

fn check_next(schedule: &Schedule, last: &Occurrence, next: &Occurrence) {
    assert!(next.moment > last.moment && next.begins > last.begins, "{next:?} is not after {last:?}");
    assert!(next.begins <= next.moment, "{next:?}");
    assert_eq!(schedule.after(before(next.moment)).as_ref(), Some(next), "whoever asks before it hears the same");
    for zone in [None, Some("Asia/Kathmandu"), Some("nowhere")] {
        let local = schedule.local(next.moment, zone);
        assert!(local.is_none_or(|local| local >= next.begins), "it comes to {zone:?} before it begins");
    }
}

fn before(moment: Timestamp) -> Timestamp {
    Timestamp::from_millis(moment.as_millis() - 1)
}
