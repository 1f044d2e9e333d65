//! What a receiver's answer means. Only its status counts, as the standard says ("Delivery success and failure"):
//!
//! | answer | receipt |
//! | --- | --- |
//! | 2xx | accepted, whatever becomes of the answer's body |
//! | 410 Gone | refused: the receiver wants no more of these |
//! | everything else | retry: "it is considered a failure in any other scenario"; a redirect is one, and is not followed |
//!
//! A 400, 401 or 404 is retried too: the standard names 404 among the failures to be retried, and what it tells of (a
//! half-finished deployment, a secret not yet changed over, a wrong path) is put right while the ladder lasts.
//! `Retry-After` is read from every answer that is retried.

use reqwest::StatusCode;

use crate::channels::Receipt;
use crate::channels::http::Answer;

pub(super) fn receipt(answer: &Answer) -> Receipt {
    let said = format!("the receiver answered {}", answer.status);
    if answer.status.is_success() {
        Receipt::Accepted { note: Some(said) }
    } else if answer.status == StatusCode::GONE {
        Receipt::Refused { reason: said }
    } else if answer.status.is_redirection() {
        Receipt::Retry {
            reason: format!("{said}, which is not followed: set the new `url`"),
            after: answer.retry_after,
        }
    } else {
        Receipt::Retry { reason: said, after: answer.retry_after }
    }
}
