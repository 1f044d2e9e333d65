//! What operators and their tools ask of a server. No key is needed; nothing of a tenant is shown.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::openapi::Document;
use super::problem::{Kind, Problem};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(alive)).routes(routes!(ready)).routes(routes!(metrics)).routes(routes!(openapi))
}

/// Whether the process answers at all.
#[utoipa::path(get, path = "/livez", tag = "server", responses((status = 200, description = "it does", body = String)))]
async fn alive() -> &'static str {
    "alive\n"
}

/// Whether the server can do its work.
#[utoipa::path(get, path = "/readyz", tag = "server", responses((status = 200, description = "it can", body = String)))]
async fn ready(State(admin): State<Arc<Admin>>) -> Result<&'static str, Problem> {
    match (admin.readiness)() {
        Ok(()) => Ok("ready\n"),
        Err(why) => Err(Problem::new(&Kind::NOT_READY, why)),
    }
}

/// Counters and gauges, as Prometheus reads them.
#[utoipa::path(get, path = "/metrics", tag = "server", responses((status = 200, description = "the metrics", body = String)))]
async fn metrics(State(admin): State<Arc<Admin>>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], admin.metrics.render())
}

/// This description.
#[utoipa::path(get, path = "/openapi.json", tag = "server", responses((status = 200, description = "OpenAPI 3.1", body = Object)))]
async fn openapi(Extension(document): Extension<Document>) -> impl IntoResponse {
    ([(CONTENT_TYPE, "application/json")], document.0)
}
