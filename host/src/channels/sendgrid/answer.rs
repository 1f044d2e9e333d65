//! What SendGrid's answers mean.
//!
//! | answer | receipt |
//! | --- | --- |
//! | 2xx | accepted: it says nothing of what becomes of it |
//! | 400 to contacts, naming addresses | refused for these; retry for the others, of whom none was taken: the next request goes without them |
//! | everything else | as for all providers |

use reqwest::StatusCode;
use serde_json::Value;

use super::TITLE;
use super::lists::Person;
use crate::channels::Receipt;
use crate::channels::common;
use crate::channels::http::Answer;

/// The receipt for an answer that is no success.
pub(super) fn failure(answer: &Answer) -> Option<Receipt> {
    common::failure(TITLE, answer, &["/errors/0/message"])
}

pub(super) fn to_mail(answer: &Answer) -> Receipt {
    failure(answer).unwrap_or_else(|| Receipt::Accepted { note: Some(format!("{TITLE} answered {}", answer.status)) })
}

/// For each of the contacts that were to be added, in their order.
pub(super) fn to_contacts(answer: &Answer, people: &[Person]) -> Vec<Receipt> {
    let Some(failure) = failure(answer) else {
        let note = format!("{TITLE} adds the contact to the list");
        return vec![Receipt::Accepted { note: Some(note) }; people.len()];
    };
    let complaints = complaints(answer);
    let is_named = |person: &Person| {
        let quoted = format!("'{}'", person.email);
        complaints.iter().any(|complaint| complaint.contains(&quoted))
    };
    if !people.iter().any(is_named) {
        return vec![failure; people.len()];
    }
    let refused = Receipt::Refused { reason: format!("{TITLE} does not take the person's e-mail address") };
    let again = Receipt::Retry { reason: format!("{TITLE} took nobody, because of another's address"), after: None };
    people.iter().map(|person| if is_named(person) { refused.clone() } else { again.clone() }).collect()
}

/// What a 400 complains about, in lower case, as addresses are. One that is no good reads `email '…' is not valid`.
fn complaints(answer: &Answer) -> Vec<String> {
    let body: Value = match answer.status {
        StatusCode::BAD_REQUEST => serde_json::from_slice(&answer.body).unwrap_or_default(),
        _ => Value::Null,
    };
    let errors = body["errors"].as_array().cloned().unwrap_or_default();
    errors.iter().filter_map(|error| error["message"].as_str()).map(str::to_lowercase).collect()
}
