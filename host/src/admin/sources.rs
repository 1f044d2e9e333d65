//! `/v1/sources`: the inlets for events, their addresses and their secrets.

use std::sync::Arc;

use axum::Json;
use axum::extract::{FromRequestParts, State};
use axum::http::StatusCode;
use axum::http::header::HOST;
use axum::http::request::Parts;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use crate::domain::SourceId;
use crate::tenants::{RegisteredSource, Secret, Source, SourceDemands, Tenant};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new()
        .routes(routes!(create_source, list_sources))
        .routes(routes!(rotate_source))
        .routes(routes!(retire_secrets))
        .routes(routes!(delete_source))
}

/// Letters shown of the end of a source's token: the others are still 140 random bits.
const TOKEN_LETTERS_SHOWN: usize = 4;

/// How the server is reached from outside: where sources' addresses begin.
struct Origin(String);

impl FromRequestParts<Arc<Admin>> for Origin {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, admin: &Arc<Admin>) -> Result<Self, Problem> {
        if let Some(url) = &admin.public_url {
            return Ok(Self(url.trim_end_matches('/').to_owned()));
        }
        let host = parts.headers.get(HOST).and_then(|host| host.to_str().ok());
        let missing =
            || Problem::new(&Kind::MALFORMED, "the header `Host` is missing: the source's address begins with it");
        host.map(|host| Self(format!("http://{host}"))).ok_or_else(missing)
    }
}

impl Origin {
    fn url(&self, source: &Source) -> String {
        format!("{}/in/{}", self.0, source.token.expose())
    }

    /// The same with the token masked: enough of it to compare it with what Segment was given, too little to guess it.
    fn masked_url(&self, source: &Source) -> String {
        let token = source.token.expose();
        let end = token.char_indices().nth_back(TOKEN_LETTERS_SHOWN - 1).map_or("", |(at, _)| &token[at..]);
        format!("{}/in/***{end}", self.0)
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewSource {
    name: String,
    /// The secret that Segment signs with; drawn when not given.
    secret: Option<String>,
    /// What `Authorization: Bearer` must carry, where it is to be asked for.
    bearer: Option<String>,
    /// The user name that `Authorization: Basic` must carry, where it is to be asked for.
    basic_key: Option<String>,
    /// Signatures are not asked for.
    #[serde(default)]
    unsigned: bool,
}

#[derive(Serialize, ToSchema)]
struct CreatedSource {
    source: String,
    /// Where Segment shall send events to. Only `rotate` shows it again.
    url: String,
    /// The secret for Segment's form; none when signatures are not asked for. It is not shown again.
    secrets: Vec<String>,
    created_at: String,
}

/// Creates a source.
#[utoipa::path(
    post, path = "/v1/sources", tag = "sources", security(("key" = ["developer"])),
    request_body = NewSource,
    responses((status = 201, description = "created", body = CreatedSource))
)]
async fn create_source(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    origin: Origin,
    JsonBody(new): JsonBody<NewSource>,
) -> Result<(StatusCode, Json<CreatedSource>), Problem> {
    let id = SourceId::parse(&new.name)?;
    let object = id.clone();
    let demands = SourceDemands {
        secret: new.secret.map(Secret::new),
        bearer: new.bearer.map(Secret::new),
        basic_key: new.basic_key.map(Secret::new),
        unsigned: new.unsigned,
    };
    let add = |tenant: &mut Tenant, now| {
        let drawn = RegisteredSource::draw(tenant.id.clone(), id, demands, now)?;
        tenant.add_source(drawn)
    };
    let added = admin.edit(&caller, object, add).await?;
    let created = CreatedSource {
        source: added.source.id.to_string(),
        url: origin.url(&added.source),
        secrets: added.source.secrets.iter().map(|secret| secret.expose().to_owned()).collect(),
        created_at: added.created_at.to_string(),
    };
    Ok((StatusCode::CREATED, Json(created)))
}

#[derive(Serialize, ToSchema)]
struct SourceItem {
    source: String,
    /// Its address, masked but for its end: who knows the address may send events.
    url: String,
    /// How many secrets are good; 0 when signatures are not asked for.
    active_secrets: usize,
    /// Whether a bearer token is asked for.
    bearer: bool,
    /// Whether a Basic key is asked for.
    basic_key: bool,
    created_at: String,
}

/// Lists the sources, by name.
#[utoipa::path(
    get, path = "/v1/sources", tag = "sources", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<SourceItem>))
)]
async fn list_sources(caller: Caller<Viewer>, origin: Origin, paging: Paging) -> Json<Listed<SourceItem>> {
    let items = caller.tenant.sources().map(|registered| {
        let item = SourceItem::of(registered, &origin);
        (item.source.clone(), item)
    });
    Json(paging.page_of_all(items))
}

impl SourceItem {
    fn of(registered: &RegisteredSource, origin: &Origin) -> Self {
        let source = &registered.source;
        Self {
            source: source.id.to_string(),
            url: origin.masked_url(source),
            active_secrets: source.secrets.len(),
            bearer: source.bearer.is_some(),
            basic_key: source.basic_key.is_some(),
            created_at: registered.created_at.to_string(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Rotation {
    /// The new secret; drawn when not given.
    secret: Option<String>,
}

#[derive(Serialize, ToSchema)]
struct RotatedSource {
    source: String,
    url: String,
    /// The new secret. It is not shown again.
    secrets: Vec<String>,
    /// How many secrets are good: the one before stays so until the next rotation.
    active_secrets: usize,
}

/// Gives a source a new secret; the one before stays good until the next rotation.
#[utoipa::path(
    post, path = "/v1/sources/{source}/rotate", tag = "sources", security(("key" = ["developer"])),
    params(("source" = String, Path)), request_body = Rotation,
    responses((status = 200, description = "rotated", body = RotatedSource))
)]
async fn rotate_source(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    origin: Origin,
    Named(id): Named<SourceId>,
    JsonBody(rotation): JsonBody<Rotation>,
) -> Result<Json<RotatedSource>, Problem> {
    let (secret, object) = (rotation.secret.map(Secret::new), id.clone());
    let rotated = admin.edit(&caller, object, move |tenant, _| tenant.rotate_source(&id, secret)).await?;
    let source = &rotated.source;
    Ok(Json(RotatedSource {
        source: source.id.to_string(),
        url: origin.url(source),
        secrets: source.secrets.first().map(|newest| newest.expose().to_owned()).into_iter().collect(),
        active_secrets: source.secrets.len(),
    }))
}

/// Ends all secrets of a source but the newest: what the others signed is refused.
#[utoipa::path(
    post, path = "/v1/sources/{source}/retire", tag = "sources", security(("key" = ["developer"])),
    params(("source" = String, Path)),
    responses((status = 200, description = "retired", body = SourceItem))
)]
async fn retire_secrets(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    origin: Origin,
    Named(id): Named<SourceId>,
) -> Result<Json<SourceItem>, Problem> {
    let left = admin.edit(&caller, id.clone(), move |tenant, _| tenant.retire_secrets(&id)).await?;
    Ok(Json(SourceItem::of(&left, &origin)))
}

/// Deletes a source: nothing comes in through it any more.
#[utoipa::path(
    delete, path = "/v1/sources/{source}", tag = "sources", security(("key" = ["developer"])),
    params(("source" = String, Path)),
    responses((status = 204, description = "deleted"))
)]
async fn delete_source(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(id): Named<SourceId>,
) -> Result<StatusCode, Problem> {
    admin.edit(&caller, id.clone(), move |tenant, _| tenant.remove_source(&id)).await?;
    Ok(StatusCode::NO_CONTENT)
}
