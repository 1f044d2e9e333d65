//! Bodies on their way: a request's has to arrive at a pace, an answer's end is the end of its request. Both for every route,
//! and for every stream of a connection by itself.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use metrics::counter;
use tokio::time::{Sleep, sleep};

use super::bounds::Pace;
use super::progress::UnderWay;
use crate::domain::Stopwatch;

/// Why a body was not read on.
#[derive(Debug, thiserror::Error)]
pub(super) enum BodyError {
    #[error("the body came slower than {0} bytes per second: send it again over a faster line")]
    Slow(u64),
    #[error(transparent)]
    Broken(#[from] hyper::Error),
}

/// A request's body that has to keep a pace.
pub(super) struct Paced {
    body: Incoming,
    pace: Pace,
    bytes: u64,
    /// Since when it is waited for, and the timer: made when it has to be waited for at all.
    wait: Option<(Stopwatch, Pin<Box<Sleep>>)>,
}

impl Paced {
    pub(super) fn new(body: Incoming, pace: Pace) -> Self {
        Self { body, pace, bytes: 0, wait: None }
    }

    /// Whether it is too slow; if not, the task is woken when it might be.
    fn is_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let patience = self.pace.patience(self.bytes);
        let (since, timer) = self.wait.get_or_insert_with(|| (Stopwatch::start(), Box::pin(sleep(patience))));
        while timer.as_mut().poll(cx).is_ready() {
            let left = patience.saturating_sub(since.elapsed());
            if left == Duration::ZERO {
                return true;
            }
            timer.set(sleep(left));
        }
        false
    }
}

impl Body for Paced {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            if let Some(bytes) = frame.as_ref().and_then(|frame| frame.as_ref().ok()?.data_ref()) {
                self.bytes += bytes.len() as u64;
            }
            return Poll::Ready(frame.map(|frame| frame.map_err(BodyError::Broken)));
        }
        if self.is_slow(cx) {
            counter!("rekindle_bodies_cut_total").increment(1);
            return Poll::Ready(Some(Err(BodyError::Slow(self.pace.bytes_per_second))));
        }
        Poll::Pending
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// An answer's body; its request is under way until it is dropped.
pub(super) struct Followed {
    body: axum::body::Body,
    _request: UnderWay,
}

impl Followed {
    pub(super) fn new(body: axum::body::Body, request: UnderWay) -> Self {
        Self { body, _request: request }
    }
}

impl Body for Followed {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        Pin::new(&mut self.body).poll_frame(cx)
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
