//! `/v1/campaigns`: modules under a name, published, paused, rolled back.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::body::JsonBody;
use super::caller::{Caller, Developer, Viewer};
use super::manifest::ManifestAnswer;
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use super::{Admin, audiences, workshop};
use crate::conditions::Audiences;
use crate::domain::{CampaignName, Json as JsonText, Manifest, ModuleDigest, Revision, Timestamp, Trigger};
use crate::schedules::{Audience, Schedule};
use crate::settings::Settings;
use crate::tenants::{Campaign, CampaignAction, Publication, Published, Tenant};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new()
        .routes(routes!(create_campaign, list_campaigns))
        .routes(routes!(show_campaign))
        .routes(routes!(publish_campaign))
        .routes(routes!(pause_campaign))
        .routes(routes!(resume_campaign))
        .routes(routes!(archive_campaign))
        .routes(routes!(roll_back_campaign))
}

#[derive(Serialize, ToSchema)]
struct CampaignItem {
    campaign: String,
    /// `draft`, `active`, `paused`, `suspended` or `archived`.
    state: &'static str,
    /// Since when the campaign is suspended, while it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_at: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    suspended_because: Option<String>,
    /// The current revision's number; null before the first publication.
    revision: Option<u32>,
    module: Option<String>,
    published_at: Option<String>,
    created_at: String,
}

impl From<&Campaign> for CampaignItem {
    fn from(campaign: &Campaign) -> Self {
        let current = campaign.current();
        Self {
            campaign: campaign.name.to_string(),
            state: campaign.state.as_str(),
            suspended_at: campaign.suspended.as_ref().map(|why| why.at.to_string()),
            suspended_because: campaign.suspended.as_ref().map(|why| why.reason.clone()),
            revision: current.map(|published| published.revision.0),
            module: current.map(|published| published.module.to_string()),
            published_at: current.map(|published| published.published_at.to_string()),
            created_at: campaign.created_at.to_string(),
        }
    }
}

#[derive(Serialize, ToSchema)]
struct CampaignWhole {
    #[serde(flatten)]
    campaign: CampaignItem,
    /// The current revision's configuration; null before the first publication.
    #[schema(value_type = Object, nullable)]
    configuration: Option<Value>,
    /// The current revision's settings, those that are not as usual; null before the first publication.
    #[schema(value_type = Object, nullable)]
    settings: Option<Value>,
    /// What the configured module said about itself; null before the first publication.
    manifest: Option<ManifestAnswer>,
    /// The kept revisions, the newest first.
    revisions: Vec<RevisionItem>,
}

#[derive(Serialize, ToSchema)]
struct RevisionItem {
    revision: u32,
    module: String,
    published_at: String,
}

impl From<&Campaign> for CampaignWhole {
    fn from(campaign: &Campaign) -> Self {
        let current = campaign.current();
        let revisions = campaign.revisions().rev().map(|published| RevisionItem {
            revision: published.revision.0,
            module: published.module.to_string(),
            published_at: published.published_at.to_string(),
        });
        Self {
            campaign: campaign.into(),
            configuration: current.map(|published| published.configuration.value()),
            settings: current.map(|published| published.settings.document()),
            manifest: current.map(|published| (&*published.manifest).into()),
            revisions: revisions.collect(),
        }
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct NewCampaign {
    /// 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit.
    campaign: String,
}

/// Creates a draft.
#[utoipa::path(
    post, path = "/v1/campaigns", tag = "campaigns", security(("key" = ["developer"])),
    request_body = NewCampaign,
    responses((status = 201, description = "created", body = CampaignItem))
)]
async fn create_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    JsonBody(new): JsonBody<NewCampaign>,
) -> Result<(StatusCode, Json<CampaignItem>), Problem> {
    let name = CampaignName::parse(&new.campaign)?;
    let created = admin.edit(&caller, name.clone(), move |tenant, now| tenant.create_campaign(name, now)).await?;
    Ok((StatusCode::CREATED, Json((&*created).into())))
}

/// Lists the campaigns, by name.
#[utoipa::path(
    get, path = "/v1/campaigns", tag = "campaigns", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<CampaignItem>))
)]
async fn list_campaigns(caller: Caller<Viewer>, paging: Paging) -> Json<Listed<CampaignItem>> {
    let items = caller.tenant.campaigns().map(|campaign| (campaign.name.to_string(), (&**campaign).into()));
    Json(paging.page_of_all(items))
}

