//! `/v1/items/import`: a feed, read while it arrives. Each line that says something new goes into the journal; bad ones are told of
//! by their numbers and hold up none of the others.

use std::collections::HashSet;
use std::io::{self, Read};
use std::sync::Arc;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::{Query, Request, State};
use axum::http::header::CONTENT_TYPE;
use http_body_util::BodyExt as _;
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;
use tokio::sync::mpsc::{Receiver, Sender, channel};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::Admin;
use super::caller::{Caller, Developer};
use super::desk::ItemDesk;
use super::problem::{Kind, Problem};
use super::workshop::aside;
use crate::catalogue::{Feed, FeedForm, FeedLine, Item};
use crate::domain::{Attributes, ItemId, ItemWord, Said, TenantId, limits};
use crate::tenants::{AuditLog, DeedOutcome};

pub(super) fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::new().routes(routes!(import_items))
}

#[derive(Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
struct ImportQuery {
    /// Whether the feed is the whole catalogue: items that the tenant gave before and that are not in it are removed.
    #[serde(default)]
    replace: bool,
}

/// What came of a feed.
#[derive(Debug, Default, Serialize, ToSchema)]
struct Imported {
    new: u64,
    changed: u64,
    same: u64,
    removed: u64,
    bad: u64,
    /// The first of the bad lines.
    errors: Vec<BadLine>,
    /// Why nothing was removed although the feed was to replace the catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    kept_because: Option<String>,
}

#[derive(Debug, Serialize, ToSchema)]
struct BadLine {
    line: u64,
    reason: String,
}

/// Takes in a feed: CSV with a heading (`text/csv`), or a JSON object a line (`application/x-ndjson`); `id` names the item.
#[utoipa::path(
    post, path = "/v1/items/import", tag = "items", security(("key" = ["developer"])),
    request_body(content = Vec<u8>, content_type = "text/csv"),
    responses((status = 200, description = "kept; it is taken in within moments", body = Imported))
)]
async fn import_items(
    State(admin): State<Arc<Admin>>,
    caller: Caller<Developer>,
    Query(query): Query<ImportQuery>,
    request: Request,
) -> Result<Json<Imported>, Problem> {
    let tenant = caller.tenant.id.clone();
    admin.items.admit(&tenant)?;
    let form = form(&request)?;
    let (directory, deed) = (Arc::clone(&admin.directory), caller.deed("feed"));
    let (id, log) = (deed.request_id.clone().unwrap_or_default(), AuditLog::Tenant(tenant.clone()));
    aside(move || directory.by(&deed).note(&log, DeedOutcome::Done)).await?;
    let (pieces, arriving) = channel(limits::FEED_PIECES_WAITING_MAX);
    let runtime = Handle::current();
    let work = aside(move || {
        let import = Import { desk: &admin.items, tenant, request: id, runtime, counts: Imported::default() };
        import.run(form, Pieces { arriving, piece: Bytes::new() }, query.replace)
    });
    let (_, imported) = tokio::join!(forward(request.into_body(), pieces), work);
    imported.map(Json)
}

fn form(request: &Request) -> Result<FeedForm, Problem> {
    let media_type = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match media_type.split(';').next().unwrap_or_default().trim() {
        "text/csv" => Ok(FeedForm::Csv),
        "application/x-ndjson" | "application/jsonl" | "application/json-lines" => Ok(FeedForm::JsonLines),
        other => {
            let detail =
                format!("a feed is `text/csv` or `application/x-ndjson`, not `{other}`: say which by `content-type`");
            Err(Problem::new(&Kind::INVALID, detail))
        }
    }
}

/// Hands the body on as it arrives, up to a bound. A reader that is gone needs no more of it.
async fn forward(mut body: Body, pieces: Sender<io::Result<Bytes>>) {
    let mut left = limits::FEED_BYTES_MAX;
    while let Some(frame) = body.frame().await {
        let piece = match frame {
            Ok(frame) => Ok(frame.into_data().unwrap_or_default()),
            Err(err) => Err(io::Error::other(format!("the feed broke off: {err}"))),
        };
        let piece = piece.and_then(|piece| match left.checked_sub(piece.len()) {
            Some(rest) => {
                left = rest;
                Ok(piece)
            }
            None => Err(io::Error::other(format!("the feed has more than {} bytes", limits::FEED_BYTES_MAX))),
        });
        let is_last = piece.is_err();
        if pieces.send(piece).await.is_err() || is_last {
            return;
        }
    }
}

/// The body, for a reader that waits for it on a thread of its own.
struct Pieces {
    arriving: Receiver<io::Result<Bytes>>,
    piece: Bytes,
}

impl Read for Pieces {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.piece.is_empty() {
            match self.arriving.blocking_recv() {
                Some(piece) => self.piece = piece?,
                None => return Ok(0),
            }
        }
        let count = self.piece.len().min(buffer.len());
        buffer[..count].copy_from_slice(&self.piece.split_to(count));
        Ok(count)
    }
}

