//! Our own side: a source of ours, its address, and a secret of it that is good.

use serde::Deserialize;
use serde_json::json;

use crate::cli::client::Client;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::request::Request;
use crate::domain::{Secret, SourceId, limits};

/// A source of ours, as it was made or rotated.
pub(super) struct Inlet {
    /// Its whole address.
    pub(super) url: String,
    /// Its newest secret.
    pub(super) secret: Secret,
}

#[derive(Deserialize)]
struct Made {
    url: String,
    secrets: Vec<String>,
}

#[derive(Deserialize)]
struct Page {
    items: Vec<Listed>,
}

#[derive(Deserialize)]
struct Listed {
    source: String,
    active_secrets: usize,
}

/// Makes the source; one that is there gets one more secret.
pub(super) async fn open(house: &Client, source: &SourceId, secret: Option<&Secret>) -> Result<Inlet, Failure> {
    match active_secrets(house, source).await? {
        Some(active) => rotate_from(house, source, (active, secret)).await,
        None => {
            let body = json!({"name": source.as_str(), "secret": secret.map(Secret::expose)});
            made(house, Request::post(&["sources"], body)).await
        }
    }
}

/// Gives the source one more secret.
pub(super) async fn rotate(house: &Client, source: &SourceId, secret: Option<&Secret>) -> Result<Inlet, Failure> {
    let missing = || {
        let what = format!("there is no source `{source}`");
        Failure::new(Exit::NotFound, what).next("name it by `--source`: `source list` shows those there are")
    };
    let active = active_secrets(house, source).await?.ok_or_else(missing)?;
    rotate_from(house, source, (active, secret)).await
}

/// Ends the older secret. Returns how many are left.
pub(super) async fn retire(house: &Client, source: &SourceId) -> Result<usize, Failure> {
    let retired: Listed = house.ask(&Request::post(&["sources", source.as_str(), "retire"], json!({})), &[]).await?;
    Ok(retired.active_secrets)
}

/// The oldest of too many secrets would go, and Segment may still sign with it.
async fn rotate_from(
    house: &Client,
    source: &SourceId,
    (active, secret): (usize, Option<&Secret>),
) -> Result<Inlet, Failure> {
    if active >= limits::SOURCE_SECRETS_MAX {
        let what = format!("source `{source}` has {active} secrets already: one more would end the oldest");
        let next =
            format!("if Segment signs with the newest, `source retire {source}` ends the other; then run this again");
        return Err(Failure::new(Exit::Conflict, what).next(next));
    }
    let body = json!({"secret": secret.map(Secret::expose)});
    made(house, Request::post(&["sources", source.as_str(), "rotate"], body)).await
}

async fn active_secrets(house: &Client, source: &SourceId) -> Result<Option<usize>, Failure> {
    let limit = limits::PAGE_ROWS_MAX.to_string();
    // No tenant has more sources than a page has rows.
    let Page { items } = house.ask(&Request::get(&["sources"]), &[("limit", &limit)]).await?;
    let listed = items.into_iter().find(|listed| listed.source == source.as_str());
    Ok(listed.map(|listed| listed.active_secrets))
}

async fn made(house: &Client, request: Request) -> Result<Inlet, Failure> {
    let Made { url, mut secrets } = house.ask(&request, &[]).await?;
    match secrets.pop() {
        Some(secret) => Ok(Inlet { url, secret: Secret::new(secret) }),
        None => Err(house.unintelligible(&request, &"it holds no secret")),
    }
}

const _: () = assert!(limits::SOURCES_MAX <= limits::PAGE_ROWS_MAX, "all sources should be on one page");
