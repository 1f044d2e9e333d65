//! What an answer means. Successes say nothing that counts (200 with the member, 204 with nothing); failures are problem documents with
//! `type`, `title`, `status`, `detail` and `instance`, and their status tells the receipt, with one exception: who is not in the list needs
//! not be taken off a tag.

use reqwest::StatusCode;

use super::NAME;
use super::task::Task;
use crate::channels::http::Answer;
use crate::channels::{Receipt, common};

pub(super) fn success(task: &Task, answer: &Answer) -> Result<(), Receipt> {
    if matches!(task, Task::Remove { .. }) && answer.status == StatusCode::NOT_FOUND {
        return Ok(());
    }
    let [title, detail] = ["/title", "/detail"].map(|place| common::words(answer, &[place]));
    let words = match (title, detail) {
        (Some(title), Some(detail)) => Some(format!("{title}: {detail}")),
        (title, detail) => title.or(detail),
    };
    let Some(receipt) = common::failure(NAME, answer, words.as_deref()) else { return Ok(()) };
    match receipt {
        Receipt::Refused { reason } if answer.status == StatusCode::NOT_FOUND => {
            Err(Receipt::Refused { reason: format!("{reason}; is the person in the list, and the list there?") })
        }
        receipt => Err(receipt),
    }
}
