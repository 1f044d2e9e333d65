//! What a receiver's answer means. Its status counts, as the standard says ("Delivery success and failure"), and one thing of its
//! body, which is ours: `{"gone": ["<address>", …]}` names those of the message's addresses that reach nobody any more.
//!
//! | answer | receipt |
//! | --- | --- |
//! | 2xx | accepted, whatever becomes of the answer's body |
//! | 2xx, with `gone` | accepted for the others |
//! | 410 Gone | refused: the receiver wants no more of these. That is said of its own address, and closes none of the person's |
//! | 410 Gone, with `gone` | refused, because of these addresses |
//! | everything else | retry: "it is considered a failure in any other scenario"; a redirect is one, and is not followed |
//!
//! A 400, 401 or 404 is retried too: the standard names 404 among the failures to be retried, and what it tells of (a
//! half-finished deployment, a secret not yet changed over, a wrong path) is put right while the ladder lasts.
//! `Retry-After` is read from every answer that is retried.

use reqwest::StatusCode;

use serde::Deserialize;

use crate::channels::http::Answer;
use crate::channels::{Addresses, Receipt};

#[derive(Deserialize)]
struct Body {
    gone: Vec<String>,
}

/// What it means for a message that went to `addresses`.
pub(super) fn receipt(answer: &Answer, addresses: &Addresses) -> Receipt {
    let said = format!("the receiver answered {}", answer.status);
    let gone = gone(answer, addresses);
    if answer.status.is_success() {
        match gone.is_empty() {
            true => Receipt::Accepted { note: Some(said) },
            false => Receipt::Partly { gone, note: Some(said) },
        }
    } else if answer.status == StatusCode::GONE {
        match gone.is_empty() {
            true => Receipt::Refused { reason: said },
            false => Receipt::Gone { gone, reason: said },
        }
    } else if answer.status.is_redirection() {
        Receipt::Retry {
            reason: format!("{said}, which is not followed: set the new `url`"),
            after: answer.retry_after,
        }
    } else {
        Receipt::Retry { reason: said, after: answer.retry_after }
    }
}

/// Of the addresses that the body names, those that the message went to.
fn gone(answer: &Answer, addresses: &Addresses) -> Vec<String> {
    let named = serde_json::from_slice(&answer.body).map_or(Vec::new(), |Body { gone }| gone);
    named.into_iter().filter(|address| addresses.holds(address)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::asked::Asked;

    fn check(status: u16, body: &str) -> Receipt {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, retry_after: None, body: body.as_bytes().to_vec(), asked: Asked::nothing() };
        let addresses = Addresses { push_tokens: vec!["t1".into(), "t2".into()], ..Addresses::default() };
        receipt(&answer, &addresses)
    }

    #[test]
    fn addresses_of_the_message_that_are_gone_are_told() {
        let gone = || vec!["t2".to_owned()];
        assert!(
            matches!(check(200, r#"{"gone": ["t2", "somebody else's"]}"#), Receipt::Partly { gone: told, .. } if told == gone())
        );
        assert!(matches!(check(410, r#"{"gone": ["t2"]}"#), Receipt::Gone { gone: told, .. } if told == gone()));
        for body in ["", "gone", r#"{"gone": "t2"}"#, r#"{"gone": ["t3"]}"#] {
            assert!(matches!(check(200, body), Receipt::Accepted { .. }), "{body}");
            assert!(matches!(check(410, body), Receipt::Refused { .. }), "{body}");
        }
        assert!(matches!(check(500, r#"{"gone": ["t2"]}"#), Receipt::Retry { .. }));
    }
}
