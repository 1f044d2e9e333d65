//! What an answer means. Successes say nothing that counts (200 with the member, 204 with nothing); failures are problem documents with
//! `type`, `title`, `status`, `detail` and `instance`, and their status tells the receipt, with one exception: who is not in the list needs
//! not be taken off a tag.

use reqwest::StatusCode;

use super::NAME;
use super::task::Task;
use crate::channels::http::Answer;
use crate::channels::{Receipt, common};

pub(super) fn success(task: &Task, answer: &Answer) -> Result<(), Receipt> {
    let is_gone_already = matches!(task, Task::Remove { .. }) && answer.status == StatusCode::NOT_FOUND;
    if answer.status.is_success() || is_gone_already {
        return Ok(());
    }
    let [title, detail] = ["/title", "/detail"].map(|place| common::words(answer, &[place]));
    let words = match (title, detail) {
        (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
        (title, detail) => title.or(detail),
    };
    match common::failed(NAME, answer, words.as_deref()) {
        Receipt::Refused { reason } if answer.status == StatusCode::NOT_FOUND => {
            Err(Receipt::Refused { reason: format!("{reason}; is the person in the list, and the list there?") })
        }
        receipt => Err(receipt),
    }
}
