//! Where templates are rendered. That takes CPU: a tenant gets one place at a time, and the house has a few, given in the order of asking; so
//! a tenant whose templates are slow waits for itself.

use std::sync::Arc;
use std::thread::available_parallelism;

use tokio::sync::Semaphore;
use tokio::task::{JoinError, spawn_blocking};

use super::Layout;
use crate::domain::{Json, PerTenant, RenderError, Rendered, Renderer, TenantId, TextForm, limits};

/// The house's one. Cloning shares it.
#[derive(Clone)]
pub struct Press {
    renderer: Arc<dyn Renderer>,
    places: Arc<Semaphore>,
    /// The place of each tenant who has work here.
    tenants: PerTenant<Semaphore>,
}

impl Press {
    /// With places for a part of the processors.
    pub fn new(renderer: Arc<dyn Renderer>) -> Self {
        let processors = available_parallelism().map_or(1, usize::from);
        let places = (processors / limits::PROCESSORS_PER_RENDERING).max(1);
        Self { renderer, places: Arc::new(Semaphore::new(places)), tenants: PerTenant::default() }
    }

    /// Renders a template of the tenant's when it is their turn.
    pub async fn render(
        &self,
        tenant: &TenantId,
        (template, form): (Arc<str>, TextForm),
        values: Json,
    ) -> Result<Rendered, RenderError> {
        self.work(tenant, move |renderer| renderer.render(&template, form, &values)).await
    }

    /// Whether a text of the tenant's is a template with such a layout.
    pub async fn check(&self, tenant: &TenantId, template: Arc<str>, layout: Layout) -> Result<(), RenderError> {
        let names = self.work(tenant, move |renderer| renderer.check(&template, layout.form)).await?;
        layout.check_head(&names).map_err(RenderError::Template)
    }

    async fn work<T: Send + 'static>(
        &self,
        tenant: &TenantId,
        work: impl FnOnce(&dyn Renderer) -> Result<T, RenderError> + Send + 'static,
    ) -> Result<T, RenderError> {
        let own =
            self.tenants.of(tenant, || Semaphore::new(1)).acquire_owned().await.expect("places should never be closed");
        let place = Arc::clone(&self.places).acquire_owned().await.expect("places should never be closed");
        let renderer = Arc::clone(&self.renderer);
        let work = move || {
            // Held to the end, even when nobody waits any more.
            let _places = (own, place);
            work(renderer.as_ref())
        };
        let broken = |err: JoinError| RenderError::Unavailable(format!("the renderer broke off: {err}"));
        spawn_blocking(work).await.map_err(broken)?
    }
}
