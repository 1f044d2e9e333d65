//! Segment's Public API on the wire: one request, one bounded answer, its envelope opened, every "no" turned into a `Failure`.
//!
//! Source: docs.segmentapis.com, "Error Handling": success is `{"data": {…}}`, everything else `{"errors": [{"type", "message", "field"}]}`.

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{StatusCode, Url, redirect};
use serde::Deserialize;
use serde_json::Value;

use super::calls::Call;
use crate::cli::client::whole;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::domain::{Secret, limits};

/// A way to one workspace.
pub(super) struct PublicApi {
    http: reqwest::Client,
    base: Url,
}

#[derive(Deserialize, Default)]
struct Envelope {
    #[serde(default)]
    data: Value,
    #[serde(default)]
    errors: Vec<Complaint>,
}

#[derive(Deserialize)]
struct Complaint {
    message: Option<String>,
    field: Option<String>,
}

impl PublicApi {
    /// Prepares; nothing is sent yet.
    pub(super) fn new(base: Url, token: &Secret) -> Result<Self, Failure> {
        let unfit = || {
            let next = "copy it again: Settings, Access Management, Tokens in the workspace";
            Failure::new(Exit::Usage, "the token holds characters that no token has").next(next)
        };
        let mut bearer = HeaderValue::try_from(format!("Bearer {}", token.expose().trim())).map_err(|_| unfit())?;
        bearer.set_sensitive(true);
        let builder = reqwest::Client::builder()
            .default_headers(HeaderMap::from_iter([(AUTHORIZATION, bearer)]))
            .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits::CLI_CONNECT_MAX)
            .timeout(limits::CLI_CALL_MAX)
            // The token goes to where it was meant for and nowhere else.
            .redirect(redirect::Policy::none());
        // As to our own server: without TLS the machine's certificates are not needed.
        let builder = if base.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let http = builder.build().map_err(anyhow::Error::from)?;
        Ok(Self { http, base })
    }

    /// Asks, and gives what the answer's envelope holds.
    pub(super) async fn ask(&self, call: &Call) -> Result<Value, Failure> {
        let url = call.address(&self.base);
        let place = format!("{} {url}", call.method);
        let mut request = self.http.request(call.method.clone(), url).header(ACCEPT, call.media_type);
        if !call.body.is_null() {
            request = request.header(CONTENT_TYPE, call.media_type).body(call.body.to_string());
        }
        let broken = |err| unanswered(err).at(place.clone());
        let mut response = request.send().await.map_err(broken)?;
        let body = whole(&mut response, limits::SEGMENT_ANSWER_BYTES_MAX).await.map_err(broken)?;
        let too_long = || Failure::new(Exit::Failed, "Segment's answer is too long").at(place.clone());
        let body = body.ok_or_else(too_long)?;
        let envelope: Envelope = serde_json::from_slice(&body).unwrap_or_default();
        match response.status().is_success() {
            true => Ok(envelope.data),
            false => Err(refusal(response.status(), &envelope.errors).at(place)),
        }
    }

    /// Has something made, and gives its id, which stands at that place.
    pub(super) async fn id(&self, call: &Call, place: &str) -> Result<String, Failure> {
        let data = self.ask(call).await?;
        let id = data.pointer(place).and_then(Value::as_str).map(str::to_owned);
        id.ok_or_else(|| {
            Failure::new(Exit::Failed, format!("Segment's answer has no `{place}`"))
                .at(format!("{} {}", call.method, call.address(&self.base)))
                .next("look in the workspace whether it was made")
        })
    }
}

fn unanswered(err: reqwest::Error) -> Failure {
    let (exit, next) = match err.is_timeout() && !err.is_connect() {
        true => (Exit::TimedOut, "look in the workspace whether it happened, then try again"),
        false => (Exit::Unreachable, "check the way to the internet, and `--api` where it is given"),
    };
    let cause = anyhow::Error::from(err.without_url());
    Failure::new(exit, format!("Segment did not answer: {}", cause.root_cause())).next(next)
}

/// What a "no" means, in Segment's own words where it has some.
fn refusal(status: StatusCode, complaints: &[Complaint]) -> Failure {
    let words = complaints.iter().filter_map(|complaint| {
        let message = complaint.message.as_deref()?;
        Some(complaint.field.as_ref().map_or_else(|| message.to_owned(), |field| format!("`{field}`: {message}")))
    });
    let words: Vec<String> = words.take(limits::SEGMENT_COMPLAINTS_MAX).collect();
    let said = if words.is_empty() { String::new() } else { format!(": {}", words.join("; ")) };
    let (exit, next) = match status.as_u16() {
        401 | 403 => (
            Exit::Denied,
            "give a token that may change sources and destinations (a plan with the Public API; for mappings, Segment has to \
             enable `Destination Subscriptions`), and `--region eu` for a workspace there",
        ),
        404 => (Exit::NotFound, "compare the id with the workspace's, and `--region`"),
        400 | 409 | 422 => (Exit::Invalid, ""),
        429 => (Exit::Failed, "try again in a minute: Segment makes 5 mappings a minute"),
        500.. => (Exit::Unreachable, "try again in a moment"),
        _ => (Exit::Failed, ""),
    };
    Failure::new(exit, format!("Segment answered {status}{said}")).next(next)
}
