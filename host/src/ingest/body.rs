//! Reads a request's body, within bounds of size, time and memory: its bytes are counted as they come, so that a sender who
//! announces much and sends nothing takes nothing from the others.

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::time::timeout;

use super::answer::Answer;
use super::shares::{Exhausted, Share};
use crate::domain::limits;

/// A body in memory, and its share of what bodies may take.
pub(crate) struct Held {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    /// How many are to come, as far as that is known.
    expected: usize,
    bytes_max: usize,
    share: Share,
}

/// Reads the body to its end.
pub(crate) async fn read(
    body: &mut Body,
    announced: Option<usize>,
    share: Share,
    bytes_max: usize,
) -> Result<Held, Answer> {
    let mut held = Held { bytes: Vec::new(), expected: announced.unwrap_or(bytes_max), bytes_max, share };
    let whole = async {
        while let Some(chunk) = next(body).await? {
            held.take(&chunk)?;
        }
        Ok(())
    };
    timeout(limits::BODY_ARRIVAL_MAX, whole).await.unwrap_or_else(|_| Err(cut_short()))?;
    Ok(held)
}

/// Reads what a refused sender still has to say: it would lose the answer with the connection.
pub(crate) async fn drain_after(answer: &Answer, body: &mut Body) {
    let has_more = match answer {
        Answer::Refused(status, _) => *status != StatusCode::REQUEST_TIMEOUT,
        Answer::Later(_) => true,
        Answer::Kept(..) | Answer::Audience(_) => false,
    };
    if has_more {
        drain(body).await;
    }
}

/// Reads on and forgets, within the bounds of the largest body.
async fn drain(body: &mut Body) {
    let rest = async {
        let mut bytes = 0;
        while let Ok(Some(chunk)) = next(body).await {
            bytes += chunk.len();
            if bytes > limits::BODY_BYTES_MAX {
                break;
            }
        }
    };
    // Too late is as good as done: the answer goes out either way.
    let _ = timeout(limits::BODY_ARRIVAL_MAX, rest).await;
}

impl Held {
    fn take(&mut self, chunk: &Bytes) -> Result<(), Answer> {
        let bytes = self.bytes.len() + chunk.len();
        if bytes > self.bytes_max {
            return Err(too_large(self.bytes_max));
        }
        if bytes > self.bytes.capacity() {
            self.enlarge(bytes)?;
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// What is allocated is what counts, not what is filled.
    fn enlarge(&mut self, bytes_least: usize) -> Result<(), Answer> {
        let capacity = bytes_least.max(self.expected.min(2 * self.bytes.capacity()));
        self.share.grow(capacity - self.bytes.capacity()).map_err(no_room)?;
        self.bytes.reserve_exact(capacity - self.bytes.len());
        Ok(())
    }
}

async fn next(body: &mut Body) -> Result<Option<Bytes>, Answer> {
    loop {
        match body.frame().await {
            None => return Ok(None),
            Some(Err(_)) => return Err(cut_short()),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(chunk) => return Ok(Some(chunk)),
                // Trailers: nothing of ours.
                Err(_) => continue,
            },
        }
    }
}

pub(crate) fn too_large(bytes_max: usize) -> Answer {
    let mebibytes = bytes_max >> 20;
    let message = format!("the body is larger than {mebibytes} MiB: lower the sender's batch size");
    Answer::Refused(StatusCode::PAYLOAD_TOO_LARGE, message)
}

fn cut_short() -> Answer {
    let (seconds, pace) = (limits::BODY_ARRIVAL_MAX.as_secs(), limits::TRANSFER_BYTES_PER_SECOND_MIN >> 10);
    let message = format!("the body broke off, came slower than {pace} KiB/s or took over {seconds} s: send it again");
    Answer::Refused(StatusCode::REQUEST_TIMEOUT, message)
}

fn no_room(exhausted: Exhausted) -> Answer {
    match exhausted {
        Exhausted::ByAll => Answer::busy("memory", "too many requests are in memory"),
        Exhausted::ByTenant => {
            Answer::too_much("memory", "too many of the tenant's requests are in memory", limits::RETRY_AFTER)
        }
    }
}
