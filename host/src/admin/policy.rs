//! `/v1/policy`: what all of a tenant's messages are judged by. What a policy may say is the policy room's to know.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde_json::Value;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::problem::{Kind, Problem};
use crate::policy::TenantPolicy;

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(show_policy, set_policy))
}

/// Shows what all messages are judged by: what is not as usual.
#[utoipa::path(
    get, path = "/v1/policy", tag = "policy", security(("key" = ["viewer"])),
    responses((status = 200, description = "the policy: `docs/policy.md`", body = Object))
)]
async fn show_policy(caller: Caller<Viewer>) -> Json<Value> {
    Json(caller.tenant.policy().document())
}

/// Sets what all messages are judged by, in place of what was set before, from now on: those that are held, too.
#[utoipa::path(
    put, path = "/v1/policy", tag = "policy", security(("key" = ["developer"])),
    request_body(content = Object, description = "a policy: `docs/policy.md`"),
    responses((status = 200, description = "set", body = Object))
)]
async fn set_policy(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    JsonBody(document): JsonBody<Value>,
) -> Result<Json<Value>, Problem> {
    let policy = TenantPolicy::read(&document)
        .map_err(|err| Problem::new(&Kind::INVALID, format!("the policy is not valid: {err}")))?;
    let set = admin.edit(&caller, "policy", move |tenant, _| Ok(tenant.set_policy(policy))).await?;
    Ok(Json(set.document()))
}
