//! `/v1/profiles/{profile}/explain`: why a person did, or did not, get a campaign's messages.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::caller::{Caller, Viewer};
use super::named::Named;
use super::people::{self, found};
use super::problem::{Kind, Problem};
use super::workshop::aside;
use crate::domain::{CampaignName, ProfileId, ProfileKey, Timestamp};
use crate::explain::{Case, Known, Line, explain};
use crate::ledger::LedgerRow;
use crate::tenants::{Campaign, CampaignState, Tenant};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(explain_profile))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ExplainQuery {
    /// The only campaign that is of interest; without it, all that are asked about anything, and those that were about this person.
    campaign: Option<String>,
    /// The only step that is of interest.
    step: Option<String>,
}

/// Why a person did, or did not, get what campaigns send.
#[derive(Serialize, ToSchema)]
struct Explanation {
    /// Under which id the person is kept now.
    profile: String,
    /// By campaign.
    campaigns: Vec<CampaignExplanation>,
}

#[derive(Serialize, ToSchema)]
struct CampaignExplanation {
    campaign: String,
    /// First what is so now, then what happened, the newest first.
    lines: Vec<ExplanationLine>,
}

#[derive(Serialize, ToSchema)]
struct ExplanationLine {
    /// When; null for what is so now.
    at: Option<String>,
    text: String,
}

impl From<Line> for ExplanationLine {
    fn from(line: Line) -> Self {
        Self { at: line.at.map(|at| Timestamp::from_millis(at).to_string()), text: line.text }
    }
}

/// Says in a few lines why a person did, or did not, get what campaigns send.
#[utoipa::path(
    get, path = "/v1/profiles/{profile}/explain", tag = "people", security(("key" = ["viewer"])),
    params(("profile" = String, Path)),
    responses((status = 200, description = "the explanation", body = Explanation))
)]
async fn explain_profile(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    Named(id): Named<ProfileId>,
    Query(query): Query<ExplainQuery>,
) -> Result<Json<Explanation>, Problem> {
    let wanted = query.campaign.as_deref().map(CampaignName::parse).transpose()?;
    let key = ProfileKey { tenant: caller.tenant.id.clone(), profile: id.clone() };
    let (key, Some(person)) = found(&admin, key).await? else {
        let detail = format!("profile `{id}` is not known: nothing was heard of them, or they were erased");
        return Err(Problem::new(&Kind::NOT_FOUND, detail));
    };
    let rows = ledger(&admin, &key).await?;
    let campaigns = asked_about(&caller.tenant, &rows, wanted.as_ref())?;
    let case = Case { person: &person, rows: &rows, step: query.step.as_deref() };
    let campaigns = campaigns.into_iter().map(|campaign| of_campaign(&admin, &key, campaign, &case)).collect();
    Ok(Json(Explanation { profile: key.profile.to_string(), campaigns }))
}

async fn ledger(admin: &Admin, key: &ProfileKey) -> Result<Vec<LedgerRow>, Problem> {
    let (reports, key) = (Arc::clone(&admin.reports), key.clone());
    aside(move || people::ledger(reports.as_ref(), &key)).await
}

fn asked_about<'a>(
    tenant: &'a Tenant,
    rows: &[LedgerRow],
    wanted: Option<&CampaignName>,
) -> Result<Vec<&'a Campaign>, Problem> {
    if let Some(name) = wanted {
        let campaign = tenant.campaign(name).ok_or_else(|| {
            Problem::new(
                &Kind::NOT_FOUND,
                format!("campaign `{name}` is not known: `campaign list` shows those there are"),
            )
        })?;
        return Ok(vec![campaign]);
    }
    let has_rows = |campaign: &Campaign| rows.iter().any(|row| row.campaign == campaign.name.as_str());
    let is_active = |campaign: &Campaign| campaign.state == CampaignState::Active;
    Ok(tenant.campaigns().map(|campaign| &**campaign).filter(|one| is_active(one) || has_rows(one)).collect())
}

fn of_campaign(admin: &Admin, key: &ProfileKey, campaign: &Campaign, case: &Case<'_>) -> CampaignExplanation {
    let manifest = campaign.current().map(|published| &published.manifest);
    let known_by = |channel: &'_ String| admin.switchboard.known_by(&key.tenant, channel);
    let channels = manifest.map_or(&[][..], |manifest| &manifest.channels);
    let is_active = campaign.state == CampaignState::Active;
    let known = Known {
        name: &campaign.name,
        idle: (!is_active).then(|| campaign.state.as_str().to_owned()),
        triggers: manifest.map_or(&[], |manifest| &manifest.triggers),
        channels: channels.iter().map(|channel| (channel.as_str(), known_by(channel))).collect(),
    };
    let lines = explain(case, &known).into_iter().map(ExplanationLine::from).collect();
    CampaignExplanation { campaign: campaign.name.to_string(), lines }
}
