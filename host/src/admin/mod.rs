//! The HTTP API under `/v1`, and what operators ask of a server: health, metrics, the API's own description.
//!
//! A request walks through [`request`] (its id, and every error's form), the extractors (`caller`, `named`, `paging`,
//! `body`: who asks, about what, for what) and one handler, which reads a snapshot or has the directory make one change.
//! It alone knows the API's words; they are types of their own, apart from those of the house.

mod audiences;
mod audit;
mod body;
mod caller;
mod campaigns;
mod channels;
mod check;
mod desk;
mod explain;
mod feed;
mod items;
mod keyring;
mod keys;
mod manifest;
mod mappings;
mod modules;
mod named;
mod openapi;
mod outbox;
mod paging;
mod people;
mod policy;
mod problem;
mod records;
mod reports;
mod request;
mod server;
mod sources;
mod sweeps;
mod templates;
mod tenants;
mod workshop;

#[cfg(test)]
mod tests;

use std::sync::Arc;

use axum::middleware::from_fn;
use axum::{Extension, Router};
use metrics_exporter_prometheus::PrometheusHandle;
use utoipa_axum::router::OpenApiRouter;

use self::caller::Caller;
pub use self::desk::ItemDesk;
use self::problem::Problem;
pub(crate) use self::reports::arms;
pub use self::workshop::Workshop;
use crate::channels::{Press, Reach, Switchboard};
use crate::domain::{Clock, Timestamp};
use crate::outbox::Rests;
use crate::sandbox::Sandbox;
use crate::store::{Reports, Store};
use crate::tenants::{Directory, Tenant, TenantsError};
use crate::worker::Crew;

/// Whether the server can do its work; if not, why.
pub type Readiness = Arc<dyn Fn() -> Result<(), String> + Send + Sync>;

/// What the API works with.
pub struct Admin {
    /// What tenants set up.
    pub directory: Arc<Directory>,
    /// Checks and configures modules.
    pub sandbox: Arc<Sandbox>,
    /// Looks at what happened to people.
    pub reports: Arc<dyn Reports>,
    /// Takes in what administrators have to say about people.
    pub store: Arc<dyn Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// Has messages tried again.
    pub crew: Arc<Crew>,
    /// How channels know people.
    pub switchboard: Arc<Switchboard>,
    /// Which channels are left alone.
    pub rests: Rests,
    /// How the server is reached from outside; the request's `Host` where it is not given.
    pub public_url: Option<String>,
    /// Takes in what tenants say of their items.
    pub items: ItemDesk,
    /// Where channels may lead.
    pub reach: Reach,
    /// Where templates are tried.
    pub press: Press,
    /// Asked by `/readyz`.
    pub readiness: Readiness,
    /// Shown by `/metrics`.
    pub metrics: PrometheusHandle,
    /// Where modules are checked and configured, a few at a time.
    pub workshop: Workshop,
}

impl Admin {
    /// Makes a change of the caller's tenant, away from the threads that answer requests: it waits for the disk.
    async fn edit<R, T: Send + 'static>(
        &self,
        caller: &Caller<R>,
        object: impl ToString,
        edit: impl FnOnce(&mut Tenant, Timestamp) -> Result<T, TenantsError> + Send + 'static,
    ) -> Result<T, Problem> {
        let (directory, tenant, deed) = (Arc::clone(&self.directory), caller.tenant.id.clone(), caller.deed(object));
        workshop::aside(move || directory.by(&deed).edit(&tenant, edit)).await
    }
}

/// Serves the API.
pub fn router(admin: Arc<Admin>) -> Router {
    let (router, api) = operations().split_for_parts();
    router
        .fallback(request::no_such_path)
        .method_not_allowed_fallback(request::no_such_method)
        .layer(Extension(openapi::Operations::of(&api)))
        .layer(Extension(openapi::Document::of(api)))
        .layer(from_fn(request::identify))
        .with_state(admin)
}

/// Every operation, with its description.
fn operations() -> OpenApiRouter<Arc<Admin>> {
    OpenApiRouter::with_openapi(openapi::preamble())
        .merge(tenants::operations())
        .merge(sources::operations())
        .merge(keys::operations())
        .merge(modules::operations())
        .merge(campaigns::operations())
        .merge(check::operations())
        .merge(channels::operations())
        .merge(templates::operations())
        .merge(items::operations())
        .merge(feed::operations())
        .merge(people::operations())
        .merge(outbox::operations())
        .merge(explain::operations())
        .merge(reports::operations())
        .merge(audiences::operations())
        .merge(mappings::operations())
        .merge(policy::operations())
        .merge(sweeps::operations())
        .merge(audit::operations())
        .merge(keyring::operations())
        .merge(server::operations())
}
