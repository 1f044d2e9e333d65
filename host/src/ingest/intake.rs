//! What a door of the house may take in, whoever it is for: bounds of pressure, rate, size, time and memory in front of a body, and
//! behind it the journal, on which the answer waits. Segment's door and the one for providers' callbacks stand on it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use tokio::task::spawn_blocking;
use tokio::time::timeout;
use tracing::{debug, warn};

use super::answer::{Answer, Counts};
use super::body::{self, Held};
use super::pressure::Pressure;
use super::quotas::{Over, Quotas, Rates};
use super::shares::{Exhausted, Shares};
use crate::domain::{Clock, Inbound, Substance, TenantId, Timestamp, limits};
use crate::faults::{self, Point};
use crate::store::{Appended, Store};

/// What one door takes in.
pub struct Intake {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    pub(super) pressure: Pressure,
    pub(super) quotas: Quotas,
    /// Bytes of bodies in memory.
    pub(super) bodies: Arc<Shares>,
    /// Bytes of one body.
    body_bytes_max: usize,
    /// Requests that wait for the journal.
    pub(super) appends: Arc<Shares>,
    /// How long an answer may wait for the store.
    pub(super) patience: Duration,
}

impl Intake {
    /// Segment's.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, pressure: Pressure, rates: Rates) -> Self {
        Self {
            store,
            clock,
            pressure,
            quotas: Quotas::new(rates),
            bodies: Shares::new(limits::BODIES_IN_FLIGHT_BYTES_MAX, limits::BODIES_OF_TENANT_BYTES_MAX),
            body_bytes_max: limits::BODY_BYTES_MAX,
            appends: Shares::new(limits::APPENDS_WAITING_MAX, limits::APPENDS_OF_TENANT_MAX),
            patience: limits::DOOR_ANSWER_MAX,
        }
    }

    /// The callbacks', beside it. Their addresses can be guessed, and a sender is known only once the body is read: so rates and
    /// memory are their own, and who floods them takes nothing from events.
    pub fn of_callbacks(&self, rates: Rates) -> Self {
        Self {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            pressure: self.pressure.clone(),
            quotas: Quotas::new(rates),
            bodies: Shares::new(limits::CALLBACKS_IN_FLIGHT_BYTES_MAX, limits::CALLBACKS_OF_TENANT_BYTES_MAX),
            body_bytes_max: limits::CALLBACK_BYTES_MAX,
            appends: Arc::clone(&self.appends),
            patience: self.patience,
        }
    }

    /// The time by the house's clock.
    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What can be said without the body.
    pub(crate) fn admit(&self, tenant: &TenantId, headers: &HeaderMap) -> Result<(), Answer> {
        let encoding = headers.get(header::CONTENT_ENCODING);
        if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
            let why = "the body is encoded: send it without `content-encoding`";
            return Err(Answer::Refused(StatusCode::UNSUPPORTED_MEDIA_TYPE, why.to_owned()));
        }
        if announced_bytes(headers).is_some_and(|bytes| bytes > self.body_bytes_max) {
            return Err(body::too_large(self.body_bytes_max));
        }
        self.bear(tenant)
    }

    /// Whether the house can take in anything now, and anything of that tenant.
    fn bear(&self, tenant: &TenantId) -> Result<(), Answer> {
        let busy = |reason, why: &str| {
            debug!(%tenant, reason, why, "could not take a request");
            Answer::busy(reason, "the request cannot be kept now")
        };
        self.store.health().map_err(|err| busy("store", &err.to_string()))?;
        self.pressure.space.health().map_err(|why| busy("disk", &why))?;
        if self.pressure.backlog.of(tenant).is_too_much() {
            let why = "too many of the tenant's events wait to be worked on";
            return Err(Answer::too_much("backlog", why, limits::RETRY_AFTER));
        }
        Ok(())
    }

    /// The body. Until it is dropped, its share of the memory is taken.
    pub(crate) async fn read(&self, tenant: &TenantId, headers: &HeaderMap, body: &mut Body) -> Result<Held, Answer> {
        let announced = announced_bytes(headers);
        let take = |bytes| self.quotas.take_bytes(tenant, bytes).map_err(|over| over_quota(&over));
        announced.map(take).transpose()?;
        let held = body::read(body, announced, self.bodies.open(tenant), self.body_bytes_max).await?;
        if announced.is_none() {
            take(held.bytes.len())?;
        }
        Ok(held)
    }

    /// Keeps what a request held, durably.
    pub(crate) async fn keep(&self, tenant: &TenantId, inbounds: Vec<Inbound>, message: Option<String>) -> Answer {
        if inbounds.is_empty() {
            return Answer::Kept(Counts::default(), message);
        }
        let readable: Vec<bool> =
            inbounds.iter().map(|inbound| matches!(inbound.substance, Substance::Event { .. })).collect();
        if let Err(over) = self.quotas.take_events(tenant, inbounds.len()) {
            return over_quota(&over);
        }
        let mut waiting = self.appends.open(tenant);
        if let Err(exhausted) = waiting.grow(1) {
            return too_many_wait(exhausted);
        }
        let unavailable = |why: &str| {
            warn!(%tenant, why, "could not keep a request");
            Answer::busy("journal", "the request cannot be kept now")
        };
        match timeout(self.patience, self.store.append(inbounds)).await {
            Ok(Ok(appended)) => {
                faults::pass(Point::DoorAnswering);
                Answer::Kept(counts(&readable, &appended), message)
            }
            Ok(Err(err)) => unavailable(&err.to_string()),
            Err(_) => unavailable("the store did not answer in time"),
        }
    }
}

/// Judges small bodies here and large ones on a thread of their own, so that one large batch holds up nobody's small one.
pub(crate) async fn judge<T: Send + 'static>(
    body_bytes: usize,
    judgement: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Answer> {
    if body_bytes <= limits::BODY_INLINE_BYTES_MAX {
        return Ok(judgement());
    }
    spawn_blocking(judgement).await.map_err(|err| {
        warn!(%err, "could not judge a request");
        Answer::busy("panic", "the request cannot be worked on now")
    })
}

fn over_quota(over: &Over) -> Answer {
    let why = format!("the tenant sends more {} than its quota", over.what);
    Answer::too_much("quota", &why, over.retry_after)
}

fn too_many_wait(exhausted: Exhausted) -> Answer {
    match exhausted {
        Exhausted::ByAll => Answer::busy("journal", "too many requests wait for the journal"),
        Exhausted::ByTenant => {
            let why = "too many of the tenant's requests wait for the journal";
            Answer::too_much("journal", why, limits::RETRY_AFTER)
        }
    }
}

fn announced_bytes(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

fn counts(readable: &[bool], appended: &[Appended]) -> Counts {
    let mut counts = Counts::default();
    for (readable, appended) in readable.iter().zip(appended) {
        match (appended, readable) {
            (Appended::Duplicate, _) => counts.duplicate += 1,
            (Appended::Fresh, true) => counts.accepted += 1,
            (Appended::Fresh, false) => counts.quarantined += 1,
        }
    }
    counts
}
