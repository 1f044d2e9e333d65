//! `/v1/items`: the tenant's catalogue, an item at a time. A whole feed comes by `feed`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::{Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use super::workshop::aside;
use crate::catalogue::Item;
use crate::domain::{AttributesError, ItemId, Said, amendments, attributes, attributes_json};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(list_items)).routes(routes!(show_item, set_item, amend_item, remove_item))
}

impl From<AttributesError> for Problem {
    fn from(err: AttributesError) -> Self {
        Self::new(&Kind::INVALID, err)
    }
}

/// An item as it is shown.
fn view(id: &str, item: &Item) -> Value {
    json!({"item": id, "attributes": attributes_json(&item.attributes()).value(), "of_events": item.of_events()})
}

/// Lists the items, by id. `of_events` names the attributes that events told.
#[utoipa::path(
    get, path = "/v1/items", tag = "items", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_items(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    let (after, max, tenant) = (paging.after.clone(), paging.limit + 1, caller.tenant.id.clone());
    let rows = aside(move || admin.items.items(&tenant, after.as_deref(), max)).await?;
    Ok(Json(paging.page(rows.into_iter().map(|(id, item)| (id.clone(), view(&id, &item))))))
}

/// Shows an item.
#[utoipa::path(
    get, path = "/v1/items/{item}", tag = "items", security(("key" = ["viewer"])), params(("item" = String, Path)),
    responses((status = 200, description = "the item", body = Value))
)]
async fn show_item(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    Named(id): Named<ItemId>,
) -> Result<Json<Value>, Problem> {
    let (tenant, wanted) = (caller.tenant.id.clone(), id.clone());
    let unknown =
        || Problem::new(&Kind::NOT_FOUND, format!("item `{id}` is not known: `item list` shows those there are"));
    let item = aside(move || admin.items.item(&tenant, &wanted)).await?.ok_or_else(unknown)?;
    Ok(Json(view(id.as_str(), &item)))
}

/// What became of an item.
#[derive(Serialize, ToSchema)]
struct SetItem {
    item: String,
    /// `new`, `changed` or `same`, as the item was known when it was asked.
    outcome: &'static str,
}

/// Sets an item's attributes, in place of those that were given before. What events told of it stays.
#[utoipa::path(
    put, path = "/v1/items/{item}", tag = "items", security(("key" = ["developer"])),
    params(("item" = String, Path)), request_body = Object,
    responses((status = 200, description = "kept; it is taken in within moments", body = SetItem))
)]
async fn set_item(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(id): Named<ItemId>,
    JsonBody(given): JsonBody<Value>,
) -> Result<Json<SetItem>, Problem> {
    say(admin, caller, id, Said::Is(attributes(&given)?)).await
}

/// Changes some of an item's attributes; one that is null is no more.
#[utoipa::path(
    patch, path = "/v1/items/{item}", tag = "items", security(("key" = ["developer"])),
    params(("item" = String, Path)), request_body = Object,
    responses((status = 200, description = "kept; it is taken in within moments", body = SetItem))
)]
async fn amend_item(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(id): Named<ItemId>,
    JsonBody(given): JsonBody<Value>,
) -> Result<Json<SetItem>, Problem> {
    say(admin, caller, id, Said::Becomes(amendments(&given)?)).await
}

/// Removes an item. One that is not there is no error.
#[utoipa::path(
    delete, path = "/v1/items/{item}", tag = "items", security(("key" = ["developer"])),
    params(("item" = String, Path)),
    responses((status = 204, description = "kept; it is gone within moments"))
)]
async fn remove_item(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(id): Named<ItemId>,
) -> Result<StatusCode, Problem> {
    say(admin, caller, id, Said::Gone).await.map(|_| StatusCode::NO_CONTENT)
}

async fn say(admin: Arc<Admin>, caller: Caller<Developer>, id: ItemId, said: Said) -> Result<Json<SetItem>, Problem> {
    let tenant = caller.tenant.id.clone();
    admin.items.admit(&tenant)?;
    let request = caller.deed(&id).request_id.unwrap_or_default();
    let word = admin.items.word(&request, id.clone(), said);
    let (desk, asking, wanted) = (Arc::clone(&admin), tenant.clone(), id.clone());
    let look = move || {
        desk.items.check_room(&asking)?;
        desk.items.item(&asking, &wanted)
    };
    let before = aside(look).await?;
    let after = Item::after(before.as_ref(), &word);
    let is_same = Item::changes(before.as_ref(), after.as_ref()).is_empty();
    admin.items.keep(&tenant, vec![word]).await?;
    let outcome = match before {
        None => "new",
        Some(_) if is_same => "same",
        Some(_) => "changed",
    };
    Ok(Json(SetItem { item: id.to_string(), outcome }))
}
