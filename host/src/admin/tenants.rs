//! `/v1/tenants`: what the bootstrap key is for.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::JsonBody;
use super::caller::Bootstrap;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::Problem;
use super::{Admin, workshop};
use crate::domain::TenantId;
use crate::tenants::{AuditLog, DeedOutcome};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(create_tenant, list_tenants))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewTenant {
    /// 1 to 63 of `a-z`, `0-9` and `-`.
    name: String,
}

#[derive(Serialize, ToSchema)]
struct CreatedTenant {
    tenant: String,
    /// An owner's key. It is not shown again.
    key: String,
}

/// Creates a tenant and its first owner's key.
#[utoipa::path(
    post, path = "/v1/tenants", tag = "tenants", security(("key" = ["bootstrap"])),
    request_body = NewTenant,
    responses((status = 201, description = "created", body = CreatedTenant))
)]
async fn create_tenant(
    State(admin): State<Arc<Admin>>,
    bootstrap: Bootstrap,
    JsonBody(new): JsonBody<NewTenant>,
) -> Result<(StatusCode, Json<CreatedTenant>), Problem> {
    let id = TenantId::parse(&new.name)?;
    let (directory, deed) = (Arc::clone(&admin.directory), bootstrap.deed(&id));
    let (tenant, key) = workshop::aside(move || directory.by(&deed).create_tenant(id)).await?;
    let created = CreatedTenant { tenant: tenant.id.to_string(), key: key.expose().to_owned() };
    Ok((StatusCode::CREATED, Json(created)))
}

#[derive(Serialize, ToSchema)]
struct TenantItem {
    tenant: String,
    created_at: String,
}

/// Lists the tenants, by name.
#[utoipa::path(
    get, path = "/v1/tenants", tag = "tenants", security(("key" = ["bootstrap"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<TenantItem>))
)]
async fn list_tenants(
    State(admin): State<Arc<Admin>>,
    bootstrap: Bootstrap,
    paging: Paging,
) -> Result<Json<Listed<TenantItem>>, Problem> {
    let (directory, deed) = (Arc::clone(&admin.directory), bootstrap.deed(""));
    workshop::aside(move || directory.by(&deed).note(&AuditLog::Operator, DeedOutcome::Done)).await?;
    let snapshot = admin.directory.snapshot();
    let items = snapshot.tenants().map(|tenant| {
        let item = TenantItem { tenant: tenant.id.to_string(), created_at: tenant.created_at.to_string() };
        (tenant.id.to_string(), item)
    });
    Ok(Json(paging.page_of_all(items)))
}
