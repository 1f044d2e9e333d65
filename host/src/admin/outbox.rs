//! `/v1/outbox`: what is promised and not delivered, what was given up and why, and having it tried again.

use std::collections::BTreeMap;
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
use super::caller::{Caller, Developer, Viewer};
use super::paging::{Listed, PageQuery, Paging};
use super::people;
use super::problem::{Kind, Problem};
use super::records::Unreadable;
use super::workshop::aside;
use crate::domain::{InstructionId, TenantId, Timestamp, limits};
use crate::outbox::Entry;
use crate::store::Reports;
use crate::tenants::{AuditLog, DeedOutcome};
use crate::worker::{self, Obstacle};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(list_outbox)).routes(routes!(list_causes)).routes(routes!(redeliver))
}

/// Lists what is promised and not delivered, dead letters included, by id.
#[utoipa::path(
    get, path = "/v1/outbox", tag = "people", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_outbox(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    let after = paging.after.as_deref().map(InstructionId::parse).transpose()?;
    let (reports, tenant, max) = (Arc::clone(&admin.reports), caller.tenant.id.clone(), paging.limit + 1);
    let rows = aside(move || reports.outbox(&tenant, after.as_ref(), max)).await?;
    let items = rows.iter().map(|row| Ok((row.id.to_string(), Entry::decode(&row.body)?.view(row.due))));
    Ok(Json(paging.page(items.collect::<Result<Vec<_>, Unreadable>>()?)))
}

/// Dead letters that have all of this in common.
#[derive(Debug, Default, Clone, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct Wanted {
    /// Why they were given up: `refused`, `exhausted`, `expired`, `withdrawn` or `unwanted`.
    cause: Option<String>,
    /// Their campaign.
    campaign: Option<String>,
    /// Their campaign's step.
    step: Option<String>,
    /// Their channel.
    channel: Option<String>,
    /// A part of the last error.
    error: Option<String>,
}

impl Wanted {
    fn covers(&self, entry: &Entry) -> bool {
        let is = |wanted: &Option<String>, actual: &str| wanted.as_ref().is_none_or(|wanted| wanted == actual);
        let error = entry.last_error.as_deref().unwrap_or_default();
        is(&self.cause, cause_of(entry))
            && is(&self.campaign, entry.campaign.as_str())
            && is(&self.step, &entry.step)
            && is(&self.channel, &entry.channel)
            && self.error.as_ref().is_none_or(|part| error.contains(part.as_str()))
    }
}

fn cause_of(entry: &Entry) -> &'static str {
    entry.dead.map_or("", |dead| dead.cause.as_str())
}

/// What dead letters have in common.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
struct Group {
    /// Why they were given up.
    cause: &'static str,
    channel: String,
    campaign: String,
    /// What went wrong with the last attempt.
    error: String,
}

/// Dead letters that have it in common.
#[derive(Debug, Serialize, ToSchema)]
struct CauseItem {
    #[serde(flatten)]
    group: Group,
    messages: u64,
    /// When the first of them was given up.
    first: String,
    /// When the last of them was given up.
    last: String,
    /// One of them.
    example: String,
}

#[derive(Debug, Serialize, ToSchema)]
struct Causes {
    /// By how many messages they are of, the most first.
    items: Vec<CauseItem>,
    /// Dead letters of other groups: there are too many groups to tell apart.
    others: u64,
}

/// Groups what was given up by why: each group can be mended and redelivered by itself.
#[utoipa::path(
    get, path = "/v1/outbox/causes", tag = "people", security(("key" = ["viewer"])),
    responses((status = 200, description = "the groups", body = Causes))
)]
async fn list_causes(State(admin): State<Arc<Admin>>, caller: Caller<Viewer>) -> Result<Json<Causes>, Problem> {
    let (reports, tenant) = (Arc::clone(&admin.reports), caller.tenant.id.clone());
    Ok(Json(aside(move || causes(reports.as_ref(), &tenant)).await?))
}

