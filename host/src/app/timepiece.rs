//! What tells the time: the machine's clock, or, for tests and the demo, one that is moved by hand. A directory belongs to one
//! kind for ever, so that nobody's real data ever stands on a clock that is moved by hand.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result, ensure};
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use axum::{Json, Router};
use serde_json::{Value, json};

use super::House;
use crate::domain::{Clock, ManualClock, SystemClock, Timestamp};

/// A file of this name marks a directory that stands on a manual clock.
const MARK: &str = "manual-clock";

/// What tells the time in a house.
#[derive(Debug, Clone)]
pub enum Timepiece {
    /// The machine's clock.
    System,
    /// A clock that is moved by hand.
    Manual(Arc<ManualClock>),
}

impl Timepiece {
    pub(super) fn clock(&self) -> Arc<dyn Clock> {
        match self {
            Self::System => Arc::new(SystemClock),
            Self::Manual(clock) => Arc::clone(clock) as Arc<dyn Clock>,
        }
    }

    /// Refuses a directory that belongs to the other kind, and marks a new one.
    pub(super) fn admit(&self, data: &Path) -> Result<()> {
        let mark = data.join(MARK);
        let (is_marked, shown) = (mark.exists(), data.display());
        match self {
            Self::System => {
                ensure!(
                    !is_marked,
                    "`{shown}` was made for a manual clock (a test or the demo): use another directory"
                );
            }
            Self::Manual(_) if is_marked => {}
            Self::Manual(_) => {
                let is_empty =
                    std::fs::read_dir(data).with_context(|| format!("cannot read `{shown}`"))?.next().is_none();
                ensure!(is_empty, "`{shown}` holds a server's data: a manual clock is only for tests and the demo");
                std::fs::write(&mark, "").with_context(|| format!("cannot write `{}`", mark.display()))?;
            }
        }
        Ok(())
    }
}

/// `POST /v1/clock {"advance_to": …}`: mounted only where the clock is manual. Answers when everything due by then has happened.
pub(super) fn router(house: Arc<House>) -> Router {
    Router::new().route("/v1/clock", post(advance)).with_state(house)
}

async fn advance(State(house): State<Arc<House>>, Json(body): Json<Value>) -> (StatusCode, Json<Value>) {
    let moment = body["advance_to"].as_str().and_then(|text| text.parse::<jiff::Timestamp>().ok());
    let Some(moment) = moment else {
        let message = "`advance_to` should be a moment like `2026-03-02T08:00:00Z`";
        return (StatusCode::BAD_REQUEST, Json(json!({"message": message})));
    };
    match house.advance_to(Timestamp::from_millis(moment.as_millisecond())).await {
        Ok(()) => (StatusCode::OK, Json(json!({"now": house.timepiece.clock().now().to_string()}))),
        Err(err) => (StatusCode::INTERNAL_SERVER_ERROR, Json(json!({"message": err.to_string()}))),
    }
}
