//! Everything around a server that does not die with it: its tenants, who sends, who changes things, and the provider.

use std::time::Duration;

use anyhow::{Result, bail};
use rekindle::domain::Stopwatch;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::administrator::Administrator;
use crate::house::{House, Tenant};
use crate::judge::{self, Verdict};
use crate::load::Load;
use crate::provider::Provider;

/// How long nothing may move before a house counts as at rest, whatever is missing.
const STILL_MAX: Duration = Duration::from_secs(20);
/// How long a house that has everything must not move: timers that should not be there would fire meanwhile.
const REST_MIN: Duration = Duration::from_secs(2);
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// All of it.
pub(crate) struct World {
    pub(crate) house: House,
    pub(crate) provider: Provider,
    pub(crate) tenants: [Tenant; 2],
    pub(crate) load: Load,
    pub(crate) administrator: Administrator,
}

impl World {
    /// Lets it come to rest, and judges it. The provider is calm, and the server lives.
    pub(crate) async fn judge(self) -> Result<Verdict> {
        let Self { house, provider, tenants, load, administrator } = self;
        let (people, changes) = (load.end().await?, administrator.end().await?);
        rest(&house, &tenants, &provider, judge::expected(&people, &tenants).len()).await?;
        judge::judge(&house, (&tenants, &people), &provider.messages(), &changes).await
    }
}

/// Waits until everything that is expected is there and nothing waits any more, or until nothing moves.
async fn rest(house: &House, tenants: &[Tenant], provider: &Provider, expected: usize) -> Result<()> {
    let (mut before, mut since) = ((0, 0), Stopwatch::start());
    loop {
        let mut waiting = 0;
        for tenant in tenants {
            waiting += hurry(house, tenant).await?;
        }
        let now = (provider.count(), waiting);
        if now != before {
            (before, since) = (now, Stopwatch::start());
        }
        // What came for people who were erased meanwhile is more than expected.
        if (now.0 >= expected && waiting == 0 && since.elapsed() > REST_MIN) || since.elapsed() > STILL_MAX {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
}

/// Has everything that waits for another attempt tried at once. Returns how much waits, but for what stays because nobody wants it any more.
pub(crate) async fn hurry(house: &House, tenant: &Tenant) -> Result<usize> {
    let waiting = house.list("/v1/outbox", &tenant.key).await?;
    let ids: Vec<&Value> = waiting.iter().filter(|entry| entry["attempts"] != 0).map(|entry| &entry["id"]).collect();
    if ids.is_empty() {
        return Ok(waiting.len());
    }
    let ids = json!({"ids": ids[..ids.len().min(200)]});
    match house.attempt(Method::POST, "/v1/outbox/redeliver", &tenant.key, Some(&ids)).await? {
        Some((status, body)) if status.is_success() => {
            let stays = ["expired", "unwanted", "left"].map(|why| body[why].as_u64().unwrap_or_default());
            Ok(waiting.len() - stays.iter().sum::<u64>() as usize)
        }
        // They went out meanwhile.
        Some((StatusCode::NOT_FOUND, _)) | None => Ok(waiting.len()),
        Some((status, body)) => bail!("redelivery was refused: {status} {body}"),
    }
}