/// How many there are, and the first and the last of them.
struct Sum {
    messages: u64,
    first: Timestamp,
    last: Timestamp,
    example: InstructionId,
}

fn causes(reports: &dyn Reports, tenant: &TenantId) -> Result<Causes, Problem> {
    let (mut groups, mut others) = (BTreeMap::<Group, Sum>::new(), 0);
    each_dead_page(reports, tenant, |entries| {
        for entry in entries {
            let at = entry.dead.map_or(entry.promised_at, |dead| dead.at);
            let group = Group {
                cause: cause_of(&entry),
                channel: entry.channel,
                campaign: entry.campaign.to_string(),
                error: entry.last_error.unwrap_or_default(),
            };
            if groups.len() >= limits::DEATH_GROUPS_MAX && !groups.contains_key(&group) {
                others += 1;
                continue;
            }
            let new = Sum { messages: 0, first: at, last: at, example: entry.id };
            let sum = groups.entry(group).or_insert(new);
            (sum.messages, sum.first, sum.last) = (sum.messages + 1, sum.first.min(at), sum.last.max(at));
        }
        Ok(())
    })?;
    let mut groups: Vec<_> = groups.into_iter().collect();
    groups.sort_by_key(|(_, sum)| std::cmp::Reverse(sum.messages));
    let item = |(group, sum): (Group, Sum)| CauseItem {
        group,
        messages: sum.messages,
        first: sum.first.to_string(),
        last: sum.last.to_string(),
        example: sum.example.to_string(),
    };
    Ok(Causes { items: groups.into_iter().map(item).collect(), others })
}

/// Page by page: a dead letter that is revived leaves those after it where they were.
fn each_dead_page(
    reports: &dyn Reports,
    tenant: &TenantId,
    mut with: impl FnMut(Vec<Entry>) -> Result<(), Problem>,
) -> Result<(), Problem> {
    let mut after = None;
    loop {
        let rows = reports.outbox(tenant, after.as_ref(), limits::PAGE_ROWS_MAX)?;
        let Some(last) = rows.last() else { return Ok(()) };
        after = Some(last.id.clone());
        let dead = rows.iter().filter(|row| row.due.is_none()).map(|row| Entry::decode(&row.body));
        with(dead.collect::<Result<_, _>>().map_err(Unreadable::from)?)?;
    }
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct RedeliverRequest {
    /// Which messages, waiting or dead.
    #[serde(default)]
    ids: Vec<String>,
    /// All dead letters.
    #[serde(default)]
    all: bool,
    /// The dead letters that have all of this in common.
    r#where: Option<Wanted>,
    /// Only says what would become of them.
    #[serde(default)]
    dry_run: bool,
}

/// Which messages are to be tried again.
enum Which {
    Ids(Vec<InstructionId>),
    Dead(Wanted),
}

impl RedeliverRequest {
    fn which(&self) -> Result<Which, Problem> {
        let ids = self.ids.iter().map(|id| InstructionId::parse(id)).collect::<Result<Vec<_>, _>>()?;
        match (ids.len(), self.all, &self.r#where) {
            (1..=limits::PAGE_ROWS_MAX, false, None) => Ok(Which::Ids(ids)),
            (0, true, None) => Ok(Which::Dead(Wanted::default())),
            (0, false, Some(wanted)) => Ok(Which::Dead(wanted.clone())),
            _ => {
                let max = limits::PAGE_ROWS_MAX;
                let detail = format!(
                    "name 1 to {max} `ids`, or what dead letters have in common as `where`, or `\"all\": true` for every dead letter"
                );
                Err(Problem::new(&Kind::INVALID, detail))
            }
        }
    }

    fn object(&self) -> String {
        match (&self.r#where, self.all) {
            (Some(_), _) => "some".to_owned(),
            (None, true) => "all".to_owned(),
            (None, false) => format!("{} messages", self.ids.len()),
        }
    }
}

#[derive(Debug, Default, Serialize, ToSchema)]
struct Redelivered {
    /// How many are tried again now; of a dry run, how many would be. Unknown ids are counted nowhere.
    redelivered: usize,
    /// How many stay because they are worthless by now.
    expired: usize,
    /// How many stay because the person wants nothing over their channel any more.
    unwanted: usize,
    /// How many stay because the person left their campaign or audience since.
    left: usize,
    /// Whether nothing was done.
    dry_run: bool,
}

/// Has messages tried again, with their ids: never past their expiry, against the person's wish, or after the person left the campaign.
#[utoipa::path(
    post, path = "/v1/outbox/redeliver", tag = "people", security(("key" = ["developer"])),
    request_body = RedeliverRequest,
    responses((status = 200, description = "tried again", body = Redelivered))
)]
async fn redeliver(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    JsonBody(wanted): JsonBody<RedeliverRequest>,
) -> Result<Json<Redelivered>, Problem> {
    let which = wanted.which()?;
    let by_id = matches!(which, Which::Ids(_));
    let (deed, dry_run) = (caller.deed(wanted.object()), wanted.dry_run);
    let tenant = caller.tenant.id.clone();
    let redelivered = aside(move || {
        if !dry_run {
            // Before it is done: a log that says too much is better than one that says too little.
            admin.directory.by(&deed).note(&AuditLog::Tenant(tenant.clone()), DeedOutcome::Done)?;
        }
        let mut redelivery =
            Redelivery { admin: &admin, tenant: &tenant, done: Redelivered { dry_run, ..Redelivered::default() } };
        redelivery.run(which)?;
        Ok::<_, Problem>(redelivery.done)
    })
    .await?;
    let Redelivered { redelivered: ready, expired, unwanted, left, .. } = redelivered;
    if by_id && ready + expired + unwanted + left == 0 {
        let detail = "none of these messages is in the outbox: they were delivered, or were never here; `outbox list` shows those that are";
        return Err(Problem::new(&Kind::NOT_FOUND, detail));
    }
    Ok(Json(redelivered))
}

