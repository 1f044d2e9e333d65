//! `/v1/sweeps`: questions to many, under way or over. Each partition asks its own people; here they are seen as one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::caller::{Caller, Viewer};
use super::paging::{Listed, PageQuery, Paging};
use super::problem::Problem;
use super::records::{self, Unreadable};
use super::workshop::aside;
use crate::domain::{Timestamp, limits};
use crate::store::{Book, Page, Reports, Row, RowKey, StoreError};
use crate::worker::{QuestionRow, SweepRow};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(list_sweeps))
}

#[derive(Serialize, ToSchema)]
struct SweepItem {
    /// When it began.
    at: String,
    /// What began it.
    sweep: String,
    campaigns: Vec<String>,
    /// The cause that people are asked about.
    cause: String,
    /// `open`, `ended` or, where it did not begin, `missed`.
    state: &'static str,
    /// How many were asked so far.
    asked: u64,
    /// When its last part ended.
    ended_at: Option<String>,
    /// Why it ended before everybody was asked, or did not begin.
    reason: Option<String>,
}

/// Lists sweeps, the oldest first.
#[utoipa::path(
    get, path = "/v1/sweeps", tag = "campaigns", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<SweepItem>))
)]
async fn list_sweeps(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<SweepItem>>, Problem> {
    let after = paging.after.as_deref().map(records::place).transpose()?;
    let page = Page { tenant: caller.tenant.id.clone(), page: String::new(), after };
    // One of each partition, open or ended.
    let max = (paging.limit + 1) * usize::from(limits::EMBEDDED_PARTITIONS);
    let reports = Arc::clone(&admin.reports);
    let parts = aside(move || read(reports.as_ref(), &page, max)).await?;
    let items = parts.iter().map(|(key, parts)| Ok((records::cursor(key), item(parts)?)));
    Ok(Json(paging.page(items.collect::<Result<Vec<_>, Unreadable>>()?)))
}

/// The parts of each sweep, in order.
fn read(reports: &dyn Reports, page: &Page, max: usize) -> Result<BTreeMap<RowKey, Vec<Row>>, StoreError> {
    let mut parts: BTreeMap<RowKey, Vec<Row>> = BTreeMap::new();
    for book in [Book::Sweeps, Book::Swept] {
        for row in reports.rows(book, page, max)? {
            parts.entry(row.key.clone()).or_default().push(row);
        }
    }
    Ok(parts)
}

fn item(parts: &[Row]) -> Result<SweepItem, Unreadable> {
    let parts: Vec<SweepRow> = parts.iter().map(|row| SweepRow::decode(&row.body)).collect::<Result<_, _>>()?;
    let first = parts.first().expect("a sweep should have a part");
    let asked = parts.iter().map(|part| part.asked).sum();
    let reason = parts.iter().find_map(|part| part.reason.clone());
    let state = match (parts.iter().all(|part| part.ended.is_some()), asked, &reason) {
        (false, ..) => "open",
        (true, 0, Some(_)) => "missed",
        (true, ..) => "ended",
    };
    let moment = |ms: i64| Timestamp::from_millis(ms).to_string();
    let ended_at = parts.iter().filter_map(|part| part.ended).max().filter(|_| state != "open").map(moment);
    Ok(SweepItem {
        at: moment(first.at),
        sweep: first.sweep.clone(),
        campaigns: first.campaigns.clone(),
        cause: match &first.question {
            QuestionRow::Schedule { moment, .. } => format!("schedule:{moment}"),
            QuestionRow::ItemChanged { subject, .. } => format!("item:{subject}"),
            QuestionRow::CatchUp => "catch-up".to_owned(),
        },
        state,
        asked,
        ended_at,
        reason,
    })
}
