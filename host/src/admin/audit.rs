//! `/v1/audit`: who changed what, and when. A tenant's log is its owners' to read; the operator's is the bootstrap key's.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::caller::{Bootstrap, Caller, Owner};
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use super::workshop::aside;
use crate::domain::Timestamp;
use crate::tenants::{AuditLog, AuditRow, Inspection};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new()
        .routes(routes!(list_audit))
        .routes(routes!(verify_audit))
        .routes(routes!(list_operator_audit))
        .routes(routes!(verify_operator_audit))
}

#[derive(Serialize, ToSchema)]
struct AuditItem {
    /// Counts up without a gap.
    number: u64,
    at: String,
    /// A key's id, `bootstrap`, or `house` for what the server did by itself.
    actor: String,
    /// What the key allowed; null where the actor is no key.
    role: Option<String>,
    /// What was done, by its name in this description.
    operation: String,
    /// To what.
    object: String,
    /// `done`; `forbidden` when the key did not allow it, `conflict` when something stood against it.
    outcome: String,
    request_id: Option<String>,
    /// The SHA-256 of the row before.
    before: String,
}

impl From<(u64, AuditRow)> for AuditItem {
    fn from((number, row): (u64, AuditRow)) -> Self {
        Self {
            number,
            at: Timestamp::from_millis(row.at_ms).to_string(),
            actor: row.actor,
            role: row.role,
            operation: row.operation,
            object: row.object,
            outcome: row.outcome,
            request_id: row.request_id,
            before: row.before,
        }
    }
}

#[derive(Serialize, ToSchema)]
struct AuditVerdict {
    /// Whether every row is there and as it was written.
    whole: bool,
    /// How many rows there are.
    rows: u64,
    /// The number of the first row that is kept.
    first: u64,
    /// The SHA-256 of the last row. Kept elsewhere, it shows later whether the log was written anew as a whole.
    head: String,
    /// The first row that does not fit; null when all do.
    broken_at: Option<u64>,
    /// Why it does not.
    why: Option<&'static str>,
}

impl From<Inspection> for AuditVerdict {
    fn from(found: Inspection) -> Self {
        Self {
            whole: found.broken.is_none(),
            rows: found.rows,
            first: found.first,
            head: found.head,
            broken_at: found.broken.map(|(number, _)| number),
            why: found.broken.map(|(_, why)| why),
        }
    }
}

/// Lists who changed what of the tenant, the newest first.
#[utoipa::path(
    get, path = "/v1/audit", tag = "audit", security(("key" = ["owner"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<AuditItem>))
)]
async fn list_audit(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Owner>,
    paging: Paging,
) -> Result<Json<Listed<AuditItem>>, Problem> {
    list(&admin, AuditLog::Tenant(caller.tenant.id.clone()), paging).await
}

/// Says whether the tenant's audit log is as it was written.
#[utoipa::path(
    get, path = "/v1/audit/verify", tag = "audit", security(("key" = ["owner"])),
    responses((status = 200, description = "what was found", body = AuditVerdict))
)]
async fn verify_audit(State(admin): State<Arc<Admin>>, caller: Caller<Owner>) -> Result<Json<AuditVerdict>, Problem> {
    verify(&admin, AuditLog::Tenant(caller.tenant.id.clone())).await
}

/// Lists what was done with the bootstrap key, and to the whole house, the newest first.
#[utoipa::path(
    get, path = "/v1/operator/audit", tag = "audit", security(("key" = ["bootstrap"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<AuditItem>))
)]
async fn list_operator_audit(
    State(admin): State<Arc<Admin>>,
    _: Bootstrap,
    paging: Paging,
) -> Result<Json<Listed<AuditItem>>, Problem> {
    list(&admin, AuditLog::Operator, paging).await
}

/// Says whether the operator's audit log is as it was written.
#[utoipa::path(
    get, path = "/v1/operator/audit/verify", tag = "audit", security(("key" = ["bootstrap"])),
    responses((status = 200, description = "what was found", body = AuditVerdict))
)]
async fn verify_operator_audit(State(admin): State<Arc<Admin>>, _: Bootstrap) -> Result<Json<AuditVerdict>, Problem> {
    verify(&admin, AuditLog::Operator).await
}

async fn list(admin: &Admin, log: AuditLog, paging: Paging) -> Result<Json<Listed<AuditItem>>, Problem> {
    let wrong = |_| Problem::new(&Kind::MALFORMED, "the cursor is not valid: use the `next` of the page before");
    let below = paging.after.as_deref().map(str::parse).transpose().map_err(wrong)?.unwrap_or(u64::MAX);
    let (directory, max) = (Arc::clone(&admin.directory), paging.limit + 1);
    let rows = aside(move || directory.audit(&log, below, max)).await?;
    Ok(Json(paging.page(rows.into_iter().map(|row| (row.0.to_string(), row.into())))))
}

async fn verify(admin: &Admin, log: AuditLog) -> Result<Json<AuditVerdict>, Problem> {
    let directory = Arc::clone(&admin.directory);
    let found = aside(move || directory.inspect_audit(&log)).await?;
    Ok(Json(found.into()))
}