/// One request at work.
struct Redelivery<'a> {
    admin: &'a Admin,
    tenant: &'a TenantId,
    done: Redelivered,
}

impl Redelivery<'_> {
    fn run(&mut self, which: Which) -> Result<(), Problem> {
        let reports = Arc::clone(&self.admin.reports);
        match which {
            Which::Ids(ids) => {
                let rows = ids.iter().map(|id| reports.outbox_entry(self.tenant, id));
                let rows = rows.collect::<Result<Vec<_>, _>>()?;
                let entries = rows.iter().flatten().map(|row| Entry::decode(&row.body));
                self.take(&entries.collect::<Result<Vec<_>, _>>().map_err(Unreadable::from)?)
            }
            Which::Dead(wanted) => each_dead_page(reports.as_ref(), self.tenant, |mut entries| {
                entries.retain(|entry| wanted.covers(entry));
                self.take(&entries)
            }),
        }
    }

    fn take(&mut self, entries: &[Entry]) -> Result<(), Problem> {
        let mut ready = Vec::new();
        for entry in entries {
            match self.obstacle(entry)? {
                None => ready.push(entry.id.clone()),
                Some(Obstacle::Expired { .. }) => self.done.expired += 1,
                Some(Obstacle::Unwanted { .. }) => self.done.unwanted += 1,
                Some(Obstacle::Superseded { .. } | Obstacle::Left { .. }) => self.done.left += 1,
            }
        }
        self.done.redelivered += match self.done.dry_run {
            true => ready.len(),
            false if ready.is_empty() => 0,
            false => self.admin.crew.redeliver(self.tenant, &ready)?,
        };
        Ok(())
    }

    fn obstacle(&self, entry: &Entry) -> Result<Option<Obstacle>, Problem> {
        let (key, person) = people::follow(self.admin.reports.as_ref(), entry.owner())?;
        let rows = people::ledger(self.admin.reports.as_ref(), &key)?;
        Ok(worker::obstacle(entry, &person.unwrap_or_default(), &rows, self.admin.clock.now()))
    }
}
