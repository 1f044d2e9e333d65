//! What active journeys add to an event: the stock module with recipes, and events that begin a run of some, end a run of others, or
//! are nobody's. Without a journey the same events only go into the history.

use anyhow::{Context, Result};
use rekindle::domain::limits;
use serde_json::Value;
use tempfile::TempDir;

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::load::{Load, Shape};
use crate::server::{Server, Tenant};

/// How many of the recipes are active.
const COUNTS: [usize; 3] = [0, 1, 5];
/// Campaigns by name, as the recipes have them.
const RECIPES: [(&str, &str); 5] = [
    ("cart-abandonment", include_str!("../../../campaigns/journey/recipes/cart-abandonment.json")),
    ("product-view", include_str!("../../../campaigns/journey/recipes/product-view.json")),
    ("three-lines", include_str!("../../../campaigns/journey/recipes/three-lines.json")),
    ("one-shot-retargeting", include_str!("../../../campaigns/journey/recipes/one-shot-retargeting.json")),
    ("trial-ending", include_str!("../../../campaigns/journey/recipes/trial-ending.json")),
];
/// Of ten events, five begin a run of something, two can only end one, three are nobody's.
const NAMES: &[&str] = &[
    "Product Viewed",
    "Article Read",
    "Product Viewed",
    "Product Added",
    "Checkout Started",
    "Article Read",
    "Product Added",
    "Cart Cleared",
    "Article Read",
    "Order Completed",
];
const BATCH: usize = 100;
/// No multiple of the names, so that everybody does all that there is to do.
const PEOPLE: usize = 1_999;

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let mut figures = Vec::new();
    for count in COUNTS {
        figures.push(Figure::of(format!("{count} active: CPU"), "µs CPU/event", beside(settings, count)?));
    }
    let [none, one, five] = [0, 1, 2].map(|at: usize| figures[at].median());
    figures.push(Figure::once("· the first adds", "µs CPU/event", one - none));
    figures.push(Figure::once("· each further one adds", "µs CPU/event", (five - one) / 4.0));
    Ok(figures)
}

/// CPU of an event beside that many journeys, round by round.
fn beside(settings: &Settings, count: usize) -> Result<Vec<f64>> {
    let data = TempDir::new()?;
    let server = Server::start(&settings.program, data.path())?;
    let tenant = server.tenant("shop")?;
    let component = settings.component_of("journey")?;
    for (name, recipe) in &RECIPES[..count] {
        let recipe: Value = serde_json::from_str(recipe).with_context(|| format!("the recipe `{name}`"))?;
        server.publish(&tenant, name, &component, &recipe)?;
    }
    let events = settings.extent.pick(6_000, 40_000);
    let shape = |round| Shape { events, batch: BATCH, people: PEOPLE, round, names: NAMES };
    // The first round loads the journeys, and gives everybody a history.
    measure(&server, &tenant, shape(usize::MAX))?;
    let rounds = settings.extent.pick(3, 5);
    let figures = (0..rounds).map(|round| measure(&server, &tenant, shape(round))).collect();
    server.stop()?;
    figures
}

/// CPU of an event of one round, until all of it is decided and synced.
fn measure(server: &Server, tenant: &Tenant, shape: Shape) -> Result<f64> {
    let authority = server.client.authority();
    let load = Load::of(shape, authority, &tenant.inlet);
    let (causes, cpu) = (server.causes()?, server.cpu()?);
    load.send(authority)?;
    server.wait_for_causes(causes + shape.events as u64)?;
    std::thread::sleep(2 * limits::SYNC_BEAT);
    Ok((server.cpu()? - cpu).as_secs_f64() * 1e6 / shape.events as f64)
}
