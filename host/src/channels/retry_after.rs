//! `Retry-After`, in both its forms (RFC 9110, section 10.2.3): a number of seconds, or a moment in any of the three
//! spellings of an HTTP date. What is neither is ignored. How much of it is believed is the outbox's to say.
//!
//! Where a 429 has none, `X-RateLimit-Reset` says it: no standard, but many send it. Segment means seconds from now (segmentio/segment-docs,
//! `sources/catalog/libraries/server/http-api`), others the moment in seconds since the epoch; no wait is as long as the latter.

use std::time::{Duration, SystemTime};

use reqwest::header::{DATE, HeaderMap, HeaderName, RETRY_AFTER};

use crate::domain::Timestamp;

const RATE_LIMIT_RESET: HeaderName = HeaderName::from_static("x-ratelimit-reset");
/// What is greater is a moment: a year.
const WAIT_SECONDS_MAX: u64 = 366 * 24 * 3600;

/// How long the answer asks to be left alone. A moment is read by the provider's own clock where the answer carries its
/// time, because the clocks of two houses differ by more than short waits; else by `at`, our time of the attempt.
pub(super) fn asked(headers: &HeaderMap, at: Timestamp) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(Duration::from_secs(text.parse().unwrap_or(u64::MAX)));
    }
    let until = httpdate::parse_http_date(text).ok()?;
    let now = date(headers, DATE).unwrap_or_else(|| SystemTime::UNIX_EPOCH + at.since(Timestamp::EPOCH));
    Some(until.duration_since(now).unwrap_or_default())
}

/// What an answer that says "too many", and has none of it, says of its bound.
pub(super) fn of_too_many(headers: &HeaderMap, at: Timestamp) -> Option<Duration> {
    let reset: u64 = headers.get(RATE_LIMIT_RESET)?.to_str().ok()?.trim().parse().ok()?;
    let now = at.since(Timestamp::EPOCH).as_secs();
    Some(Duration::from_secs(if reset > WAIT_SECONDS_MAX { reset.saturating_sub(now) } else { reset }))
}

fn date(headers: &HeaderMap, name: HeaderName) -> Option<SystemTime> {
    httpdate::parse_http_date(headers.get(name)?.to_str().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 1994-11-06T08:49:37Z, the moment of RFC 9110's examples.
    fn example() -> Timestamp {
        Timestamp::from_millis(784_111_777_000)
    }

    fn check(retry_after: &str, date: Option<&str>, expected: Option<u64>) {
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, retry_after.parse().unwrap());
        if let Some(date) = date {
            headers.insert(DATE, date.parse().unwrap());
        }
        let at = example().minus(Duration::from_secs(60));
        assert_eq!(asked(&headers, at), expected.map(Duration::from_secs), "{retry_after:?}, {date:?}");
    }

    #[test]
    fn seconds_are_read_and_never_overflow() {
        check("120", None, Some(120));
        check(" 0 ", None, Some(0));
        check("99999999999999999999999", None, Some(u64::MAX));
    }

    #[test]
    fn a_moment_is_read_in_all_three_spellings() {
        check("Sun, 06 Nov 1994 08:49:37 GMT", None, Some(60));
        check("Sunday, 06-Nov-94 08:49:37 GMT", None, Some(60));
        check("Sun Nov  6 08:49:37 1994", None, Some(60));
    }

    #[test]
    fn a_moment_in_the_past_asks_for_nothing() {
        check("Thu, 01 Jan 1970 00:00:00 GMT", None, Some(0));
    }

    #[test]
    fn a_moment_is_read_by_the_providers_own_clock() {
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some("Sun, 06 Nov 1994 08:49:30 GMT"), Some(7));
        check("Sun, 06 Nov 1994 08:49:37 GMT", Some("yesterday"), Some(60));
    }

    #[test]
    fn garbage_is_ignored() {
        for garbage in ["", "soon", "-5", "+5", "1.5", "5 s", "0x10", "Sun, 99 Nov 1994 08:49:37 GMT"] {
            check(garbage, None, None);
        }
    }

    #[test]
    fn too_many_may_say_when_it_is_forgotten() {
        let wait = |name: &'static str, value: &str| {
            let headers = HeaderMap::from_iter([(HeaderName::from_static(name), value.parse().unwrap())]);
            of_too_many(&headers, example()).map(|wait| wait.as_secs())
        };
        assert_eq!(wait("x-ratelimit-reset", "30"), Some(30));
        assert_eq!(wait("x-ratelimit-reset", "784111787"), Some(10), "a moment, since the epoch");
        assert_eq!(wait("x-ratelimit-reset", "784111000"), Some(0), "a moment that is past");
        assert_eq!(wait("x-ratelimit-reset", "soon"), None);
    }

    #[test]
    fn an_answer_without_it_asks_for_nothing() {
        assert_eq!(asked(&HeaderMap::new(), example()), None);
    }
}
