//! What is answered when something is wrong: RFC 9457's problem details. The table of kinds is all there are; a caller
//! branches on `code`, a person reads `detail`.

use axum::body::Body;
use axum::http::header::{CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

use crate::domain::{IdError, limits};
use crate::sandbox::{CompileError, ConfigureError, Rejection};
use crate::tenants::{StorageError, TenantsError};

/// A kind of problem. Its code never changes.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Kind {
    code: &'static str,
    status: StatusCode,
    title: &'static str,
}

/// The kinds.
impl Kind {
    /// The body is no JSON, or the query cannot be read.
    pub(super) const MALFORMED: Self = Self::new("malformed", StatusCode::BAD_REQUEST, "The request cannot be read");
    /// No key, or one that is nobody's.
    pub(super) const UNAUTHORIZED: Self =
        Self::new("unauthorized", StatusCode::UNAUTHORIZED, "The key is missing or not known");
    /// The key does not allow it.
    pub(super) const FORBIDDEN: Self = Self::new("forbidden", StatusCode::FORBIDDEN, "The key does not allow this");
    /// There is no such thing, or it is another tenant's.
    pub(super) const NOT_FOUND: Self = Self::new("not-found", StatusCode::NOT_FOUND, "There is no such thing");
    /// The path is there, the method is not.
    pub(super) const NO_SUCH_METHOD: Self =
        Self::new("no-such-method", StatusCode::METHOD_NOT_ALLOWED, "The path does not know this method");
    /// It is there already, or something stands against it.
    pub(super) const CONFLICT: Self = Self::new("conflict", StatusCode::CONFLICT, "Something stands against it");
    /// The campaign's state does not allow it.
    pub(super) const CAMPAIGN_STATE: Self =
        Self::new("campaign-state", StatusCode::CONFLICT, "The campaign's state does not allow this");
    /// There are as many as there may be.
    pub(super) const LIMIT_REACHED: Self =
        Self::new("limit-reached", StatusCode::CONFLICT, "There are too many already");
    /// The body is larger than it may be.
    pub(super) const TOO_LARGE: Self = Self::new("too-large", StatusCode::PAYLOAD_TOO_LARGE, "The body is too large");
    /// A value is not what it should be.
    pub(super) const INVALID: Self = Self::new("invalid", StatusCode::UNPROCESSABLE_ENTITY, "A value is not valid");
    /// The module is none that can be published.
    pub(super) const MODULE_REJECTED: Self =
        Self::new("module-rejected", StatusCode::UNPROCESSABLE_ENTITY, "The module is not taken");
    /// The module does not take the configuration.
    pub(super) const CONFIGURATION_REFUSED: Self =
        Self::new("configuration-refused", StatusCode::UNPROCESSABLE_ENTITY, "The module refused the configuration");
    /// The module failed while it was configured.
    pub(super) const MODULE_FAILED: Self =
        Self::new("module-failed", StatusCode::UNPROCESSABLE_ENTITY, "The module failed while it was configured");
    /// A bug, or a disk that fails.
    pub(super) const INTERNAL: Self = Self::new("internal", StatusCode::INTERNAL_SERVER_ERROR, "The server failed");
    /// The tenant has too much waiting; it passes.
    pub(super) const TENANT_BUSY: Self =
        Self::new("tenant-busy", StatusCode::TOO_MANY_REQUESTS, "The tenant has too much waiting");
    /// Too much to do; it passes.
    pub(super) const BUSY: Self = Self::new("busy", StatusCode::SERVICE_UNAVAILABLE, "The server is busy");
    /// The server starts or stops.
    pub(super) const NOT_READY: Self =
        Self::new("not-ready", StatusCode::SERVICE_UNAVAILABLE, "The server is not ready");

    const fn new(code: &'static str, status: StatusCode, title: &'static str) -> Self {
        Self { code, status, title }
    }
}

