//! What an answer means. Mandrill answers 200 to what it rejects, with a word for each recipient, and 500 to nearly everything that
//! is wrong with a request, with a name that says whose fault it is:
//!
//! | answer | receipt |
//! | --- | --- |
//! | `sent`, `queued`, `scheduled` | accepted |
//! | `rejected` as `hard-bounce` or `invalid`; `invalid` | gone: the address reaches nobody |
//! | `rejected` as `soft-bounce`, which expires, or as `invalid-sender`, `unsigned`, `test-mode-limit`, which the account's owner puts right | retry |
//! | `rejected` as `spam`, `unsub`, `custom`, `rule`, or anything else | refused |
//! | an error named `Invalid_Key`, `PaymentRequired`, `GeneralError`, `ServiceUnavailable` | retry |
//! | an error named `ValidationError`, `Unknown_Template`, `Unknown_Subaccount`, `Invalid_Template` | refused |
//! | everything else | as for every provider, by its status |
//!
//! Reasons are spelled with hyphens in the examples and with underscores in the specification: both are read.

use serde::Deserialize;

use super::NAME;
use crate::channels::http::Answer;
use crate::channels::{Message, Receipt, common};

/// What became of the message for its one recipient.
#[derive(Deserialize)]
struct Told {
    status: String,
    reject_reason: Option<String>,
}

#[derive(Deserialize)]
struct Error {
    name: String,
    message: String,
}

const PASSING_ERRORS: [&str; 4] = ["Invalid_Key", "PaymentRequired", "GeneralError", "ServiceUnavailable"];
const LASTING_ERRORS: [&str; 4] = ["ValidationError", "Unknown_Template", "Unknown_Subaccount", "Invalid_Template"];
const GONE: [&str; 2] = ["hard-bounce", "invalid"];
const PASSING_REASONS: [&str; 4] = ["soft-bounce", "invalid-sender", "unsigned", "test-mode-limit"];

pub(super) fn receipt(answer: &Answer, message: &Message) -> Receipt {
    if let Some(receipt) = error(answer) {
        return receipt;
    }
    if let Some(receipt) = common::failure(NAME, answer, &["/message"]) {
        return receipt;
    }
    let Ok([told]) = serde_json::from_slice::<[Told; 1]>(&answer.body) else { return common::malformed(NAME) };
    match told.status.as_str() {
        "sent" | "queued" | "scheduled" => Receipt::Accepted { note: Some(format!("{NAME}: {}", told.status)) },
        "rejected" => rejected(answer, message, told.reject_reason.unwrap_or_default()),
        "invalid" => rejected(answer, message, told.status),
        _ => common::malformed(NAME),
    }
}

fn rejected(answer: &Answer, message: &Message, why: String) -> Receipt {
    let why = why.replace('_', "-");
    let reason = match answer.asked.hidden_in(&why) {
        Some(words) => format!("{NAME} rejected it: {words}"),
        None => format!("{NAME} rejected it"),
    };
    if GONE.contains(&why.as_str()) {
        Receipt::Gone { gone: message.addresses.email.iter().cloned().collect(), reason }
    } else if PASSING_REASONS.contains(&why.as_str()) {
        Receipt::Retry { reason, after: answer.retry_after }
    } else {
        Receipt::Refused { reason }
    }
}

/// What an error's name says; none where there is no error, or its name says nothing.
fn error(answer: &Answer) -> Option<Receipt> {
    let Error { name, message } = serde_json::from_slice(&answer.body).ok()?;
    let words = answer.asked.hidden_in(&message).map(|words| format!(": {words}")).unwrap_or_default();
    let reason = format!("{NAME} answered {}, {name}{words}", answer.status);
    if PASSING_ERRORS.contains(&name.as_str()) {
        let next = if name == "Invalid_Key" { "; set a `key` that is good for this" } else { "" };
        return Some(Receipt::Retry { reason: reason + next, after: answer.retry_after });
    }
    LASTING_ERRORS.contains(&name.as_str()).then_some(Receipt::Refused { reason })
}
