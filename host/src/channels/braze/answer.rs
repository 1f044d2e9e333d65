//! What Braze's answer means for each message of a request.
//!
//! | answer | receipts |
//! | --- | --- |
//! | 2xx, `message` | accepted: "accepted and queued", not that anybody got anything |
//! | 2xx, an element of `errors` with an `index` | refused, for the message at that place; accepted for the others |
//! | 2xx, other elements of `errors` | accepted, and noted: they say something of the message, but not that it is not sent |
//! | 2xx, a `notice` that the campaign or Canvas is paused, stopped or archived | retry: nothing is sent |
//! | 2xx, anything else | retry: that was not Braze |
//! | everything else | as every provider's; what is refused of several messages is tried again one by one |
//!
//! Sources: braze.com/docs/api/errors; the notices, `post_send_triggered_canvases.md` (of Canvases; taken to be the same of campaigns).
//! The documents show an element of `errors` as `<minor error message>`. Segment's own code (segmentio/action-destinations,
//! `destinations/braze`) reads `{type, input_array, index}` from `users/track`; that triggers answer so too is unconfirmed, and texts are
//! read as well.

use serde::Deserialize;
use serde_json::Value;

use super::TITLE;
use crate::channels::Receipt;
use crate::channels::common::{self, told};
use crate::channels::company::said_of_all;
use crate::channels::http::Answer;

/// Words of the notices that nothing is sent.
const AT_REST: [&str; 3] = ["paused", "stopped", "archived"];

#[derive(Deserialize)]
struct Body {
    /// `success`; there whenever Braze answers.
    #[serde(rename = "message")]
    _message: String,
    dispatch_id: Option<String>,
    notice: Option<String>,
    #[serde(default)]
    errors: Value,
}

pub(super) fn receipts(answer: &Answer, messages: usize) -> Vec<Receipt> {
    if let Some(failure) = common::failure(TITLE, answer, &["/message"]) {
        return said_of_all(failure, messages);
    }
    match serde_json::from_slice(&answer.body) {
        Err(_) => said_of_all(common::malformed(TITLE), messages),
        Ok(body) if is_at_rest(&body) => said_of_all(at_rest(answer, &body), messages),
        Ok(body) => of_each(answer, &body, messages),
    }
}

fn is_at_rest(body: &Body) -> bool {
    let notice = body.notice.as_deref().unwrap_or_default().to_lowercase();
    AT_REST.iter().any(|word| notice.contains(word))
}

fn at_rest(answer: &Answer, body: &Body) -> Receipt {
    let reason = told(answer, format!("{TITLE} sent nothing"), body.notice.as_deref());
    Receipt::Retry { reason, after: None }
}

fn of_each(answer: &Answer, body: &Body, messages: usize) -> Vec<Receipt> {
    let errors = body.errors.as_array().map_or(&[][..], Vec::as_slice);
    let elsewhere = errors.iter().find(|error| place(error).is_none()).and_then(words);
    let note = told(answer, taken(answer, body), elsewhere);
    let of_one = |index| match errors.iter().find(|error| place(error) == Some(index)) {
        Some(error) => Receipt::Refused { reason: told(answer, format!("{TITLE} did not take it"), words(error)) },
        None => Receipt::Accepted { note: Some(note.clone()) },
    };
    (0..messages).map(of_one).collect()
}

fn taken(answer: &Answer, body: &Body) -> String {
    match body.dispatch_id.as_deref().and_then(|id| answer.asked.hidden_in(id)) {
        Some(id) => format!("{TITLE} took it as dispatch {id}"),
        None => format!("{TITLE} took it"),
    }
}

fn place(error: &Value) -> Option<usize> {
    error.get("index")?.as_u64()?.try_into().ok()
}

fn words(error: &Value) -> Option<&str> {
    error.as_str().or_else(|| error.get("type")?.as_str())
}
