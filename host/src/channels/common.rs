//! What the answers of providers' HTTP APIs have in common, whatever the body says:
//!
//! | answer | receipt |
//! | --- | --- |
//! | 2xx | the provider's own affair: read the body |
//! | 401, 403 | retry: the key is wrong, and is put right while the ladder lasts |
//! | 408, 425, 429, 5xx | retry, not before `Retry-After` |
//! | 3xx | retry: it is not followed |
//! | every other 4xx | refused: the same request would be answered so again |
//!
//! Sources: RFC 9110, section 15; RFC 6585, section 4 (429); RFC 8470, section 5.2 (425).

use reqwest::{StatusCode, Url};
use serde_json::Value;

use super::Receipt;
use super::http::Answer;

/// What an answer means that is no success; the provider's words are the text at the first of these places in its body that has one.
pub(super) fn failure(provider: &str, answer: &Answer, places: &[&str]) -> Option<Receipt> {
    (!answer.status.is_success()).then(|| failed(provider, answer, words(answer, places).as_deref()))
}

/// The same of one that is known to be none, and whose words are these.
pub(super) fn failed(provider: &str, answer: &Answer, words: Option<&str>) -> Receipt {
    let status = answer.status;
    let reason = told(answer, format!("{provider} answered {status}"), words);
    let next = match status {
        StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN => "; set a key that is good for this",
        status if status.is_redirection() => ", which is not followed",
        _ => "",
    };
    let reason = reason + next;
    match is_passing(status) {
        true => Receipt::Retry { reason, after: answer.retry_after },
        false => Receipt::Refused { reason },
    }
}

/// What we say, and the provider's words behind it, where it has some and anything is left of them.
pub(super) fn told(answer: &Answer, said: String, words: Option<&str>) -> String {
    match words.and_then(|words| answer.asked.hidden_in(words)) {
        Some(words) => format!("{said}: {words}"),
        None => said,
    }
}

/// An address below a provider's base address; each segment is encoded.
pub(super) fn below<'a>(base: &Url, segments: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    // An address of `http` or `https` always can be extended.
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(segments);
    }
    url
}

fn is_passing(status: StatusCode) -> bool {
    let code = status.as_u16();
    !status.is_client_error() || matches!(code, 401 | 403 | 408 | 425 | 429)
}

/// The text at the first of these places in an answer's body; none where it is no JSON or has none of them.
pub(super) fn words(answer: &Answer, places: &[&str]) -> Option<String> {
    let body: Value = serde_json::from_slice(&answer.body).ok()?;
    places.iter().find_map(|place| body.pointer(place)?.as_str().map(str::to_owned))
}

/// What to say where an answer's status is good and its body is not what it should be: the provider may have taken the message.
pub(super) fn malformed(provider: &str) -> Receipt {
    Receipt::Retry { reason: format!("{provider} answered what cannot be read"), after: None }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::channels::asked::Asked;

    fn answer(status: u16, body: &str) -> Answer {
        let status = StatusCode::from_u16(status).unwrap();
        let retry_after = Some(Duration::from_secs(7));
        Answer { status, retry_after, body: body.as_bytes().to_vec(), asked: Asked::nothing() }
    }

    #[test]
    fn what_passes_is_tried_again_when_the_provider_wants_it_and_what_stays_is_refused() {
        for status in [301, 308, 401, 403, 408, 425, 429, 500, 503, 599] {
            let receipt = failure("acme", &answer(status, ""), &[]);
            let after = Some(Duration::from_secs(7));
            assert!(matches!(receipt, Some(Receipt::Retry { after: asked, .. }) if asked == after), "{status}");
        }
        for status in [400, 404, 405, 409, 410, 413, 422, 451] {
            assert!(matches!(failure("acme", &answer(status, ""), &[]), Some(Receipt::Refused { .. })), "{status}");
        }
        for status in [200, 201, 202, 204] {
            assert_eq!(failure("acme", &answer(status, ""), &[]), None);
        }
    }

    #[test]
    fn a_segment_cannot_leave_its_place() {
        for (base, wanted) in [
            ("https://example.com", "https://example.com/lists/a%2F..%3Fb%23c"),
            ("https://example.com/", "https://example.com/lists/a%2F..%3Fb%23c"),
            ("https://example.com/3.0?key=k", "https://example.com/3.0/lists/a%2F..%3Fb%23c?key=k"),
        ] {
            assert_eq!(below(&Url::parse(base).unwrap(), ["lists", "a/..?b#c"]).as_str(), wanted);
        }
        assert_eq!(
            below(&Url::parse("https://example.com/3.0").unwrap(), ["..", "x"]).as_str(),
            "https://example.com/3.0/x"
        );
    }

    #[test]
    fn the_reason_holds_the_providers_words() {
        let answer = answer(401, r#"{"errors": [{"message": "no such key"}]}"#);
        let receipt = failure("acme", &answer, &["/message", "/errors/0/message"]);
        let Some(Receipt::Retry { reason, .. }) = receipt else { panic!() };
        assert_eq!(reason, "acme answered 401 Unauthorized: no such key; set a key that is good for this");
    }
}