/// Shows a campaign, its configuration and its revisions.
#[utoipa::path(
    get, path = "/v1/campaigns/{campaign}", tag = "campaigns", security(("key" = ["viewer"])),
    params(("campaign" = String, Path)),
    responses((status = 200, description = "the campaign", body = CampaignWhole))
)]
async fn show_campaign(
    caller: Caller<Viewer>,
    Named(name): Named<CampaignName>,
) -> Result<Json<CampaignWhole>, Problem> {
    let campaign = caller.tenant.campaign(&name).ok_or_else(|| Tenant::unknown_campaign(&name))?;
    Ok(Json((&**campaign).into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct PublishRequest {
    /// A module that was uploaded.
    module: String,
    /// What the module is configured with; `{}` when not given.
    #[serde(default = "empty_object")]
    #[schema(value_type = Object)]
    configuration: Value,
    /// What the house does for this campaign, whatever the module: `labels`, `catch_up`, `experiment` and those of `docs/policy.md`. A revision has those that it was published with.
    #[serde(default = "empty_object")]
    #[schema(value_type = Object)]
    settings: Value,
}

pub(super) fn empty_object() -> Value {
    Value::Object(serde_json::Map::new())
}

/// Configures the module and makes it the campaign's next revision, which is active. Creates the campaign when it is new.
#[utoipa::path(
    post, path = "/v1/campaigns/{campaign}/publish", tag = "campaigns", security(("key" = ["developer"])),
    params(("campaign" = String, Path)), request_body = PublishRequest,
    responses((status = 200, description = "published", body = CampaignItem))
)]
async fn publish_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<CampaignName>,
    JsonBody(wanted): JsonBody<PublishRequest>,
) -> Result<Json<CampaignItem>, Problem> {
    let digest = ModuleDigest::parse(&wanted.module)?;
    let configuration = JsonText::from(&wanted.configuration);
    let settings = Settings::read(&wanted.settings).map_err(refused_settings)?;
    caller.tenant.check_publishable(&name)?;
    let module = read_module(&admin, &caller, digest).await?;
    let (sandbox, directory) = (Arc::clone(&admin.sandbox), Arc::clone(&admin.directory));
    let (tenant, deed) = (caller.tenant.id.clone(), caller.deed(&name));
    let audiences = audiences::of(&caller.tenant);
    let publish = move || {
        let configured = sandbox.configure(&module, configuration.as_str())?;
        settings.check(&configured.manifest.triggers).map_err(refused_settings)?;
        check_schedules(&configured.manifest, directory.now(), &audiences)?;
        // Compiled before anybody is asked by it, so that no cause waits for that.
        sandbox.load(&configured.component, &configured.manifest)?;
        // Seconds later: a moment that was to come may have passed.
        check_schedules(&configured.manifest, directory.now(), &audiences)?;
        let publication = Publication { module: digest, configuration, settings, manifest: configured.manifest };
        directory.by(&deed).publish(&tenant, &name, publication, &configured.component).map_err(Problem::from)
    };
    let campaign = admin.workshop.run(&caller.tenant.id, publish).await?;
    Ok(Json((&*campaign).into()))
}

pub(super) fn refused_settings(err: impl std::fmt::Display) -> Problem {
    Problem::new(&Kind::INVALID, format!("settings {err}"))
}

/// Refuses schedules that cannot be read, never come, or name an audience that there is not.
pub(super) fn check_schedules(manifest: &Manifest, now: Timestamp, audiences: &Audiences) -> Result<(), Problem> {
    for (number, trigger) in manifest.triggers.iter().enumerate() {
        let Trigger::Schedule(json) = trigger else { continue };
        let refused = |why: String| {
            let detail = format!("the schedule that is trigger {}: {why}", number + 1);
            Problem::new(&Kind::INVALID, detail)
        };
        let schedule = Schedule::publish(&json.value(), now).map_err(|err| refused(err.to_string()))?;
        let checked = match schedule.audience() {
            // A condition may name Segment's, of which nobody knows which there are.
            None | Some(Audience::Condition(_)) => Ok(()),
            Some(Audience::Named(name)) => audiences.check_name(name),
        };
        checked.map_err(|err| refused(format!("at `/audience`: {err}")))?;
    }
    Ok(())
}

