//! Reads a request's body, within bounds of size, time and memory: its bytes are counted as they come, so that a sender who
//! announces much and sends nothing takes nothing from the others.

use std::sync::Arc;

use axum::body::{Body, Bytes};
use axum::http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

use super::answer::Answer;
use crate::domain::limits;

/// A body in memory, and its share of what bodies may take in all.
pub(crate) struct Held {
    /// The bytes.
    pub(crate) bytes: Vec<u8>,
    share: OwnedSemaphorePermit,
}

/// Reads the body to its end.
pub(crate) async fn read(body: &mut Body, room: &Arc<Semaphore>) -> Result<Held, Answer> {
    let share = Arc::clone(room).try_acquire_many_owned(0).map_err(|_| no_room())?;
    let mut held = Held { bytes: Vec::new(), share };
    let whole = async {
        while let Some(chunk) = next(body).await? {
            held.take(&chunk, room)?;
        }
        Ok(())
    };
    timeout(limits::BODY_ARRIVAL_MAX, whole).await.unwrap_or_else(|_| Err(cut_short()))?;
    Ok(held)
}

/// Reads on and forgets, within the same bounds: who still sends would lose the answer with the connection.
pub(crate) async fn drain(body: &mut Body) {
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
    fn take(&mut self, chunk: &Bytes, room: &Arc<Semaphore>) -> Result<(), Answer> {
        if self.bytes.len() + chunk.len() > limits::BODY_BYTES_MAX {
            return Err(too_large());
        }
        let bytes = u32::try_from(chunk.len()).expect("a chunk should be smaller than the largest body");
        let more = Arc::clone(room).try_acquire_many_owned(bytes).map_err(|_| no_room())?;
        self.share.merge(more);
        self.bytes.extend_from_slice(chunk);
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

pub(crate) fn too_large() -> Answer {
    let mebibytes = limits::BODY_BYTES_MAX >> 20;
    let message = format!("the body is larger than {mebibytes} MiB: lower the batch size in segment's mapping");
    Answer::Refused(StatusCode::PAYLOAD_TOO_LARGE, message)
}

fn cut_short() -> Answer {
    let seconds = limits::BODY_ARRIVAL_MAX.as_secs();
    let message = format!("the body broke off or took longer than {seconds} s: send it again");
    Answer::Refused(StatusCode::REQUEST_TIMEOUT, message)
}

fn no_room() -> Answer {
    Answer::later("too many requests are in memory")
}
