//! The HTTP client of the API: one request, one bounded answer, every "no" turned into a `Failure`. Only this file and
//! `segment/public_api`, which asks Segment, know the wire.

use std::fmt::Display;
use std::time::Duration;

use reqwest::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, Response, StatusCode, Url, redirect};
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::exit::{self, Exit};
use super::failure::Failure;
use super::request::{Answer, Body, Request};
use crate::domain::limits;

/// What to do when the answer is not one of ours.
const WRONG_SERVER: &str = "check that a rekindle server of this version is there: `--url URL` or `REKINDLE_URL`";

/// The server's explanation of a "no" (RFC 9457).
#[derive(Deserialize)]
struct Problem {
    title: String,
    detail: Option<String>,
    code: Option<String>,
    request_id: Option<String>,
}

/// A way to one server, with one key.
pub(crate) struct Client {
    http: reqwest::Client,
    url: Url,
    /// How long an answer may take, other than to an upload.
    patience: Duration,
}

/// An address below a base address; each part of the path is encoded.
pub(crate) fn below<'a>(base: &Url, parts: impl IntoIterator<Item = &'a str>) -> Url {
    let mut url = base.clone();
    if let Ok(mut path) = url.path_segments_mut() {
        path.pop_if_empty().extend(parts);
    }
    url
}