pub(super) async fn read_module(
    admin: &Admin,
    caller: &Caller<Developer>,
    digest: ModuleDigest,
) -> Result<Vec<u8>, Problem> {
    let (directory, tenant) = (Arc::clone(&admin.directory), caller.tenant.id.clone());
    workshop::aside(move || directory.module(&tenant, &digest)).await
}

/// Has a revision compiled before anybody is asked by it: its code may be another engine's, or gone.
async fn make_ready(admin: &Admin, caller: &Caller<Developer>, revision: &Arc<Published>) -> Result<(), Problem> {
    let (sandbox, directory) = (Arc::clone(&admin.sandbox), Arc::clone(&admin.directory));
    let revision = Arc::clone(revision);
    let make_ready = move || {
        if sandbox.recall(&revision.component, &revision.manifest).is_none() {
            let component = directory.component(&revision).map_err(|err| Problem::internal(&err))?;
            sandbox.load(&component, &revision.manifest)?;
        }
        Ok::<_, Problem>(())
    };
    admin.workshop.run(&caller.tenant.id, make_ready).await
}

/// The campaign is no longer asked; its people, timers and revisions are kept.
#[utoipa::path(
    post, path = "/v1/campaigns/{campaign}/pause", tag = "campaigns", security(("key" = ["developer"])),
    params(("campaign" = String, Path)),
    responses((status = 200, description = "paused", body = CampaignItem))
)]
async fn pause_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<CampaignName>,
) -> Result<Json<CampaignItem>, Problem> {
    act(&admin, &caller, name, CampaignAction::Pause).await
}

/// A paused or suspended campaign is asked again.
#[utoipa::path(
    post, path = "/v1/campaigns/{campaign}/resume", tag = "campaigns", security(("key" = ["developer"])),
    params(("campaign" = String, Path)),
    responses((status = 200, description = "resumed", body = CampaignItem))
)]
async fn resume_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<CampaignName>,
) -> Result<Json<CampaignItem>, Problem> {
    if let Some(current) = caller.tenant.campaign(&name).and_then(|campaign| campaign.current()) {
        make_ready(&admin, &caller, current).await?;
    }
    act(&admin, &caller, name, CampaignAction::Resume).await
}

/// The campaign is over, for good.
#[utoipa::path(
    post, path = "/v1/campaigns/{campaign}/archive", tag = "campaigns", security(("key" = ["developer"])),
    params(("campaign" = String, Path)),
    responses((status = 200, description = "archived", body = CampaignItem))
)]
async fn archive_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<CampaignName>,
) -> Result<Json<CampaignItem>, Problem> {
    act(&admin, &caller, name, CampaignAction::Archive).await
}

async fn act(
    admin: &Admin,
    caller: &Caller<Developer>,
    name: CampaignName,
    action: CampaignAction,
) -> Result<Json<CampaignItem>, Problem> {
    let object = name.clone();
    let act = move |tenant: &mut Tenant, _| tenant.act_on_campaign(&name, action);
    let campaign = admin.edit(caller, object, act).await?;
    Ok(Json((&*campaign).into()))
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RollbackRequest {
    /// The revision to go back to; the one before the current when not given.
    revision: Option<u32>,
}

/// Makes an earlier revision the newest, with a number of its own.
#[utoipa::path(
    post, path = "/v1/campaigns/{campaign}/rollback", tag = "campaigns", security(("key" = ["developer"])),
    params(("campaign" = String, Path)), request_body = RollbackRequest,
    responses((status = 200, description = "rolled back", body = CampaignItem))
)]
async fn roll_back_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<CampaignName>,
    JsonBody(wanted): JsonBody<RollbackRequest>,
) -> Result<Json<CampaignItem>, Problem> {
    let revision = wanted.revision.map(Revision);
    if let Some(earlier) = caller.tenant.campaign(&name).and_then(|campaign| campaign.earlier(revision).ok()) {
        make_ready(&admin, &caller, earlier).await?;
    }
    let object = name.clone();
    let roll_back = move |tenant: &mut Tenant, now| tenant.roll_back_campaign(&name, revision, now);
    let campaign = admin.edit(&caller, object, roll_back).await?;
    Ok(Json((&*campaign).into()))
}
