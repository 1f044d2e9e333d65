//! Segment's Tracking API on 127.0.0.1, as strict as its documents: what is over a limit is refused or, where the documents say so, dropped
//! under a 200. It counts what was not as it should be.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use serde_json::Value;

use crate::domain::Stopwatch;

pub(super) const WRITE_KEY: &str = "k1";
/// Base64 of the key and a colon.
const AUTHORIZATION: &str = "Basic azE6";
/// The name of an event because of which a whole request is called bad.
pub(super) const POISON: &str = "Poison";

const REQUEST_BYTES_MAX: usize = 500_000;
const EVENT_BYTES_MAX: usize = 32_000;
const EVENTS_MAX: usize = 2_500;
const REQUESTS_A_SECOND_MAX: usize = 50;

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Mood {
    Steady,
    /// Some requests are taken and answered by 500, some are answered by 429.
    Troubled,
    /// Every request is one too many.
    Closed,
}

/// What came.
#[derive(Default, Clone)]
pub(super) struct Seen {
    pub(super) over_bytes: usize,
    pub(super) over_count: usize,
    pub(super) over_pace: usize,
    pub(super) unauthorized: usize,
    /// Requests that were answered by 500 or 429.
    pub(super) failed: usize,
    /// Events that came again.
    pub(super) repeated: usize,
    /// By `messageId`.
    pub(super) events: BTreeMap<String, Value>,
    pub(super) users: BTreeSet<String>,
    requests: usize,
    lately: VecDeque<Duration>,
}

pub(super) struct Emulator {
    pub(super) url: String,
    desk: Arc<Desk>,
}

struct Desk {
    mood: Mood,
    since: Stopwatch,
    seen: Mutex<Seen>,
}

impl Emulator {
    pub(super) async fn start(mood: Mood) -> Self {
        let desk = Arc::new(Desk { mood, since: Stopwatch::start(), seen: Mutex::default() });
        let router = Router::new().route("/v1/batch", post(batch)).layer(DefaultBodyLimit::disable());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = router.with_state(Arc::clone(&desk));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    pub(super) fn seen(&self) -> Seen {
        self.desk.seen.lock().unwrap().clone()
    }
}

async fn batch(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> Response {
    let mut seen = desk.seen.lock().unwrap();
    seen.requests += 1;
    if !seen.is_in_pace(desk.since.elapsed()) {
        seen.over_pace += 1;
        return too_many("1");
    }
    if desk.mood == Mood::Closed {
        return too_many("3");
    }
    let Ok(document) = serde_json::from_slice::<Value>(&body) else { return StatusCode::BAD_REQUEST.into_response() };
    let events = document["batch"].as_array().cloned().unwrap_or_default();
    let is_over =
        body.len() > REQUEST_BYTES_MAX || events.iter().any(|event| event.to_string().len() > EVENT_BYTES_MAX);
    if is_over || events.iter().any(|event| event["event"] == POISON) {
        seen.over_bytes += usize::from(is_over);
        return (StatusCode::BAD_REQUEST, r#"{"message": "malformed or too large"}"#).into_response();
    }
    seen.over_count += events.len().saturating_sub(EVENTS_MAX);
    if desk.mood == Mood::Troubled && seen.requests % 7 == 3 {
        seen.failed += 1;
        return too_many("0");
    }
    seen.take(&headers, events);
    if desk.mood == Mood::Troubled && seen.requests % 5 == 2 {
        seen.failed += 1;
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    r#"{"success": true}"#.into_response()
}

impl Seen {
    /// The last second's requests, with a little patience: they may have been closer on the way here than where they began.
    fn is_in_pace(&mut self, now: Duration) -> bool {
        self.lately.push_back(now);
        while self.lately.front().is_some_and(|first| now.saturating_sub(*first) > Duration::from_millis(950)) {
            self.lately.pop_front();
        }
        self.lately.len() <= REQUESTS_A_SECOND_MAX
    }

    /// With a wrong key, Segment says yes and keeps nothing.
    fn take(&mut self, headers: &HeaderMap, events: Vec<Value>) {
        if headers.get("authorization").is_none_or(|value| value != AUTHORIZATION) {
            self.unauthorized += 1;
            return;
        }
        for event in events.into_iter().take(EVENTS_MAX) {
            let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
            let (id, user) = (text("messageId"), text("userId"));
            self.users.insert(user);
            self.repeated += usize::from(self.events.insert(id, event).is_some());
        }
    }
}

fn too_many(wait_seconds: &'static str) -> Response {
    (StatusCode::TOO_MANY_REQUESTS, [("x-ratelimit-reset", wait_seconds)]).into_response()
}
