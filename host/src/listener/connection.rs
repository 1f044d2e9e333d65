//! One connection, from its opening to its end.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;

use axum::Router;
use axum::http::{Request, Response, StatusCode, header};
use axum::response::IntoResponse as _;
use hyper::body::Incoming;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use metrics::counter;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval, timeout};
use tower::ServiceExt as _;

use super::body::{Followed, Paced};
use super::bounds::Bounds;
use super::places::Place;
use super::progress::{Progress, Verdict};
use super::stream::Watched;
use crate::domain::limits;

/// Serves a connection until it ends, is overdue, or `stop` says so.
pub(super) fn attend(stream: TcpStream, place: Place, router: Router, bounds: Bounds, stop: watch::Receiver<bool>) {
    tokio::spawn(async move {
        converse(stream, router, bounds, stop).await;
        drop(place);
    });
}

async fn converse(stream: TcpStream, router: Router, bounds: Bounds, mut stop: watch::Receiver<bool>) {
    if let Err(err) = stream.set_nodelay(true) {
        tracing::debug!(%err, "a connection ended before it began");
        return;
    }
    let progress = Progress::new();
    let service = {
        let progress = Arc::clone(&progress);
        service_fn(move |request| answer(request, router.clone(), Arc::clone(&progress), bounds))
    };
    let builder = builder();
    let io = TokioIo::new(Watched::new(stream, Arc::clone(&progress)));
    let mut connection = pin!(builder.serve_connection(io, service));
    let mut look = interval(bounds.look);
    look.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut is_stopping = false;
    loop {
        tokio::select! {
            ended = connection.as_mut() => {
                if let Err(err) = ended {
                    tracing::debug!(%err, "a connection ended early");
                }
                return;
            }
            _ = stop.wait_for(|stop| *stop), if !is_stopping => {
                is_stopping = true;
                connection.as_mut().graceful_shutdown();
            }
            _ = look.tick() => match progress.judge(&bounds) {
                Verdict::Stay => {}
                Verdict::Leave(overdue) => {
                    tracing::debug!(overdue = overdue.as_str(), "a connection is asked to end");
                    connection.as_mut().graceful_shutdown();
                }
                Verdict::Cut(overdue) => {
                    counter!("rekindle_connections_cut_total", "overdue" => overdue.as_str()).increment(1);
                    return;
                }
            },
        }
    }
}

/// HTTP/1.1 and HTTP/2, each with its bounds. Times are bounded by `progress`, alike for both.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(None).max_buf_size(limits::REQUEST_HEAD_BYTES_MAX);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(limits::STREAMS_MAX)
        .max_pending_accept_reset_streams(limits::STREAMS_RESET_WAITING_MAX)
        .max_local_error_reset_streams(limits::STREAMS_RESET_MAX)
        .max_header_list_size(limits::HEADER_LIST_BYTES_MAX)
        .initial_stream_window_size(limits::STREAM_WINDOW_BYTES)
        .initial_connection_window_size(limits::STREAM_WINDOW_BYTES)
        .max_send_buf_size(limits::STREAM_UNSENT_BYTES_MAX)
        .keep_alive_interval(limits::PING_INTERVAL)
        .keep_alive_timeout(limits::PING_ANSWER_MAX);
    builder
}

async fn answer(
    request: Request<Incoming>,
    router: Router,
    progress: Arc<Progress>,
    bounds: Bounds,
) -> Result<Response<Followed>, Infallible> {
    let under_way = progress.begin(request.version());
    let request = request.map(|body| axum::body::Body::new(Paced::new(body, bounds.pace)));
    let response = match timeout(bounds.request, router.oneshot(request)).await {
        Ok(response) => response?,
        Err(_) => too_late(bounds),
    };
    Ok(response.map(|body| Followed::new(body, under_way)))
}

fn too_late(bounds: Bounds) -> axum::response::Response {
    counter!("rekindle_requests_cut_total").increment(1);
    let message = format!("the request took longer than {} s: send it again", bounds.request.as_secs());
    let retry_after = [(header::RETRY_AFTER, limits::RETRY_AFTER.as_secs().to_string())];
    (StatusCode::SERVICE_UNAVAILABLE, retry_after, axum::Json(json!({"message": message}))).into_response()
}
