//! `/v1/keys`: who may do what. A key is shown once, when it is made.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Owner};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::Problem;
use crate::tenants::{ApiKey, KeyId, Role, Tenant};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(create_key, list_keys)).routes(routes!(delete_key))
}

/// What a key allows; each role all that the one before it does.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum RoleName {
    Viewer,
    Developer,
    Owner,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Viewer => Self::Viewer,
            RoleName::Developer => Self::Developer,
            RoleName::Owner => Self::Owner,
        }
    }
}

impl From<Role> for RoleName {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Developer => Self::Developer,
            Role::Owner => Self::Owner,
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewKey {
    /// What you call it: who or what will use it.
    name: String,
    role: RoleName,
}

#[derive(Serialize, ToSchema)]
struct CreatedKey {
    id: String,
    /// The key. It is not shown again.
    key: String,
    name: String,
    role: RoleName,
    created_at: String,
}

/// Creates a key.
#[utoipa::path(
    post, path = "/v1/keys", tag = "keys", security(("key" = ["owner"])),
    request_body = NewKey,
    responses((status = 201, description = "created", body = CreatedKey))
)]
async fn create_key(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Owner>,
    JsonBody(new): JsonBody<NewKey>,
) -> Result<(StatusCode, Json<CreatedKey>), Problem> {
    let name = new.name.clone();
    let add = move |tenant: &mut Tenant, now| {
        let (text, key) = ApiKey::draw(new.name, new.role.into(), now)?;
        Ok((text, tenant.add_key(key)?))
    };
    let (text, key) = admin.edit(&caller, name, add).await?;
    let created = CreatedKey {
        id: key.id.as_str().to_owned(),
        key: text.expose().to_owned(),
        name: key.name.clone(),
        role: key.role.into(),
        created_at: key.created_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

#[derive(Serialize, ToSchema)]
struct KeyItem {
    id: String,
    name: String,
    role: RoleName,
    created_at: String,
    /// When it was last used, to the minute; null when it never was.
    last_used_at: Option<String>,
}

/// Lists the keys, the oldest first; never their texts.
#[utoipa::path(
    get, path = "/v1/keys", tag = "keys", security(("key" = ["owner"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<KeyItem>))
)]
async fn list_keys(caller: Caller<Owner>, paging: Paging) -> Json<Listed<KeyItem>> {
    let by_age = |key: &Arc<ApiKey>| format!("{} {}", key.created_at, key.id.as_str());
    let mut keys: Vec<_> = caller.tenant.keys().map(|key| (by_age(key), key)).collect();
    keys.sort_by(|(one, _), (other, _)| one.cmp(other));
    let items = keys.into_iter().map(|(name, key)| {
        let item = KeyItem {
            id: key.id.as_str().to_owned(),
            name: key.name.clone(),
            role: key.role.into(),
            created_at: key.created_at.to_string(),
            last_used_at: key.last_used_at().map(|at| at.to_string()),
        };
        (name, item)
    });
    Json(paging.page_of_all(items))
}

/// Revokes a key: it is refused from now on.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", tag = "keys", security(("key" = ["owner"])),
    params(("id" = String, Path)),
    responses((status = 204, description = "revoked"))
)]
async fn delete_key(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Owner>,
    Named(id): Named<KeyId>,
) -> Result<StatusCode, Problem> {
    let object = id.as_str().to_owned();
    admin.edit(&caller, object, move |tenant, _| tenant.remove_key(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
