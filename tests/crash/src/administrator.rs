//! Somebody who changes a tenant's set-up all the while: keys come and go, a campaign is published again. What was answered must hold.

use std::collections::{BTreeSet, VecDeque};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Result, bail};
use reqwest::{Method, StatusCode};
use serde_json::json;

use crate::house::{House, Tenant, text};

/// Keys held at one time.
const KEYS: usize = 10;
/// Every how many changes one is a publication: it costs a second of work.
const PUBLISH_EVERY: u64 = 12;
const PAUSE: Duration = Duration::from_millis(60);

/// What was answered.
#[derive(Debug, Default)]
pub(crate) struct Changes {
    pub(crate) keys: VecDeque<String>,
    pub(crate) revoked: BTreeSet<String>,
    pub(crate) revision: u64,
    pub(crate) count: u64,
}

/// The administrator at work.
pub(crate) struct Administrator {
    stopping: Arc<AtomicBool>,
    task: tokio::task::JoinHandle<Result<Changes>>,
}

impl Administrator {
    pub(crate) fn begin(house: House, tenant: Tenant) -> Self {
        let stopping = Arc::new(AtomicBool::new(false));
        let task = tokio::spawn(work(house, tenant, Arc::clone(&stopping)));
        Self { stopping, task }
    }

    pub(crate) async fn end(self) -> Result<Changes> {
        self.stopping.store(true, Ordering::SeqCst);
        self.task.await?
    }
}

async fn work(house: House, tenant: Tenant, stopping: Arc<AtomicBool>) -> Result<Changes> {
    let mut changes = Changes::default();
    let mut turn = 0;
    while !stopping.load(Ordering::SeqCst) {
        turn += 1;
        if turn % PUBLISH_EVERY == 0 {
            publish(&house, &tenant, &mut changes, turn).await?;
        } else if changes.keys.len() >= KEYS {
            revoke(&house, &tenant, &mut changes).await?;
        } else {
            create(&house, &tenant, &mut changes).await?;
        }
        tokio::time::sleep(PAUSE).await;
    }
    Ok(changes)
}

async fn create(house: &House, tenant: &Tenant, changes: &mut Changes) -> Result<()> {
    let new = json!({"name": "crash", "role": "viewer"});
    match house.attempt(Method::POST, "/v1/keys", &tenant.key, Some(&new)).await? {
        Some((StatusCode::CREATED, body)) => changes.keys.push_back(text(&body, "id")?),
        // Keys whose creation was not answered count, too: they are not ours to revoke.
        Some((StatusCode::CONFLICT, _)) | None => return Ok(()),
        Some((status, body)) => bail!("a key was refused: {status} {body}"),
    }
    changes.count += 1;
    Ok(())
}

async fn revoke(house: &House, tenant: &Tenant, changes: &mut Changes) -> Result<()> {
    let Some(id) = changes.keys.front().cloned() else { return Ok(()) };
    match house.attempt(Method::DELETE, &format!("/v1/keys/{id}"), &tenant.key, None).await? {
        // Not there: it was revoked, and nobody lived to say so.
        Some((StatusCode::NO_CONTENT | StatusCode::NOT_FOUND, _)) => {}
        Some((status, body)) => bail!("a key was not revoked: {status} {body}"),
        None => return Ok(()),
    }
    changes.keys.pop_front();
    changes.revoked.insert(id);
    changes.count += 1;
    Ok(())
}

async fn publish(house: &House, tenant: &Tenant, changes: &mut Changes, edition: u64) -> Result<()> {
    let body = json!({"module": tenant.counter, "configuration": {"edition": edition}});
    match house.attempt(Method::POST, "/v1/campaigns/counter/publish", &tenant.key, Some(&body)).await? {
        Some((status, body)) if status.is_success() => {
            changes.revision = body["revision"].as_u64().unwrap_or(changes.revision);
            changes.count += 1;
        }
        Some((status, body)) => bail!("a publication was refused: {status} {body}"),
        None => {}
    }
    Ok(())
}
