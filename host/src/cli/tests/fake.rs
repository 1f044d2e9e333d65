//! A server with just enough behind it to converse with.

use axum::body::Bytes;
use axum::extract::{Path, Query, Request};
use axum::http::{HeaderMap, StatusCode, header};
use axum::middleware::{Next, from_fn};
use axum::response::{IntoResponse, Response};
use axum::routing::{delete, get, post};
use axum::{Json, Router};
use serde_json::{Value, json};

use crate::domain::limits;

/// A running server; its key is `good`.
pub(super) struct Fake {
    /// Where it is.
    pub(super) url: String,
}

impl Fake {
    /// Starts on a port that is free.
    pub(super) async fn start() -> Self {
        let router = Router::new()
            .route("/v1/messages", get(messages))
            .route("/v1/outbox", get(|| async { Json(json!({"items": [{"id": "m1"}], "next": "again"})) }))
            .route("/v1/quarantine", get(|| async { Json(json!({"items": [], "next": null})) }))
            .route("/v1/sources", post(new_source))
            .route("/v1/sources/{name}", delete(|| async { StatusCode::NO_CONTENT }))
            .route("/v1/modules", post(module))
            .route("/v1/campaigns/{name}", get(campaign))
            .route("/v1/profiles/{id}", get(|Path(id): Path<String>| async move { Json(json!({"profile": id})) }))
            .route("/v1/profiles/slow", get(std::future::pending::<StatusCode>))
            .layer(from_fn(|request: Request, next: Next| async {
                match request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok()) {
                    Some("Bearer good") => next.run(request).await,
                    _ => problem(401, "not authenticated", "the key is not known"),
                }
            }));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { url }
    }
}

fn problem(status: u16, title: &str, detail: &str) -> Response {
    let body = json!({"type": "about:blank", "title": title, "status": status, "detail": detail,
        "code": "a-code", "request_id": "r1"});
    let status = StatusCode::from_u16(status).unwrap();
    (status, [(header::CONTENT_TYPE, "application/problem+json")], body.to_string()).into_response()
}

/// Three messages, at most two a page.
async fn messages(Query(query): Query<Vec<(String, String)>>) -> Json<Value> {
    let asked = |name: &str| query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str());
    let limit: usize = asked("limit").unwrap().parse().unwrap();
    assert!(limit <= limits::PAGE_ROWS_MAX, "the server would refuse a page of {limit} rows");
    let from: usize = asked("after").map_or(0, |after| after.strip_prefix("c&/=").unwrap().parse().unwrap());
    let upto = (from + limit.min(2)).min(3);
    let row = |n: usize| {
        json!({"id": format!("msg_{n}"), "campaign": "three-lines", "step": "push", "channel": "push",
            "profile": "u1", "content": {"title": "a\u{1b}[31mb"}, "at": "2026-01-02T03:04:05.678Z"})
    };
    let next = (upto < 3).then(|| format!("c&/={upto}"));
    Json(json!({"items": (from..upto).map(row).collect::<Vec<_>>(), "next": next}))
}

async fn new_source(Json(body): Json<Value>) -> Response {
    let secrets = if body["unsigned"] == json!(true) { vec![] } else { vec!["s3cret"] };
    let answer = json!({"source": body["name"], "url": "http://example.com/in/x", "secrets": secrets});
    (StatusCode::CREATED, Json(answer)).into_response()
}

async fn module(headers: HeaderMap, body: Bytes) -> Response {
    assert_eq!(headers[header::CONTENT_TYPE], "application/wasm");
    let detail = format!("{} bytes that are no component\nat offset 0: \u{7}unexpected magic", body.len());
    problem(422, "module rejected", &detail)
}

/// A campaign whose name is a status fails with it. Any other is shown, over several lines, in an order of its own.
async fn campaign(Path(name): Path<String>) -> Response {
    match name.parse() {
        Ok(status) => problem(status, "refused", "as asked"),
        Err(_) => CAMPAIGN.into_response(),
    }
}

const CAMPAIGN: &str = r#"{
  "campaign": "three-lines", "state": "active", "revision": 2, "published_at": null, "live": true, "share": 0.5,
  "configuration": {"waits": {"push": "1h", "steps": []}, "texts": {}},
  "manifest": {"channels": ["push", "email"], "triggers": [{"event": "Product Added"}, {"engagement": ["a"]}]}
}"#;
