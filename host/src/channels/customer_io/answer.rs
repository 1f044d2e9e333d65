//! What Customer.io's answers mean. An error's words stand in one of three places, by the call: the App API has two forms, the Track
//! API one.
//!
//! | answer | receipt |
//! | --- | --- |
//! | 2xx to a message | accepted, whatever its body says: sent again, it would arrive twice |
//! | 2xx to events | accepted, but for those that the body names (207 says that there are some); unreadable, they are sent again, with their ids |
//! | everything else | as for all providers |

use reqwest::StatusCode;
use serde::Deserialize;

use super::TITLE;
use crate::channels::Receipt;
use crate::channels::common::{failure, malformed, told, words};
use crate::channels::http::Answer;

const WORDS: &[&str] = &["/meta/error", "/errors/0/detail", "/errors/0/message"];

/// What the Track API says of events that it does not take.
#[derive(Deserialize)]
struct Partly {
    #[serde(default)]
    errors: Vec<Failure>,
}

#[derive(Deserialize)]
struct Failure {
    batch_index: usize,
    message: Option<String>,
    reason: Option<String>,
}

/// For one message.
pub(super) fn receipt(answer: &Answer) -> Receipt {
    failure(TITLE, answer, WORDS).unwrap_or_else(|| {
        let id = words(answer, &["/delivery_id"]).and_then(|id| answer.asked.hidden_in(&id));
        Receipt::Accepted { note: id.map(|id| format!("{TITLE} took it as delivery {id}")) }
    })
}

/// For each of some events, in their order.
pub(super) fn receipts(answer: &Answer, events: usize) -> Vec<Receipt> {
    if let Some(failure) = failure(TITLE, answer, WORDS) {
        return vec![failure; events];
    }
    let failures = match failures(answer) {
        Some(failures) => failures,
        None => return vec![malformed(TITLE); events],
    };
    (0..events).map(|index| one_of(answer, failures.iter().find(|failure| failure.batch_index == index))).collect()
}

/// None where they cannot be read.
fn failures(answer: &Answer) -> Option<Vec<Failure>> {
    if answer.body.is_empty() && answer.status != StatusCode::MULTI_STATUS {
        return Some(Vec::new());
    }
    serde_json::from_slice(&answer.body).ok().map(|Partly { errors }| errors)
}

fn one_of(answer: &Answer, failure: Option<&Failure>) -> Receipt {
    let Some(failure) = failure else { return Receipt::Accepted { note: None } };
    let words = failure.message.as_deref().or(failure.reason.as_deref());
    Receipt::Refused { reason: told(answer, format!("{TITLE} does not take the event"), words) }
}
