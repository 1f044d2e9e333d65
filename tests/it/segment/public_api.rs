//! Segment's Public API, as far as `rekindle segment` asks it: one source `src1`, destinations, their mappings.

use std::sync::{Arc, Mutex};

use axum::extract::{Path, Request, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

pub(crate) const TOKEN: &str = "sgp_t0ken";
const ALPHA: &str = "application/vnd.segment.v1alpha+json";

pub(crate) struct PublicApi {
    pub(crate) url: String,
    desk: Arc<Mutex<Desk>>,
}

#[derive(Default)]
struct Desk {
    requests: usize,
    destination: Value,
    mapping: Value,
    has_no_mappings: bool,
    changes_nothing: bool,
    forgot_the_token: bool,
}

type Shared = State<Arc<Mutex<Desk>>>;

impl PublicApi {
    pub(crate) async fn open() -> Self {
        let desk = Arc::<Mutex<Desk>>::default();
        let router = Router::new()
            .route("/sources/{id}", get(source))
            .route("/destinations", post(new_destination))
            .route("/destinations/{id}", get(destination).patch(change_destination))
            .route("/destinations/{id}/subscriptions", post(new_mapping))
            .layer(from_fn_with_state(Arc::clone(&desk), authorize))
            .with_state(Arc::clone(&desk));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url, desk }
    }

    pub(crate) fn destination(&self) -> Value {
        self.desk.lock().unwrap().destination.clone()
    }

    pub(crate) fn mapping(&self) -> Value {
        self.desk.lock().unwrap().mapping.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.desk.lock().unwrap().requests
    }

    /// The workspace may not make mappings over the API.
    pub(crate) fn has_no_mappings(&self) {
        self.desk.lock().unwrap().has_no_mappings = true;
    }

    pub(crate) fn changes_nothing(&self) {
        self.desk.lock().unwrap().changes_nothing = true;
    }

    pub(crate) fn forgets_the_token(&self) {
        self.desk.lock().unwrap().forgot_the_token = true;
    }
}

fn complaint(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({"errors": [{"type": "some", "message": message}]}))).into_response()
}

async fn authorize(State(desk): Shared, request: Request, next: Next) -> Response {
    let bearer = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let is_known = bearer == Some(&format!("Bearer {TOKEN}"));
    {
        let mut desk = desk.lock().unwrap();
        desk.requests += 1;
        if desk.forgot_the_token || !is_known {
            return complaint(StatusCode::UNAUTHORIZED, "unknown token");
        }
    }
    next.run(request).await
}

async fn source(Path(id): Path<String>) -> Response {
    match id.as_str() {
        "src1" => Json(json!({"data": {"source": {"id": id}}})).into_response(),
        _ => complaint(StatusCode::NOT_FOUND, "no such source"),
    }
}

async fn new_destination(State(desk): Shared, Json(body): Json<Value>) -> Response {
    if body["metadataId"] != "614a3c7d791c91c41bae7599" {
        return complaint(StatusCode::UNPROCESSABLE_ENTITY, "no such destination in the catalogue");
    }
    desk.lock().unwrap().destination = body;
    Json(json!({"data": {"destination": {"id": "dst1"}}})).into_response()
}

async fn destination(State(desk): Shared, Path(id): Path<String>) -> Response {
    match id.as_str() {
        "dst1" => Json(json!({"data": {"destination": desk.lock().unwrap().destination}})).into_response(),
        _ => complaint(StatusCode::NOT_FOUND, "no such destination"),
    }
}

async fn change_destination(State(desk): Shared, Path(_): Path<String>, Json(body): Json<Value>) -> Response {
    let mut desk = desk.lock().unwrap();
    if desk.changes_nothing {
        return complaint(StatusCode::SERVICE_UNAVAILABLE, "not now");
    }
    desk.destination["settings"] = body["settings"].clone();
    Json(json!({"data": {"destination": {"id": "dst1"}}})).into_response()
}

async fn new_mapping(
    State(desk): Shared,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(body): Json<Value>,
) -> Response {
    let mut desk = desk.lock().unwrap();
    if id != "dst1" || headers.get(header::CONTENT_TYPE).is_none_or(|value| value != ALPHA) {
        return complaint(StatusCode::NOT_FOUND, "not found");
    }
    if desk.has_no_mappings {
        return complaint(StatusCode::FORBIDDEN, "the feature is not enabled");
    }
    desk.mapping = body;
    Json(json!({"data": {"destinationSubscription": {"id": "sub1"}}})).into_response()
}
