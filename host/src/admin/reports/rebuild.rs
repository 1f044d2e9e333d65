//! `/v1/reports/rebuild`: the counters are added up again from the ledgers, and compared.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::admin::Admin;
use crate::admin::caller::{Caller, Developer, Viewer};
use crate::admin::problem::Problem;
use crate::admin::workshop::aside;
use crate::domain::{TenantId, Timestamp};
use crate::tenants::{AuditLog, DeedOutcome};
use crate::worker::{RecountError, RecountRow, recounts};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(rebuild_reports, show_rebuild))
}

/// How far a recount is, and what it found.
#[derive(Serialize, ToSchema)]
struct Rebuild {
    /// `never`, `running` or `done`.
    state: &'static str,
    began_at: Option<String>,
    ended_at: Option<String>,
    /// Rows of ledgers that were counted again.
    rows: u64,
    /// Counters that were compared with what rows count, and with what is sealed.
    compared: u64,
    /// Those among them that were something else, and were put right.
    differed: u64,
}

impl From<RecountError> for Problem {
    fn from(err: RecountError) -> Self {
        Self::internal(&err)
    }
}

/// Has the tenant's counters added up again from all ledgers, while events arrive; what differs is put right.
#[utoipa::path(
    post, path = "/v1/reports/rebuild", tag = "campaigns", security(("key" = ["developer"])),
    responses((status = 202, description = "it has begun, or was under way", body = Rebuild))
)]
async fn rebuild_reports(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
) -> Result<(StatusCode, Json<Rebuild>), Problem> {
    let (tenant, deed) = (caller.tenant.id.clone(), caller.deed("reports"));
    let (crew, directory) = (Arc::clone(&admin.crew), Arc::clone(&admin.directory));
    let begin = move || {
        directory.by(&deed).note(&AuditLog::Tenant(tenant.clone()), DeedOutcome::Done)?;
        crew.recount(&tenant).map_err(Problem::from)
    };
    aside(begin).await?;
    Ok((StatusCode::ACCEPTED, Json(rebuild(&admin, &caller.tenant.id).await?)))
}

/// Says how far the last recount is, and what it found.
#[utoipa::path(
    get, path = "/v1/reports/rebuild", tag = "campaigns", security(("key" = ["viewer"])),
    responses((status = 200, description = "the last recount", body = Rebuild))
)]
async fn show_rebuild(State(admin): State<Arc<Admin>>, caller: Caller<Viewer>) -> Result<Json<Rebuild>, Problem> {
    Ok(Json(rebuild(&admin, &caller.tenant.id).await?))
}

async fn rebuild(admin: &Admin, tenant: &TenantId) -> Result<Rebuild, Problem> {
    let (reports, tenant) = (Arc::clone(&admin.reports), tenant.clone());
    let parts = aside(move || recounts(reports.as_ref(), &tenant)).await?;
    let sum = |of: fn(&RecountRow) -> u64| parts.iter().map(of).sum();
    let moment = |ms: i64| Timestamp::from_millis(ms).to_string();
    let is_open = parts.iter().any(RecountRow::is_open);
    Ok(Rebuild {
        state: match (parts.is_empty(), is_open) {
            (true, _) => "never",
            (false, true) => "running",
            (false, false) => "done",
        },
        began_at: parts.iter().map(|part| part.began).min().map(moment),
        ended_at: parts.iter().filter_map(|part| part.ended).max().filter(|_| !is_open).map(moment),
        rows: sum(|part| part.rows),
        compared: sum(|part| part.compared),
        differed: sum(|part| part.differed),
    })
}
