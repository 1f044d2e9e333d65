//! `/v1/mappings`: what of a tenant's is what of ours. What mappings may say is the mappings room's to know.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use crate::domain::MappingName;
use crate::mappings::Mapping;
use crate::tenants::NamedMapping;

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(list_mappings)).routes(routes!(set_mapping, remove_mapping))
}

#[derive(Serialize, ToSchema)]
struct MappingItem {
    mapping: String,
    /// What is mapped, and what it is: `docs/people.md`.
    #[schema(value_type = Object)]
    maps: Value,
    /// Since when it is this one.
    set_at: String,
}

impl From<&NamedMapping> for MappingItem {
    fn from(named: &NamedMapping) -> Self {
        let NamedMapping { name, mapping, set_at } = named;
        Self { mapping: name.to_string(), maps: mapping.document(), set_at: set_at.to_string() }
    }
}

/// Lists mappings, by name.
#[utoipa::path(
    get, path = "/v1/mappings", tag = "mappings", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<MappingItem>))
)]
async fn list_mappings(caller: Caller<Viewer>, paging: Paging) -> Json<Listed<MappingItem>> {
    let items = caller.tenant.mappings().map(|named| (named.name.to_string(), (&**named).into()));
    Json(paging.page_of_all(items))
}

/// Sets a mapping, in place of what was set before. It is about what arrives from now on.
#[utoipa::path(
    put, path = "/v1/mappings/{mapping}", tag = "mappings", security(("key" = ["developer"])),
    params(("mapping" = String, Path)), request_body(content = Object, description = "a mapping: `docs/people.md`"),
    responses((status = 200, description = "set", body = MappingItem))
)]
async fn set_mapping(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<MappingName>,
    JsonBody(document): JsonBody<Value>,
) -> Result<Json<MappingItem>, Problem> {
    let mapping = Mapping::read(&document)
        .map_err(|err| Problem::new(&Kind::INVALID, format!("mapping `{name}` is not valid: {err}")))?;
    let set = admin
        .edit(&caller, name.clone(), move |tenant, set_at| tenant.set_mapping(NamedMapping { name, mapping, set_at }))
        .await?;
    Ok(Json((&*set).into()))
}

/// Removes a mapping: what arrives from now on is read without it.
#[utoipa::path(
    delete, path = "/v1/mappings/{mapping}", tag = "mappings", security(("key" = ["developer"])),
    params(("mapping" = String, Path)),
    responses((status = 204, description = "removed"))
)]
async fn remove_mapping(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<MappingName>,
) -> Result<StatusCode, Problem> {
    admin.edit(&caller, name.clone(), move |tenant, _| tenant.remove_mapping(&name)).await?;
    Ok(StatusCode::NO_CONTENT)
}
