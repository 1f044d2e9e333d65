//! `/v1/campaigns/{campaign}/check`: which rules will decide about a campaign's messages, before it is published. Nothing is kept.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::body::JsonBody;
use super::caller::{Caller, Developer};
use super::campaigns::{read_module, refused_settings};
use super::named::Named;
use super::problem::{Kind, Problem};
use crate::check::{Line, Plan, Report, Rival, check};
use crate::domain::{CampaignName, Json as JsonText, Manifest, ModuleDigest};
use crate::settings::Settings;
use crate::tenants::{CampaignState, Published, Tenant};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(check_campaign))
}

/// What would be published. What is left out is as the published revision has it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct CheckRequest {
    /// A module that was uploaded.
    module: Option<String>,
    /// What the module is configured with.
    #[schema(value_type = Object, nullable)]
    configuration: Option<Value>,
    /// The settings: `docs/policy.md`.
    #[schema(value_type = Object, nullable)]
    settings: Option<Value>,
}

/// Which rules will decide.
#[derive(Serialize, ToSchema)]
struct CheckAnswer {
    campaign: String,
    /// What holds for the campaign by itself, in the order in which the rules are asked.
    rules: Vec<RuleItem>,
    /// The active campaigns that may be asked about the same, by name.
    rivals: Vec<RivalItem>,
}

#[derive(Serialize, ToSchema)]
struct RuleItem {
    /// The rule, as the ledger names it.
    rule: &'static str,
    /// What it holds the campaign's messages to.
    holds: String,
}

#[derive(Serialize, ToSchema)]
struct RivalItem {
    campaign: String,
    /// Null when it has none.
    priority: Option<u32>,
    /// What both are asked about.
    causes: Vec<String>,
    /// The channels that both may use.
    channels: Vec<String>,
    /// Which rule decides between the two.
    decides: String,
}

impl CheckAnswer {
    fn new(campaign: &CampaignName, Report { rules, rivals }: Report) -> Self {
        let rule = |Line { rule, holds }| RuleItem { rule, holds };
        let rival = |Rival { campaign, priority, causes, channels, decides }| RivalItem {
            campaign,
            priority,
            causes,
            channels,
            decides,
        };
        Self {
            campaign: campaign.to_string(),
            rules: rules.into_iter().map(rule).collect(),
            rivals: rivals.into_iter().map(rival).collect(),
        }
    }
}

/// Says which rules would decide about the campaign's messages, and which campaigns would compete with it. Publishes nothing.
#[utoipa::path(
    post, path = "/v1/campaigns/{campaign}/check", tag = "campaigns", security(("key" = ["developer"])),
    params(("campaign" = String, Path)), request_body = CheckRequest,
    responses((status = 200, description = "what will decide", body = CheckAnswer))
)]
async fn check_campaign(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(name): Named<CampaignName>,
    JsonBody(wanted): JsonBody<CheckRequest>,
) -> Result<Json<CheckAnswer>, Problem> {
    let published = caller.tenant.campaign(&name).and_then(|campaign| campaign.current());
    let settings = match (&wanted.settings, published) {
        (Some(document), _) => Arc::new(Settings::read(document).map_err(refused_settings)?),
        (None, Some(published)) => Arc::clone(&published.settings),
        (None, None) => Arc::default(),
    };
    let manifest = manifest(&admin, &caller, (&name, &wanted), published).await?;
    settings.check(&manifest.triggers).map_err(refused_settings)?;
    let plan = Plan { name: &name, manifest: &manifest, settings: &settings };
    let report = check(&plan, active(&caller.tenant), caller.tenant.policy());
    Ok(Json(CheckAnswer::new(&name, report)))
}

/// What the module says of itself: with another module or configuration it is asked anew.
async fn manifest(
    admin: &Admin,
    caller: &Caller<Developer>,
    (name, wanted): (&CampaignName, &CheckRequest),
    published: Option<&Arc<Published>>,
) -> Result<Arc<Manifest>, Problem> {
    let (digest, configuration) = match (&wanted.module, &wanted.configuration, published) {
        (None, None, Some(published)) => return Ok(Arc::clone(&published.manifest)),
        (Some(module), configuration, _) => (ModuleDigest::parse(module)?, configuration.as_ref().map(JsonText::from)),
        (None, configuration, Some(published)) => (published.module, configuration.as_ref().map(JsonText::from)),
        (None, _, None) => {
            let detail = format!("campaign `{name}` has no revision yet: say which `module` would be published");
            return Err(Problem::new(&Kind::INVALID, detail));
        }
    };
    let usual = || published.map(|published| published.configuration.clone());
    let configuration =
        configuration.or_else(usual).unwrap_or_else(|| JsonText::from(&super::campaigns::empty_object()));
    let (module, sandbox) = (read_module(admin, caller, digest).await?, Arc::clone(&admin.sandbox));
    let configure = move || sandbox.configure(&module, configuration.as_str());
    let configured = admin.workshop.run(&caller.tenant.id, configure).await?;
    Ok(Arc::new(configured.manifest))
}

/// The campaigns that are asked now.
fn active(tenant: &Tenant) -> impl Iterator<Item = Plan<'_>> {
    let active = tenant.campaigns().filter(|campaign| campaign.state == CampaignState::Active);
    active.filter_map(|campaign| {
        let Published { manifest, settings, .. } = &**campaign.current()?;
        Some(Plan { name: &campaign.name, manifest, settings })
    })
}