/// An answer's body; none where it is longer than that.
pub(crate) async fn whole(response: &mut Response, bytes_max: usize) -> Result<Option<Vec<u8>>, reqwest::Error> {
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await? {
        if body.len() + chunk.len() > bytes_max {
            return Ok(None);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Some(body))
}

impl Client {
    /// Prepares; nothing is sent yet.
    pub(crate) fn new(url: Url, key: Option<&str>) -> Result<Self, Failure> {
        let builder = reqwest::Client::builder()
            .default_headers(authorization(key)?)
            .user_agent(concat!("rekindle/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(limits::CLI_CONNECT_MAX)
            // A key goes to the server that it was meant for and nowhere else.
            .redirect(redirect::Policy::none())
            .no_proxy();
        // Without TLS the machine's certificates are not needed: they may be missing, and reading them takes time.
        let builder = if url.scheme() == "http" { builder.tls_certs_only([]) } else { builder };
        let http = builder.build().map_err(unprepared)?;
        Ok(Self { http, url, patience: limits::CLI_CALL_MAX })
    }

    /// The same, with another patience.
    #[cfg(test)]
    pub(crate) fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// The server's answer, if it says yes.
    pub(crate) async fn ask<T: DeserializeOwned>(
        &self,
        request: &Request,
        query: &[(&str, &str)],
    ) -> Result<T, Failure> {
        let body = self.exchange(request, query).await?;
        serde_json::from_slice(&body).map_err(|err| self.unintelligible(request, &err))
    }

    /// The server's answer as text, if it says yes.
    pub(crate) async fn text(&self, request: &Request) -> Result<String, Failure> {
        let body = self.exchange(request, &[]).await?;
        String::from_utf8(body).map_err(|err| self.unintelligible(request, &err))
    }

    /// Nothing, if the server says yes.
    pub(crate) async fn tell(&self, request: &Request) -> Result<(), Failure> {
        self.exchange(request, &[]).await.map(drop)
    }

    /// The failure of an answer to `request` that is not what the API promises.
    pub(crate) fn unintelligible(&self, request: &Request, reason: &dyn Display) -> Failure {
        let what = format!("the answer makes no sense: {reason}");
        Failure::new(Exit::Failed, what).at(self.place(request)).next(WRONG_SERVER)
    }

    async fn exchange(&self, request: &Request, query: &[(&str, &str)]) -> Result<Vec<u8>, Failure> {
        let own = request.query.iter().map(|(name, value)| (*name, value.as_ref()));
        let query: Vec<_> = own.chain(query.iter().copied()).collect();
        let call = self.http.request(request.method.clone(), self.address(&request.path, &query));
        let call = match &request.answer {
            Answer::Text(media_type) => call.header(ACCEPT, *media_type),
            _ => call,
        };
        let broken = |err| unanswered(err).at(self.place(request));
        let mut response = self.load(call, &request.body).send().await.map_err(broken)?;
        let body = whole(&mut response, limits::CLI_ANSWER_BYTES_MAX).await.map_err(broken)?;
        let body = body.ok_or_else(|| self.unintelligible(request, &"it is too long"))?;
        if response.status().is_success() {
            return Ok(body);
        }
        Err(refusal(self.place(request), &response, &body))
    }

    /// The request, as an error names it.
    fn place(&self, request: &Request) -> String {
        format!("{} {}", request.method, self.address(&request.path, &[]))
    }

    fn address(&self, path: &[String], query: &[(&str, &str)]) -> Url {
        let mut url = below(&self.url, ["v1"].into_iter().chain(path.iter().map(String::as_str)));
        if !query.is_empty() {
            url.query_pairs_mut().extend_pairs(query);
        }
        url
    }

    fn load(&self, call: RequestBuilder, body: &Body) -> RequestBuilder {
        match body {
            Body::Empty => call.timeout(self.patience),
            Body::Json(document) => call.timeout(self.patience).json(document),
            Body::Feed(feed, media_type) => {
                call.timeout(limits::CLI_UPLOAD_MAX).header(CONTENT_TYPE, *media_type).body(feed.clone())
            }
            Body::Component(component) => {
                call.timeout(limits::CLI_UPLOAD_MAX).header(CONTENT_TYPE, "application/wasm").body(component.clone())
            }
        }
    }
}

fn authorization(key: Option<&str>) -> Result<HeaderMap, Failure> {
    let key = key.map(str::trim).filter(|key| !key.is_empty()).ok_or_else(|| {
        Failure::new(Exit::Denied, "this command needs a key, and none was given")
            .next("pass `--key KEY` or set `REKINDLE_KEY`; `tenant` commands take the bootstrap key of `serve`")
    })?;
    let mut value = HeaderValue::try_from(format!("Bearer {key}")).map_err(|_| {
        Failure::new(Exit::Usage, "the key holds characters that no key has").next("copy it again, as it was printed")
    })?;
    value.set_sensitive(true);
    Ok(HeaderMap::from_iter([(AUTHORIZATION, value)]))
}

/// Why nothing could be asked.
fn unprepared(err: reqwest::Error) -> Failure {
    Failure::new(Exit::Failed, format!("cannot prepare a connection: {}", root_cause(err)))
        .next("check the certificates of this machine (usually the package `ca-certificates`)")
}

/// What became of a request that got no answer, or half of one.
fn unanswered(err: reqwest::Error) -> Failure {
    // A connection that takes too long is a server out of reach: nothing was asked of it yet.
    if err.is_timeout() && !err.is_connect() {
        return Failure::new(Exit::TimedOut, "the server did not answer in time; it may still do what was asked")
            .next("look whether it happened, then try again");
    }
    if err.is_connect() {
        return Failure::new(Exit::Unreachable, format!("cannot reach the server: {}", root_cause(err)))
            .next("start it with `rekindle serve`, or say where it is: `--url URL` or `REKINDLE_URL`");
    }
    Failure::new(Exit::Unreachable, format!("the connection to the server broke: {}", root_cause(err)))
        .next("look whether it happened, then try again")
}

/// The innermost error: the others say only that there is one.
fn root_cause(err: reqwest::Error) -> String {
    anyhow::Error::from(err).root_cause().to_string()
}

/// What a "no" means: the server's own words, or just a status from whoever answered.
fn refusal(place: String, response: &Response, body: &[u8]) -> Failure {
    let status = response.status();
    let (exit, next) = exit::refused(status.as_u16());
    let media_type = response.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    match serde_json::from_slice::<Problem>(body) {
        Ok(problem) if media_type.starts_with("application/problem+json") => {
            Failure::new(exit, problem.words()).at(format!("{place} ({})", problem.reference(status))).next(next)
        }
        _ => {
            // What stands in between may say anything; only that nobody was there is believed.
            let exit = if matches!(exit, Exit::Unreachable | Exit::TimedOut) { exit } else { Exit::Failed };
            Failure::new(exit, format!("the answer is `{status}`, without a reason")).at(place).next(WRONG_SERVER)
        }
    }
}

impl Problem {
    fn words(&self) -> String {
        self.detail.as_ref().map_or_else(|| self.title.clone(), |detail| format!("{}: {detail}", self.title))
    }

    /// What to look for in the server's log and the API's documentation.
    fn reference(&self, status: StatusCode) -> String {
        let code = self.code.iter().map(|code| format!("code `{code}`"));
        let id = self.request_id.iter().map(|id| format!("request `{id}`"));
        std::iter::once(format!("status {}", status.as_u16())).chain(code).chain(id).collect::<Vec<_>>().join(", ")
    }
}
