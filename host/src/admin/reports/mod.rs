//! `/v1/campaigns/{campaign}/report` and `/v1/reports`: what campaigns came to, in figures, and whether the figures are right.

mod answer;
mod range;
mod rebuild;

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::HeaderMap;
use axum::http::header::{ACCEPT, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use self::answer::{ReportAnswer, csv};
use self::range::{Asked, ReportQuery};
use super::Admin;
use super::caller::{Caller, Viewer};
use super::named::Named;
use super::problem::{Kind, Problem};
use super::records::Unreadable;
use super::workshop::aside;
use crate::domain::{CampaignName, Figures, Group, TenantId, VariationName, limits};
use crate::reports::{Counted, Report, Subject};
use crate::store::{Book, Page, Reports, Row};
use crate::tenants::Campaign;

/// How a table asks to be a table.
const CSV: &str = "text/csv";

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(show_report)).merge(rebuild::operations())
}

/// Says what a campaign came to, in sums; as a table (`Accept: text/csv`) of what figures are told apart by.
#[utoipa::path(
    get, path = "/v1/campaigns/{campaign}/report", tag = "campaigns", security(("key" = ["viewer"])),
    params(("campaign" = String, Path)),
    responses((status = 200, description = "the report", body = ReportAnswer))
)]
async fn show_report(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    Named(name): Named<CampaignName>,
    Query(query): Query<ReportQuery>,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let campaign = caller.tenant.campaign(&name).ok_or_else(|| {
        Problem::new(&Kind::NOT_FOUND, format!("campaign `{name}` is not known: `campaign list` shows those there are"))
    })?;
    let asked = query.read(campaign)?;
    let (reports, tenant) = (Arc::clone(&admin.reports), caller.tenant.id.clone());
    let (asked, report) =
        aside(move || read(reports.as_ref(), (&tenant, &name), &asked).map(|sum| (asked, sum))).await?;
    let wants_csv =
        headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()).is_some_and(|accept| accept.contains(CSV));
    if wants_csv {
        return Ok(([(CONTENT_TYPE, CSV)], csv(&asked, &report)?).into_response());
    }
    Ok(Json(ReportAnswer::of(campaign, &asked, &report)).into_response())
}

/// Adds up a campaign's counters, page by page. Those of one hour and subject may be in several partitions, and a page that ends among them
/// is taken up again from there.
fn read(
    reports: &dyn Reports,
    (tenant, campaign): (&TenantId, &CampaignName),
    asked: &Asked,
) -> Result<Report, Problem> {
    let mut report = Report::default();
    let after = Some((asked.hours.start.saturating_sub(1), String::new()));
    let mut page = Page { tenant: tenant.clone(), page: campaign.to_string(), after };
    let mut left = limits::REPORT_COUNTERS_MAX;
    loop {
        let mut rows = reports.rows(Book::Counters, &page, limits::REPORT_PAGE_MAX)?;
        let is_last = rows.len() < limits::REPORT_PAGE_MAX;
        if !is_last {
            drop_last(&mut rows);
        }
        left = left.checked_sub(rows.len()).ok_or_else(too_much)?;
        for row in rows.iter().filter(|row| row.key.at < asked.hours.end) {
            let counted = Counted::decode(&row.body).map_err(|err| Problem::internal(&err))?;
            let subject = Subject::decode(&row.key.id).map_err(Unreadable::from)?;
            report.add(&asked.question, (row.key.at, &subject), &counted.all);
        }
        match rows.last() {
            Some(last) if !is_last && last.key.at < asked.hours.end => {
                page.after = Some((last.key.at, last.key.id.clone()));
            }
            _ => return Ok(report),
        }
    }
}

/// What is counted of the arms of a campaign's experiment, those without anybody among them.
pub(crate) fn arms(
    reports: &dyn Reports,
    tenant: &TenantId,
    campaign: &Campaign,
) -> Result<Vec<(Group, Figures)>, String> {
    let report =
        read(reports, (tenant, &campaign.name), &Asked::of_arms(campaign)).map_err(|problem| problem.detail())?;
    let Some(current) = campaign.current() else { return Ok(Vec::new()) };
    let design = &current.settings.experiment;
    let variations: Vec<VariationName> = design.variations.iter().map(|variation| variation.name.clone()).collect();
    let mut arms = report.arms(&variations);
    for group in design.groups() {
        if !arms.iter().any(|(known, _)| *known == group) {
            arms.push((group, Figures::default()));
        }
    }
    Ok(arms)
}

/// Drops the rows of the last key: there may be more of it.
fn drop_last(rows: &mut Vec<Row>) {
    let Some(last) = rows.last().map(|row| row.key.clone()) else { return };
    rows.truncate(rows.partition_point(|row| row.key < last));
}

fn too_much() -> Problem {
    Problem::new(&Kind::INVALID, "that is too much for one report: ask for less time with `from` and `to`")
}
