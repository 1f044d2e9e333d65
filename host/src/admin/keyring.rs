//! `/v1/keyring`: what the operator does with master keys while the server runs. The keys themselves never come here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::caller::Bootstrap;
use super::problem::Problem;
use super::workshop::aside;

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(rotate_master_keys))
}

#[derive(Serialize, ToSchema)]
struct RotatedKeys {
    /// The id of the master key that everything is sealed with now.
    current: String,
    /// How many sources and channels were sealed anew.
    resealed: usize,
    /// The ids of master keys whose lines are no longer needed, but for copies of the data that are older.
    retired: Vec<String>,
}

/// Reads the master keys again, and seals everything anew with the first of them.
#[utoipa::path(
    post, path = "/v1/keyring/rotate", tag = "keyring", security(("key" = ["bootstrap"])),
    responses((status = 200, description = "rotated", body = RotatedKeys))
)]
async fn rotate_master_keys(
    State(admin): State<Arc<Admin>>,
    bootstrap: Bootstrap,
) -> Result<Json<RotatedKeys>, Problem> {
    let (directory, deed) = (Arc::clone(&admin.directory), bootstrap.deed(""));
    let rotation = aside(move || directory.by(&deed).rotate_master_keys()).await?;
    Ok(Json(RotatedKeys { current: rotation.current, resealed: rotation.resealed, retired: rotation.retired }))
}
