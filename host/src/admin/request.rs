//! What is the same for every request: it has an id, which is in its answer and in its lines of the log, and what goes
//! wrong with it is a problem.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument as _;
use uuid::Uuid;

use super::problem::{Kind, Problem};
use crate::domain::{Stopwatch, limits};

const REQUEST_ID: &str = "x-request-id";

/// The request's id, for the audit log.
#[derive(Debug, Clone)]
pub(super) struct RequestId(pub(super) String);

/// Gives the request its id, and every problem its form.
pub(super) async fn identify(mut request: Request, next: Next) -> Response {
    let id = request_id(request.headers());
    request.extensions_mut().insert(RequestId(id.clone()));
    let changes = !matches!(*request.method(), Method::GET | Method::HEAD);
    // Not the path itself: people's ids, which may be addresses, are in some.
    let path = request.extensions().get::<MatchedPath>().map_or("unknown", MatchedPath::as_str);
    let span = tracing::info_span!("request", id, method = %request.method(), path);
    let stopwatch = Stopwatch::start();
    let mut response = next.run(request).instrument(span.clone()).await;
    span.in_scope(|| {
        let (status, elapsed_ms) = (response.status().as_u16(), stopwatch.elapsed().as_millis());
        if changes {
            tracing::info!(status, elapsed_ms, "answered");
        } else {
            tracing::debug!(status, elapsed_ms, "answered");
        }
    });
    if let Some(problem) = response.extensions_mut().remove::<Problem>() {
        response = problem.render(response, &id);
    }
    let id = HeaderValue::from_str(&id).expect("a request's id should be fit for a header");
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// The caller's own id, where it gave a decent one.
fn request_id(headers: &HeaderMap) -> String {
    let is_decent = |id: &&str| {
        (1..=limits::REQUEST_ID_BYTES_MAX).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_graphic())
    };
    let given = headers.get(REQUEST_ID).and_then(|id| id.to_str().ok()).filter(is_decent);
    given.map_or_else(|| format!("req_{}", Uuid::new_v4().simple()), str::to_owned)
}

/// Answers what no operation answers.
pub(super) async fn no_such_path(request: Request) -> Problem {
    let detail = format!(
        "there is nothing at `{}`: `/openapi.json` lists every path of the API, and `/in/…` takes Segment's events",
        request.uri().path()
    );
    Problem::new(&Kind::NOT_FOUND, detail)
}

/// Answers a path's other methods; `Allow` tells which there are.
pub(super) async fn no_such_method(request: Request) -> Problem {
    let (method, path) = (request.method(), request.uri().path());
    let detail = format!("`{path}` does not know `{method}`: the header `Allow` tells what it knows");
    Problem::new(&Kind::NO_SUCH_METHOD, detail)
}
