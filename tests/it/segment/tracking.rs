//! Segment's Tracking API: takes batches, answers as it is told, keeps what it took.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use serde_json::Value;

pub(crate) const WRITE_KEY: &str = "k1";
/// Base64 of the key and a colon.
const AUTHORIZATION: &str = "Basic azE6";

pub(crate) struct Tracking {
    pub(crate) url: String,
    desk: Arc<Desk>,
}

#[derive(Default)]
struct Desk {
    answers: Mutex<VecDeque<u16>>,
    requests: Mutex<usize>,
    events: Mutex<Vec<Value>>,
}

impl Tracking {
    pub(crate) async fn open() -> Self {
        let desk = Arc::new(Desk::default());
        let router = Router::new().route("/v1/batch", post(batch)).with_state(Arc::clone(&desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    /// The next requests are answered so, in order, and a failure keeps nothing; after them, 200.
    pub(crate) fn will_answer(&self, statuses: impl IntoIterator<Item = u16>) {
        self.desk.answers.lock().unwrap().extend(statuses);
    }

    /// What was taken, an id that came again among it.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.desk.events.lock().unwrap().clone()
    }

    pub(crate) fn requests(&self) -> usize {
        *self.desk.requests.lock().unwrap()
    }
}

async fn batch(State(desk): State<Arc<Desk>>, headers: HeaderMap, body: Bytes) -> StatusCode {
    *desk.requests.lock().unwrap() += 1;
    if let Some(status) = desk.answers.lock().unwrap().pop_front() {
        return StatusCode::from_u16(status).unwrap();
    }
    // With a wrong key Segment says yes and keeps nothing.
    if headers.get("authorization").is_some_and(|value| value == AUTHORIZATION) {
        let document: Value = serde_json::from_slice(&body).unwrap();
        desk.events.lock().unwrap().extend(document["batch"].as_array().unwrap().clone());
    }
    StatusCode::OK
}
