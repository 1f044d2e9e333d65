//! What happened to people: their profiles and ledgers, messages, failures, the quarantine, the outbox. The tenant is the
//! caller's, and part of every question; so another tenant's people do not exist here.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::caller::{Caller, Developer, Viewer};
use super::named::Named;
use super::paging::{Listed, PageQuery, Paging};
use super::problem::{Kind, Problem};
use super::records::{self, Unreadable};
use super::workshop::aside;
use crate::domain::{Event, Inbound, MessageId, ProfileId, ProfileKey, SourceId, Substance, TenantId, limits};
use crate::ledger::LedgerRow;
use crate::profiles::{Kept, Profile};
use crate::store::{Book, Page, Reports};
use crate::tenants::{AuditLog, DeedOutcome};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new()
        .routes(routes!(list_profiles))
        .routes(routes!(show_profile, erase_profile))
        .routes(routes!(list_erasures))
        .routes(routes!(show_ledger))
        .routes(routes!(list_messages))
        .routes(routes!(list_failures))
        .routes(routes!(list_quarantine))
}

/// Lists people, by id.
#[utoipa::path(
    get, path = "/v1/profiles", tag = "people", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_profiles(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    let after = paging.after.as_deref().map(ProfileId::parse).transpose()?;
    let (reports, tenant, max) = (Arc::clone(&admin.reports), caller.tenant.id.clone(), paging.limit + 1);
    let items = aside(move || people(reports.as_ref(), &tenant, after, max)).await?;
    Ok(Json(paging.page(items)))
}

/// People after `after`, at most `max`. Of who was erased there is a digest, which is nobody.
fn people(
    reports: &dyn Reports,
    tenant: &TenantId,
    mut after: Option<ProfileId>,
    max: usize,
) -> Result<Vec<(String, Value)>, Problem> {
    let mut items = Vec::new();
    loop {
        let rows = reports.profiles(tenant, after.as_ref(), max)?;
        for (id, record) in &rows {
            items.extend(records::profile_item(id, record)?.map(|item| (id.to_string(), item)));
        }
        match rows.last() {
            Some((last, _)) if rows.len() == max && items.len() < max => after = Some(last.clone()),
            _ => break,
        }
    }
    items.truncate(max);
    Ok(items)
}

/// Shows one person: identities, traits, addresses, what campaigns wait for.
#[utoipa::path(
    get, path = "/v1/profiles/{profile}", tag = "people", security(("key" = ["viewer"])),
    params(("profile" = String, Path)),
    responses((status = 200, description = "the person", body = Value))
)]
async fn show_profile(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    Named(id): Named<ProfileId>,
) -> Result<Json<Value>, Problem> {
    let key = ProfileKey { tenant: caller.tenant.id.clone(), profile: id.clone() };
    match found(&admin, key).await? {
        (key, Some(person)) => Ok(Json(records::profile(&key.profile, &person))),
        _ => Err(Problem::new(
            &Kind::NOT_FOUND,
            format!("profile `{id}` is not known: `profile list` shows those there are"),
        )),
    }
}

/// The person, wherever they moved, and under which id they are kept now.
pub(super) async fn found(admin: &Admin, key: ProfileKey) -> Result<(ProfileKey, Option<Arc<Profile>>), Problem> {
    let reports = Arc::clone(&admin.reports);
    aside(move || follow(reports.as_ref(), key)).await
}

/// The same, for who may wait for the store.
pub(super) fn follow(
    reports: &dyn Reports,
    mut key: ProfileKey,
) -> Result<(ProfileKey, Option<Arc<Profile>>), Problem> {
    // Each move is to a greater id.
    for _ in 0..=limits::LINKED_IDS_MAX {
        match reports.profile(&key)?.map(|record| Kept::decode(&record)).transpose().map_err(Unreadable::from)? {
            Some(Kept::Moved(to)) => key.profile = to,
            Some(Kept::Person(person)) => return Ok((key, Some(person))),
            Some(Kept::Erased(_)) | None => break,
        }
    }
    Ok((key, None))
}

