//! What a tenant with a published campaign takes of the memory: while nothing happens, and once its campaign was asked.

use anyhow::Result;
use serde_json::json;
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::load::{Load, Shape};
use crate::server::{Server, Tenant};

/// Tenants that are there before anything is measured, so that what the first ones warm up does not count.
const BEFORE: usize = 2;

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let count = settings.extent.pick(8, 40);
    let data = TempDir::new()?;
    let server = Server::start(&settings.program, data.path())?;
    let component = settings.component()?;
    let tenants = settle_in(&server, &component, 0..BEFORE + count)?;
    // What publishing needed for a moment is gone with the process.
    server.stop()?;
    let server = Server::start(&settings.program, data.path())?;
    wake(&server, &tenants[..BEFORE])?;
    let idle = server.memory()?;
    wake(&server, &tenants[BEFORE..])?;
    let awake = server.memory()?;
    server.stop()?;
    let nobody = nearly_alone(settings, &component)?;
    let each = |more: u64, less: u64| (more as f64 - less as f64) / count as f64 / 1024.0;
    Ok(vec![
        Figure::once("a server with few tenants", "MiB", nobody as f64 / f64::from(1 << 20)),
        Figure::once("each tenant that was idle since the start", "KiB", each(idle, nobody)),
        Figure::once("more, once its campaign was asked", "KiB", each(awake, idle)),
    ])
}

/// The memory of a server with none but the tenants that are there before.
fn nearly_alone(settings: &Settings, component: &[u8]) -> Result<u64> {
    let data = TempDir::new()?;
    let server = Server::start(&settings.program, data.path())?;
    let tenants = settle_in(&server, component, 0..BEFORE)?;
    server.stop()?;
    let server = Server::start(&settings.program, data.path())?;
    wake(&server, &tenants)?;
    server.memory()
}

/// Tenants, each with a campaign of its own: another configuration is another component.
fn settle_in(server: &Server, component: &[u8], numbers: std::ops::Range<usize>) -> Result<Vec<Tenant>> {
    let settle = |number| {
        let tenant = server.tenant(&format!("shop-{number}"))?;
        server.publish(&tenant, "three-lines", component, &json!({"wait": "1h", "coupon": format!("SHOP{number}")}))?;
        Ok(tenant)
    };
    numbers.map(settle).collect()
}

/// Has each campaign asked once.
fn wake(server: &Server, tenants: &[Tenant]) -> Result<()> {
    let authority = server.client.authority();
    for tenant in tenants {
        Load::of(Shape::ONE, authority, &tenant.inlet).send(authority)?;
    }
    server.wait_for_causes(tenants.len() as u64)
}
