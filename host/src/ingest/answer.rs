//! What the door answers: JSON in every case, for people to read in Segment's Event Tester and delivery view. Only such
//! statuses as Segment understands: 200, permanent ones for what cannot pass, 408 and 503 for what may. Never a
//! redirect: Segment would follow it as an empty GET and count that as delivered.

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
    /// Not now: ask again.
    pub(crate) fn later(why: &str) -> Self {
        let after = limits::RETRY_AFTER.as_secs();
        Self::Refused(StatusCode::SERVICE_UNAVAILABLE, format!("{why}: send it again after {after} s"))
    }

    /// The status on the wire.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Kept(..) | Self::Audience(_) => StatusCode::OK,
            Self::Refused(status, _) => *status,
        }
    }

    fn body(&self) -> Body<'_> {
        match self {
            Self::Kept(counts, message) => Body::Kept { counts: *counts, message: message.as_deref() },
            Self::Audience(external_id) => Body::Audience { external_id },
            Self::Refused(_, message) => Body::Refused { message },
        }
    }
}

impl IntoResponse for Answer {
    fn into_response(self) -> Response {
        let status = self.status();
        let mut response = (status, axum::Json(self.body())).into_response();
        match status {
            StatusCode::METHOD_NOT_ALLOWED => {
                response.headers_mut().insert(header::ALLOW, HeaderValue::from_static("POST, PUT, PATCH"));
            }
            StatusCode::SERVICE_UNAVAILABLE => {
                response.headers_mut().insert(header::RETRY_AFTER, limits::RETRY_AFTER.as_secs().into());
            }
            _ => {}
        }
        response
    }
}