/// A feed being taken in.
struct Import<'a> {
    desk: &'a ItemDesk,
    tenant: TenantId,
    request: String,
    runtime: Handle,
    counts: Imported,
}

impl Import<'_> {
    fn run(mut self, form: FeedForm, pieces: Pieces, replace: bool) -> Result<Imported, Problem> {
        let broken = |err: io::Error| Problem::new(&Kind::MALFORMED, format!("{err}; lines before that are kept"));
        let is_up_to_date = self.desk.is_up_to_date(&self.tenant);
        let mut feed = Feed::open(form, pieces).map_err(broken)?;
        let (mut named, mut words, mut lines) = (HashSet::new(), Vec::new(), 0);
        let mut has_nameless = false;
        while let Some(FeedLine { number, item, attributes }) = feed.next_line().map_err(broken)? {
            lines += 1;
            if lines > limits::FEED_LINES_MAX {
                let detail = format!("the feed has more than {} lines; those before are kept", limits::FEED_LINES_MAX);
                return Err(Problem::new(&Kind::TOO_LARGE, detail));
            }
            has_nameless |= item.is_none();
            let is_first = item.as_ref().is_none_or(|item| named.insert(item.clone()));
            match (item, attributes) {
                (Some(item), Ok(attributes)) => {
                    // Nothing is known of what was said a moment ago: then all of it is said.
                    let word = self.judge(number, (item, attributes), is_up_to_date && is_first)?;
                    words.extend(word);
                }
                (_, Err(reason)) => self.refuse(number, &reason),
                (None, Ok(_)) => {}
            }
            if words.len() >= limits::FEED_APPEND_MAX {
                self.keep(std::mem::take(&mut words))?;
            }
        }
        self.keep(words)?;
        if replace {
            self.remove_others(&named, has_nameless)?;
        }
        Ok(self.counts)
    }

    /// Counts a line, and says what is to be kept of it.
    fn judge(
        &mut self,
        number: u64,
        (item, attributes): (ItemId, Attributes),
        may_skip: bool,
    ) -> Result<Option<ItemWord>, Problem> {
        let before = self.desk.item(&self.tenant, &item)?;
        let word = self.desk.word(&format!("{}/{number}", self.request), item, Said::Is(attributes));
        let after = Item::after(before.as_ref(), &word);
        let is_same = Item::changes(before.as_ref(), after.as_ref()).is_empty();
        match &before {
            None => self.counts.new += 1,
            Some(_) if is_same => self.counts.same += 1,
            Some(_) => self.counts.changed += 1,
        }
        let says_nothing = is_same
            && before.as_ref().is_some_and(|before| after.as_ref().is_some_and(|after| before.is_said_alike(after)));
        Ok((!(may_skip && says_nothing)).then_some(word))
    }

    fn refuse(&mut self, line: u64, reason: &dyn std::fmt::Display) {
        self.counts.bad += 1;
        if self.counts.errors.len() < limits::FEED_ERRORS_MAX {
            self.counts.errors.push(BadLine { line, reason: reason.to_string() });
        }
    }

    fn keep(&self, words: Vec<ItemWord>) -> Result<(), Problem> {
        if words.is_empty() {
            return Ok(());
        }
        self.runtime.block_on(async {
            self.desk.wait_for_room(&self.tenant).await?;
            self.desk.keep(&self.tenant, words).await
        })
    }

    /// Removes what the tenant gave and the feed no longer names, unless the feed looks like a part of itself: with a line that names
    /// nobody knows what, or with less than half of what there is.
    fn remove_others(&mut self, named: &HashSet<ItemId>, has_nameless: bool) -> Result<(), Problem> {
        if has_nameless {
            let why = "a line names no item: it may be any of those that would go";
            self.counts.kept_because = Some(why.to_owned());
            return Ok(());
        }
        let (mut missing, mut owned, mut after) = (Vec::new(), 0_usize, None);
        loop {
            let items = self.desk.items(&self.tenant, after.as_deref(), limits::PAGE_ROWS_MAX)?;
            let Some((last, _)) = items.last() else { break };
            after = Some(last.clone());
            for (id, _) in items.iter().filter(|(_, item)| item.is_owned()) {
                owned += 1;
                missing.extend(ItemId::parse(id).ok().filter(|id| !named.contains(id)));
            }
        }
        if owned.saturating_sub(missing.len()) * 2 < owned {
            let why = format!("the feed names fewer than half of the {owned} items there are: it may have broken off");
            self.counts.kept_because = Some(why);
            return Ok(());
        }
        self.counts.removed = missing.len() as u64;
        for some in missing.chunks(limits::FEED_APPEND_MAX) {
            let words = some.iter().map(|id| self.desk.word(&self.request, id.clone(), Said::Gone));
            self.keep(words.collect())?;
        }
        Ok(())
    }
}
