//! A request as it came, why it is not done, and the answer.

use std::fmt;
use std::io;

use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderName, HeaderValue};
use hyper::{Method, StatusCode};
use serde_json::Value;

/// A request, whole.
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path.
    pub path: String,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body.
    pub body: Bytes,
}

/// Why something is not done.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    /// As the provider answers it.
    pub status: u16,
    /// Why.
    pub words: String,
}

/// What a provider answers.
#[derive(Debug, Clone, PartialEq)]
pub struct Reply {
    status: u16,
    headers: Vec<(&'static str, String)>,
    body: Value,
}

impl Request {
    pub(super) async fn receive(request: hyper::Request<Incoming>) -> io::Result<Self> {
        let (head, body) = request.into_parts();
        let body = body.collect().await.map_err(io::Error::other)?.to_bytes();
        Ok(Self { method: head.method, path: head.uri.path().to_owned(), headers: head.headers, body })
    }

    /// The header of that name, where it is a text.
    pub fn header(&self, name: impl Into<HeaderName>) -> Option<&str> {
        self.headers.get(name.into())?.to_str().ok()
    }

    /// Fails unless it is made so.
    pub fn is_for(&self, method: &Method, path: &str) -> Result<(), Fault> {
        match self.method == *method && self.path == path {
            true => Ok(()),
            false => Err(Fault { status: 404, words: "there is no such call".to_owned() }),
        }
    }

    /// Fails unless it shows these credentials.
    pub fn shows(&self, authorization: &str) -> Result<(), Fault> {
        match self.header(hyper::header::AUTHORIZATION) == Some(authorization) {
            true => Ok(()),
            false => Err(Fault { status: 401, words: "the credentials are missing or others".to_owned() }),
        }
    }

    /// Its body, which has to be JSON and to say so.
    pub fn json(&self) -> Result<Value, Fault> {
        let media = self.header(CONTENT_TYPE).and_then(|media| media.split(';').next()).unwrap_or_default();
        if media.trim() != "application/json" {
            return Err(Fault::bad(format!("the content type is `{media}`")));
        }
        serde_json::from_slice(&self.body).map_err(|err| Fault::bad(format!("the body is no JSON: {err}")))
    }
}

impl Fault {
    /// The request is wrong.
    pub fn bad(words: String) -> Self {
        Self { status: 400, words }
    }

    /// The request is right, and the provider has troubles of its own.
    pub(super) fn of_provider(status: u16) -> Self {
        let words = match status {
            429 => "too many requests",
            _ => "something went wrong on our side",
        };
        Self { status, words: words.to_owned() }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.words, self.status)
    }
}

impl Reply {
    /// An answer with a body; none where it is null.
    pub fn new(status: u16, body: Value) -> Self {
        Self { status, headers: Vec::new(), body }
    }

    /// The same with a header more.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// Where there are too many requests, says when to come again: as soon as can be said.
    pub fn asking_for_patience(self) -> Self {
        if self.status == 429 { self.with("retry-after", "1") } else { self }
    }
}

impl From<Reply> for hyper::Response<Full<Bytes>> {
    fn from(reply: Reply) -> Self {
        let bytes = if reply.body.is_null() { Bytes::new() } else { reply.body.to_string().into() };
        let mut response = Self::new(Full::new(bytes));
        *response.status_mut() = StatusCode::from_u16(reply.status).expect("a status should be one");
        let headers = response.headers_mut();
        headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        for (name, value) in reply.headers {
            headers.insert(name, value.parse().expect("a header should be one"));
        }
        response
    }
}
