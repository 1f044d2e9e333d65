//! What the door answers: JSON in every case, for people to read in Segment's Event Tester and delivery view. Only such
//! statuses as Segment understands: 200, permanent ones for what cannot pass, 408, 429 and 503 for what may. Never a
//! redirect: Segment would follow it as an empty GET and count that as delivered.

use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use crate::domain::limits;

/// What became of a request's elements.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Counts {
    pub(crate) accepted: u64,
    pub(crate) duplicate: u64,
    pub(crate) quarantined: u64,
    /// Calls of our own that came back; few will ever see one.
    #[serde(skip_serializing_if = "is_none")]
    pub(crate) echoes: u64,
}

/// An answer.
#[derive(Debug, PartialEq)]
pub(crate) enum Answer {
    /// All of it is kept, durably.
    Kept(Counts, Option<String>),
    /// An audience has this id.
    Audience(String),
    /// Nothing is kept, and why.
    Refused(StatusCode, String),
    /// Nothing is kept now; the same may be sent again.
    Later(Later),
}

/// Why not now.
#[derive(Debug, PartialEq)]
pub(crate) struct Later {
    /// Its name in metrics.
    pub(crate) reason: &'static str,
    message: String,
    status: StatusCode,
    after: Duration,
}

#[derive(Serialize)]
#[serde(untagged, rename_all = "camelCase", rename_all_fields = "camelCase")]
enum Body<'a> {
    Kept {
        #[serde(flatten)]
        counts: Counts,
        #[serde(skip_serializing_if = "Option::is_none")]
        message: Option<&'a str>,
    },
    Audience {
        external_id: &'a str,
    },
    Refused {
        message: &'a str,
    },
}

impl Answer {
    /// The house cannot take it now.
    pub(crate) fn busy(reason: &'static str, why: &str) -> Self {
        Self::later(StatusCode::SERVICE_UNAVAILABLE, reason, why, limits::RETRY_AFTER)
    }

    /// The tenant sends more than its share; others are let in.
    pub(crate) fn too_much(reason: &'static str, why: &str, after: Duration) -> Self {
        Self::later(StatusCode::TOO_MANY_REQUESTS, reason, why, after)
    }

    /// The same, of a request that held so many calls of our own besides.
    pub(super) fn beside(self, echoes: u64) -> Self {
        match self {
            Self::Kept(counts, message) => Self::Kept(Counts { echoes, ..counts }, message),
            other => other,
        }
    }

    fn later(status: StatusCode, reason: &'static str, why: &str, after: Duration) -> Self {
        let after = whole_seconds(after);
        let message = format!("{why}: send it again after {} s", after.as_secs());
        Self::Later(Later { reason, message, status, after })
    }

    /// The status on the wire.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Kept(..) | Self::Audience(_) => StatusCode::OK,
            Self::Refused(status, _) => *status,
            Self::Later(later) => later.status,
        }
    }

    fn body(&self) -> Body<'_> {
        match self {
            Self::Kept(counts, message) => Body::Kept { counts: *counts, message: message.as_deref() },
            Self::Audience(external_id) => Body::Audience { external_id },
            Self::Refused(_, message) => Body::Refused { message },
            Self::Later(later) => Body::Refused { message: &later.message },
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let mut response = (self.status(), axum::Json(self.body())).into_response();
        match self {
            Self::Refused(StatusCode::METHOD_NOT_ALLOWED, _) => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, PUT, PATCH"));
            }
            Self::Later(later) => {
                response.headers_mut().insert(header::RETRY_AFTER, later.after.as_secs().into());
            }
            _ => {}
        }
        response
    }
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// One at least.
fn whole_seconds(duration: Duration) -> Duration {
    Duration::from_secs(duration.as_secs() + u64::from(duration.subsec_nanos() > 0)).max(Duration::from_secs(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wait_is_whole_seconds() {
        let seconds = |millis| whole_seconds(Duration::from_millis(millis)).as_secs();
        assert_eq!([0, 1, 1_000, 1_001].map(seconds), [1, 1, 1, 2]);
    }
}
