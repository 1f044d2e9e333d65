//! `/v1/audiences`: conditions by name. What they mean and whether they lead back to themselves is the conditions room's to say.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::Problem;
use crate::conditions::{AudienceError, Audiences};
use crate::tenants::{Audience, AudienceName, Tenant, TenantsError};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(list_audiences)).routes(routes!(show_audience, set_audience, remove_audience))
}

#[derive(Serialize, ToSchema)]
struct AudienceItem {
    audience: String,
    /// Who is in it: `docs/conditions.md`.
    #[schema(value_type = Object)]
    condition: Value,
    /// Since when it is this one.
    set_at: String,
}

impl From<&Audience> for AudienceItem {
    fn from(audience: &Audience) -> Self {
        let Audience { name, condition, set_at } = audience;
        Self { audience: name.to_string(), condition: condition.value(), set_at: set_at.to_string() }
    }
}

/// All of a tenant's audiences, ready to be asked.
pub(super) fn of(tenant: &Tenant) -> Audiences {
    Audiences::kept(tenant.audiences().map(|audience| (audience.name.as_str(), audience.condition.value())))
}

/// Lists audiences, by name.
#[utoipa::path(
    get, path = "/v1/audiences", tag = "audiences", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<AudienceItem>))
)]
async fn list_audiences(caller: Caller<Viewer>, paging: Paging) -> Json<Listed<AudienceItem>> {
    let items = caller.tenant.audiences().map(|audience| (audience.name.to_string(), (&**audience).into()));
    Json(paging.page_of_all(items))
}

/// Shows an audience.
#[utoipa::path(
    get, path = "/v1/audiences/{audience}", tag = "audiences", security(("key" = ["viewer"])),
    params(("audience" = String, Path)),
    responses((status = 200, description = "the audience", body = AudienceItem))
)]
async fn show_audience(
    caller: Caller<Viewer>,
    Named(name): Named<AudienceName>,
) -> Result<Json<AudienceItem>, Problem> {
    Ok(Json((&**caller.tenant.audience(&name)?).into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewAudience {
    /// Who is in it: `docs/conditions.md`.
    #[schema(value_type = Object)]
    condition: Value,
}

/// Sets who is in an audience, in place of what was set before.
#[utoipa::path(
    put, path = "/v1/audiences/{audience}", tag = "audiences", security(("key" = ["developer"])),
    params(("audience" = String, Path)), request_body = NewAudience,
    responses((status = 200, description = "set", body = AudienceItem))
)]
async fn set_audience(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<AudienceName>,
    JsonBody(new): JsonBody<NewAudience>,
) -> Result<Json<AudienceItem>, Problem> {
    let object = name.clone();
    let set = move |tenant: &mut Tenant, now| {
        of(tenant).set(name.as_str(), &new.condition).map_err(|err| invalid(&name, &err))?;
        tenant.set_audience(Audience { name, condition: (&new.condition).into(), set_at: now })
    };
    let audience = admin.edit(&caller, object, set).await?;
    Ok(Json((&*audience).into()))
}

/// Removes an audience that nothing names.
#[utoipa::path(
    delete, path = "/v1/audiences/{audience}", tag = "audiences", security(("key" = ["developer"])),
    params(("audience" = String, Path)),
    responses((status = 204, description = "removed"))
)]
async fn remove_audience(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<AudienceName>,
) -> Result<StatusCode, Problem> {
    let object = name.clone();
    let remove = move |tenant: &mut Tenant, _| {
        of(tenant).check_removal(name.as_str()).map_err(|_| TenantsError::Conflict {
            what: "audience",
            name: name.to_string(),
            why: "is named by another audience: change that first",
        })?;
        tenant.remove_audience(&name)
    };
    admin.edit(&caller, object, remove).await?;
    Ok(StatusCode::NO_CONTENT)
}

fn invalid(name: &AudienceName, err: &AudienceError) -> TenantsError {
    TenantsError::Invalid { what: format!("audience `{name}`"), rule: err.to_string() }
}
