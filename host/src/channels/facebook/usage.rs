//! How long Meta asks to be left alone: by `Retry-After`, which it is not known to send, or by `X-Business-Use-Case-Usage`,
//! where it says for each account and kind of call in how many minutes it lets one in again.
//!
//! Source: Meta, "Rate Limits", "Business Use Case Rate Limits".

use std::collections::HashMap;
use std::time::Duration;

use reqwest::header::HeaderMap;
use serde::Deserialize;

use crate::channels::retry_after;
use crate::domain::Timestamp;

const USAGE: &str = "x-business-use-case-usage";

#[derive(Deserialize)]
struct Usage {
    /// In minutes.
    #[serde(default)]
    estimated_time_to_regain_access: u32,
}

pub(super) fn asked_wait(headers: &HeaderMap, at: Timestamp) -> Option<Duration> {
    retry_after::asked(headers, at).or_else(|| regained_in(headers))
}

/// The longest of all waits that it says: a call counts against whichever it was blocked by.
fn regained_in(headers: &HeaderMap) -> Option<Duration> {
    let usages: HashMap<String, Vec<Usage>> = serde_json::from_str(headers.get(USAGE)?.to_str().ok()?).ok()?;
    let minutes = usages.values().flatten().map(|usage| usage.estimated_time_to_regain_access).max()?;
    (minutes > 0).then(|| Duration::from_secs(u64::from(minutes) * 60))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(usage: &str, minutes: Option<u64>) {
        let headers = HeaderMap::from_iter([(USAGE.parse().unwrap(), usage.parse().unwrap())]);
        let expected = minutes.map(|minutes| Duration::from_secs(minutes * 60));
        assert_eq!(asked_wait(&headers, Timestamp::EPOCH), expected, "{usage}");
    }

    #[test]
    fn the_longest_wait_counts_and_garbage_none() {
        let usage = r#"{"type": "custom_audience", "call_count": 100, "total_cputime": 25, "total_time": 25"#;
        check(&format!(r#"{{"1": [{usage}, "estimated_time_to_regain_access": 19}}]}}"#), Some(19));
        check(&format!(r#"{{"1": [{usage}, "estimated_time_to_regain_access": 0}}], "2": [{usage}}}]}}"#), None);
        check(
            r#"{"1": [{"estimated_time_to_regain_access": 3}, {"estimated_time_to_regain_access": 5}], "2": []}"#,
            Some(5),
        );
        check(r#"{"1": [{"estimated_time_to_regain_access": 4294967295}]}"#, Some(4_294_967_295));
        for garbage in ["", "{}", "[]", "soon", r#"{"1": {}}"#, r#"{"1": [{"estimated_time_to_regain_access": -1}]}"#] {
            check(garbage, None);
        }
    }

    #[test]
    fn what_is_said_as_everybody_says_it_goes_first() {
        let usage = r#"{"1": [{"estimated_time_to_regain_access": 19}]}"#;
        let headers =
            [(USAGE.parse().unwrap(), usage.parse().unwrap()), ("retry-after".parse().unwrap(), "7".parse().unwrap())];
        assert_eq!(asked_wait(&HeaderMap::from_iter(headers), Timestamp::EPOCH), Some(Duration::from_secs(7)));
    }
}
