//! `/v1/modules`: components as their authors built them, named by the digest of their bytes.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::caller::{Caller, Developer, Viewer};
use super::paging::{Listed, PageQuery, Paging};
use super::problem::Problem;
use super::{Admin, body};
use crate::domain::limits;
use crate::tenants::Module;

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(upload_module, list_modules))
}

#[derive(Serialize, ToSchema)]
struct ModuleItem {
    /// `sha256:` and 64 hexadecimal digits.
    module: String,
    bytes: u64,
    uploaded_at: String,
}

impl From<&Module> for ModuleItem {
    fn from(module: &Module) -> Self {
        Self { module: module.digest.to_string(), bytes: module.bytes, uploaded_at: module.uploaded_at.to_string() }
    }
}

/// Uploads a component. It is checked, and kept under the digest of its bytes.
#[utoipa::path(
    post, path = "/v1/modules", tag = "modules", security(("key" = ["developer"])),
    request_body(content = [u8], content_type = "application/wasm", description = "the component"),
    responses(
        (status = 201, description = "taken", body = ModuleItem),
        (status = 200, description = "it was there already", body = ModuleItem)
    )
)]
async fn upload_module(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    body: Body,
) -> Result<(StatusCode, Json<ModuleItem>), Problem> {
    let bytes = body::read(body, limits::MODULE_BYTES_MAX).await?;
    let tenant = caller.tenant.id.clone();
    if let Some(known) = admin.directory.known_module(&tenant, &bytes) {
        return Ok((StatusCode::OK, Json((&*known).into())));
    }
    let (sandbox, directory) = (Arc::clone(&admin.sandbox), Arc::clone(&admin.directory));
    let deed = caller.deed("");
    let take = move || {
        sandbox.inspect(&bytes)?;
        directory.by(&deed).upload(&tenant, &bytes).map_err(Problem::from)
    };
    let module = admin.workshop.run(&caller.tenant.id, take).await?;
    Ok((StatusCode::CREATED, Json((&*module).into())))
}

/// Lists the modules, the oldest first.
#[utoipa::path(
    get, path = "/v1/modules", tag = "modules", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<ModuleItem>))
)]
async fn list_modules(caller: Caller<Viewer>, paging: Paging) -> Json<Listed<ModuleItem>> {
    let by_age = |module: &Module| format!("{} {}", module.uploaded_at, module.digest);
    let mut modules: Vec<_> =
        caller.tenant.modules().map(|module| (by_age(module), ModuleItem::from(&**module))).collect();
    modules.sort_by(|(one, _), (other, _)| one.cmp(other));
    Json(paging.page_of_all(modules))
}