/// All that is recorded of somebody, for who may wait for the store.
pub(super) fn ledger(reports: &dyn Reports, key: &ProfileKey) -> Result<Vec<LedgerRow>, Problem> {
    let page = Page { tenant: key.tenant.clone(), page: key.profile.to_string(), after: None };
    let rows = reports.rows(Book::Ledger, &page, limits::LEDGER_ROWS_MAX as usize)?;
    let rows = rows.iter().map(|row| LedgerRow::decode(&row.body));
    Ok(rows.collect::<Result<_, _>>().map_err(Unreadable::from)?)
}

#[derive(Serialize, ToSchema)]
struct Erasing {
    /// Under which digest the proof is kept: `erasures` lists it.
    digest: String,
    /// What the proof names as its reason.
    because: String,
}

/// Erases a person everywhere: the profile under all of its ids, timers, messages, ledger, and what the journal holds. It happens
/// behind what came in before, within a moment; a proof stays, and nothing from before is taken in again.
#[utoipa::path(
    delete, path = "/v1/profiles/{profile}", tag = "people", security(("key" = ["developer"])),
    params(("profile" = String, Path)),
    responses((status = 202, description = "it is kept that the person is to be erased", body = Erasing))
)]
async fn erase_profile(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Named(profile): Named<ProfileId>,
) -> Result<(StatusCode, Json<Erasing>), Problem> {
    let digest = profile.erased().to_string();
    // A log that named them would keep what is to go.
    let deed = caller.deed(&digest);
    let because = format!("api:{}", deed.request_id.as_deref().unwrap_or_default());
    let (directory, log) = (Arc::clone(&admin.directory), AuditLog::Tenant(caller.tenant.id.clone()));
    aside(move || directory.by(&deed).note(&log, DeedOutcome::Done)).await?;
    let event = Event::deletion(MessageId::parse(&because)?, admin.clock.now());
    let substance = Substance::Event { profile, event: Box::new(event) };
    let inbound = Inbound { tenant: caller.tenant.id.clone(), source: SourceId::house(), substance };
    admin.store.append(vec![inbound]).await?;
    Ok((StatusCode::ACCEPTED, Json(Erasing { digest, because })))
}

/// Lists who was erased, by the digests of their ids, the oldest first.
#[utoipa::path(
    get, path = "/v1/erasures", tag = "people", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_erasures(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    read(&admin, (caller.tenant.id.clone(), String::new()), Book::Erasures, &paging).await
}

/// Lists what was decided about a person, and what became of it, the oldest first.
#[utoipa::path(
    get, path = "/v1/profiles/{profile}/ledger", tag = "people", security(("key" = ["viewer"])),
    params(("profile" = String, Path), PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn show_ledger(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    Named(id): Named<ProfileId>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    let (key, _) = found(&admin, ProfileKey { tenant: caller.tenant.id.clone(), profile: id }).await?;
    read(&admin, (key.tenant, key.profile.to_string()), Book::Ledger, &paging).await
}

/// Lists what went out, the oldest first.
#[utoipa::path(
    get, path = "/v1/messages", tag = "people", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_messages(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    read(&admin, (caller.tenant.id.clone(), String::new()), Book::Messages, &paging).await
}

/// Lists calls of campaigns that failed, the oldest first.
#[utoipa::path(
    get, path = "/v1/failures", tag = "people", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_failures(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    read(&admin, (caller.tenant.id.clone(), String::new()), Book::Failures, &paging).await
}

/// Lists what could not be understood, the oldest first.
#[utoipa::path(
    get, path = "/v1/quarantine", tag = "people", security(("key" = ["viewer"])), params(PageQuery),
    responses((status = 200, description = "a page", body = Listed<Value>))
)]
async fn list_quarantine(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Viewer>,
    paging: Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    read(&admin, (caller.tenant.id.clone(), String::new()), Book::Quarantine, &paging).await
}

/// A page of a book.
async fn read(
    admin: &Admin,
    (tenant, page): (TenantId, String),
    book: Book,
    paging: &Paging,
) -> Result<Json<Listed<Value>>, Problem> {
    let after = paging.after.as_deref().map(records::place).transpose()?;
    let (reports, max) = (Arc::clone(&admin.reports), paging.limit + 1);
    let rows = aside(move || reports.rows(book, &Page { tenant, page, after }, max)).await?;
    let items = rows.iter().map(|row| Ok((records::cursor(&row.key), records::row(book, &row.body)?)));
    Ok(Json(paging.page(items.collect::<Result<Vec<_>, Unreadable>>()?)))
}
