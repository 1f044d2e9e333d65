//! What Batch's answer means for each message of a request.
//!
//! | answer | receipts |
//! | --- | --- |
//! | 2xx, `SUCCESS` | accepted: it is worked on later |
//! | 2xx, `SUCCESS_WITH_PARTIAL_ERRORS` | refused, for the messages at the `bulk_index` of `errors`; accepted for the others |
//! | 2xx, anything else | retry: that was not Batch |
//! | everything else | as every provider's; what is refused of several messages is tried again one by one |
//!
//! An error of one `attribute` refuses the message too: half of an event would set off what the whole does.

use std::collections::HashMap;

use serde::Deserialize;

use super::TITLE;
use crate::channels::Receipt;
use crate::channels::common::{self, told};
use crate::channels::company::said_of_all;
use crate::channels::http::Answer;

/// Where a failure has its words, as far as it is known.
const WORDS: &[&str] = &["/error_message", "/message", "/error/message", "/error", "/errors/0/reason"];

#[derive(Deserialize)]
#[serde(tag = "code")]
enum Body {
    #[serde(rename = "SUCCESS")]
    Success,
    #[serde(rename = "SUCCESS_WITH_PARTIAL_ERRORS")]
    Partly { errors: Vec<Error> },
}

#[derive(Deserialize)]
struct Error {
    bulk_index: usize,
    reason: Option<String>,
}

pub(super) fn receipts(answer: &Answer, messages: usize) -> Vec<Receipt> {
    if let Some(failure) = common::failure(TITLE, answer, WORDS) {
        return said_of_all(failure, messages);
    }
    match serde_json::from_slice(&answer.body) {
        Ok(Body::Success) => of_each(answer, &[], messages),
        Ok(Body::Partly { errors }) => of_each(answer, &errors, messages),
        Err(_) => said_of_all(common::malformed(TITLE), messages),
    }
}

fn of_each(answer: &Answer, errors: &[Error], messages: usize) -> Vec<Receipt> {
    let errors: HashMap<_, _> = errors.iter().map(|error| (error.bulk_index, error)).collect();
    let of_one = |index| match errors.get(&index) {
        None => Receipt::Accepted { note: Some(format!("{TITLE} took it")) },
        Some(error) => refused(answer, error),
    };
    (0..messages).map(of_one).collect()
}

fn refused(answer: &Answer, error: &Error) -> Receipt {
    Receipt::Refused { reason: told(answer, format!("{TITLE} did not take it"), error.reason.as_deref()) }
}
