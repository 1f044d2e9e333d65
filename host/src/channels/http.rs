//! The way out over HTTP, shared by all providers that speak it: one pool of connections, one set of bounds. Those who speak something
//! else get theirs from here too, by `dialer`.
//!
//! It follows no redirect (the answer would come from somewhere the tenant did not name), asks no proxy of the
//! environment, unpacks no compressed answer, and tries nothing twice: repetitions are the outbox's, where they are kept.
//! It connects to no address that `reach` does not admit: those of names are judged by the resolver, those that are written
//! out before the request, because the client asks no resolver for them.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Method, RequestBuilder, Response, StatusCode, Url, redirect};

use super::Receipt;
use super::asked::Asked;
use super::dialer::Dialer;
use super::reach::{Names, Reach, Resolver, System};
use super::retry_after;
use crate::domain::{Timestamp, limits};

const USER_AGENT: &str = concat!("Rekindle/", env!("CARGO_PKG_VERSION"));

/// Why there is no way out.
#[derive(Debug, thiserror::Error)]
#[error("the HTTP client could not be set up")]
pub struct HttpError(#[source] reqwest::Error);

/// The way out. Cloning shares it.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
    attempt_max: Duration,
    reach: Reach,
    dialer: Dialer,
}

/// What of an answer counts.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// How long the provider asked to be left alone.
    pub(super) retry_after: Option<Duration>,
    /// What of the body came in time, at most `limits::ANSWER_BYTES_MAX`.
    pub(super) body: Vec<u8>,
    /// What was asked: the provider may repeat it.
    pub(super) asked: Asked,
}

impl Http {
    /// Sets it up, for attempts of at most `attempt_max`: `limits::ATTEMPT_MAX` but in tests.
    pub fn new(attempt_max: Duration, reach: Reach) -> Result<Self, HttpError> {
        Self::with_names(attempt_max, reach, Arc::new(System))
    }

    /// The same, with another source of names.
    pub(super) fn with_names(attempt_max: Duration, reach: Reach, names: Arc<dyn Names>) -> Result<Self, HttpError> {
        let resolver = Resolver::new(reach.clone(), names);
        let client = reqwest::Client::builder()
            .user_agent(USER_AGENT)
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .referer(false)
            .no_proxy()
            .dns_resolver(resolver.clone())
            .timeout(attempt_max)
            .pool_max_idle_per_host(limits::DISPATCHED_PER_CHANNEL_MAX)
            .pool_idle_timeout(limits::CONNECTION_IDLE_MAX)
            .build()
            .map_err(HttpError)?;
        Ok(Self { client, attempt_max, dialer: Dialer::new(reach.clone(), resolver), reach })
    }

    /// What may be reached through it.
    pub fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The way out for what is not HTTP, within the same bounds.
    pub(super) fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    /// How long an attempt may take.
    pub(super) fn attempt_max(&self) -> Duration {
        self.attempt_max
    }

    pub(super) fn post(&self, url: Url) -> RequestBuilder {
        self.client.post(url)
    }

    pub(super) fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.client.request(method, url)
    }

    /// Sends a request and reads the answer. Where there is none, nobody knows whether the provider took the message: the receipt says
    /// to try again, and what went wrong.
    pub(super) async fn send(&self, request: RequestBuilder, at: Timestamp) -> Result<Answer, Receipt> {
        self.send_heeding(request, at, retry_after::asked).await
    }

    /// The same, where the provider has a way of its own to say how long it asks to be left alone.
    pub(super) async fn send_heeding(
        &self,
        request: RequestBuilder,
        at: Timestamp,
        asked_wait: fn(&HeaderMap, Timestamp) -> Option<Duration>,
    ) -> Result<Answer, Receipt> {
        let request = request.build().map_err(|err| self.failure(err))?;
        self.reach.admit(request.url()).map_err(|err| again(err.to_string()))?;
        let asked = Asked::of(&request);
        let response = self.client.execute(request).await.map_err(|err| self.failure(err))?;
        let status = response.status();
        let of_too_many =
            || retry_after::of_too_many(response.headers(), at).filter(|_| status == StatusCode::TOO_MANY_REQUESTS);
        let retry_after = asked_wait(response.headers(), at).or_else(of_too_many);
        // Read to its end, the connection can be used again; broken, slow or endless, it changes nothing of the status.
        let mut body = Vec::new();
        let _ = tokio::time::timeout(limits::ANSWER_REST_MAX, read_rest(response, &mut body)).await;
        Ok(Answer { status, retry_after, body, asked })
    }

    /// The same, trusting whom the test trusts where TLS is not HTTP's.
    #[cfg(test)]
    pub(super) fn with_tls(self, tls: Arc<tokio_rustls::rustls::ClientConfig>) -> Self {
        Self { dialer: self.dialer.with_tls(tls), ..self }
    }

    fn failure(&self, err: reqwest::Error) -> Receipt {
        if err.is_timeout() {
            return again(format!("no answer within {} ms", self.attempt_max.as_millis()));
        }
        let what = if err.is_connect() { "could not connect" } else { "the connection broke before an answer" };
        again(match innermost(&err.without_url()) {
            Some(cause) => format!("{what}: {cause}"),
            None => what.to_owned(),
        })
    }
}

fn again(reason: String) -> Receipt {
    Receipt::Retry { reason, after: None }
}

async fn read_rest(mut response: Response, body: &mut Vec<u8>) {
    while let Ok(Some(chunk)) = response.chunk().await {
        if body.len() + chunk.len() > limits::ANSWER_BYTES_MAX {
            return;
        }
        body.extend_from_slice(&chunk);
    }
}

/// The cause that the layers above it only wrap: what the operating system, TLS or the parser said. None of them repeats
/// what was sent.
fn innermost(err: &dyn Error) -> Option<String> {
    std::iter::successors(err.source(), |err| (*err).source()).last().map(ToString::to_string)
}