/// Something is wrong with a request.
#[derive(Debug, Clone)]
pub(super) struct Problem {
    kind: &'static Kind,
    detail: String,
}

impl Problem {
    /// What is wrong, for the log.
    pub(super) fn detail(self) -> String {
        self.detail
    }

    /// A problem of that kind: what is wrong, and what to do next.
    pub(super) fn new(kind: &'static Kind, detail: impl ToString) -> Self {
        Self { kind, detail: detail.to_string() }
    }

    /// The server's own fault: the cause is for its log, not for the caller.
    pub(super) fn internal(cause: &dyn std::error::Error) -> Self {
        tracing::error!(error = %cause, "a request failed");
        Self::new(&Kind::INTERNAL, "it is not your fault; the server's log has the cause under this request's id")
    }

    /// Writes the problem into its response: only there is the request's id known.
    pub(super) fn render(self, response: Response, request_id: &str) -> Response {
        let details = ProblemDetails {
            r#type: format!("/problems/{}", self.kind.code),
            title: self.kind.title,
            status: self.kind.status.as_u16(),
            detail: self.detail,
            code: self.kind.code,
            request_id: request_id.to_owned(),
        };
        let (mut parts, _) = response.into_parts();
        parts.headers.remove(CONTENT_LENGTH);
        parts.headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if self.kind.status == StatusCode::UNAUTHORIZED {
            parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        if matches!(self.kind.status, StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS) {
            parts.headers.insert(RETRY_AFTER, HeaderValue::from(limits::RETRY_AFTER.as_secs()));
        }
        let body = serde_json::to_vec(&details).expect("problem details should be writable: they are texts");
        Response::from_parts(parts, Body::from(body))
    }
}

/// Leaves the problem with the response; `request::identify` renders it.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

/// RFC 9457 problem details.
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemDetails {
    /// Names the kind of problem.
    r#type: String,
    /// The kind of problem, in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// What is wrong this time, and what to do next.
    detail: String,
    /// Names the kind of problem, for programs.
    code: &'static str,
    /// Names the request, as `x-request-id` does.
    request_id: String,
}

impl From<TenantsError> for Problem {
    fn from(err: TenantsError) -> Self {
        let kind = match &err {
            TenantsError::NotFound { .. } => &Kind::NOT_FOUND,
            TenantsError::Conflict { .. } => &Kind::CONFLICT,
            TenantsError::LimitReached { .. } => &Kind::LIMIT_REACHED,
            TenantsError::Invalid { .. } => &Kind::INVALID,
            TenantsError::Lifecycle { .. } => &Kind::CAMPAIGN_STATE,
            TenantsError::Storage(err) => return Self::internal(err),
            TenantsError::Keyring(_) => &Kind::CONFLICT,
        };
        Self::new(kind, err)
    }
}

impl From<StorageError> for Problem {
    fn from(err: StorageError) -> Self {
        Self::internal(&err)
    }
}

impl From<IdError> for Problem {
    fn from(err: IdError) -> Self {
        Self::new(&Kind::INVALID, err)
    }
}

impl From<Rejection> for Problem {
    fn from(rejection: Rejection) -> Self {
        Self::new(&Kind::MODULE_REJECTED, rejection)
    }
}

impl From<CompileError> for Problem {
    fn from(err: CompileError) -> Self {
        match err {
            CompileError::Rejected(rejection) => rejection.into(),
            CompileError::Unavailable(_) => Self::new(&Kind::BUSY, err),
        }
    }
}

impl From<ConfigureError> for Problem {
    fn from(err: ConfigureError) -> Self {
        match err {
            ConfigureError::Rejected(rejection) => rejection.into(),
            // The kind's title says who speaks.
            ConfigureError::Refused(words) => Self::new(&Kind::CONFIGURATION_REFUSED, words),
            ConfigureError::Failed(failure) => Self::new(&Kind::MODULE_FAILED, failure),
            ConfigureError::Unavailable(_) => Self::new(&Kind::BUSY, err),
        }
    }
}
