//! What a command asks of the server, as plain data. To make it, nothing is read but the files that the command names.

use std::borrow::Cow;
use std::num::NonZeroUsize;

use bytes::Bytes;
use reqwest::Method;
use serde_json::Value;

use super::arguments::Range;
use super::failure::Failure;
use super::views::View;

/// A group of commands, each of which is one request.
pub(crate) trait Ask {
    /// The request that does what the command says.
    fn request(self) -> Result<Request, Failure>;
}

/// One request under `/v1`.
pub(crate) struct Request {
    /// Read, write, replace or remove.
    pub(crate) method: Method,
    /// The parts of the path, not yet encoded.
    pub(crate) path: Vec<String>,
    /// What follows the path behind a question mark.
    pub(crate) query: Vec<(&'static str, Cow<'static, str>)>,
    /// What is sent along.
    pub(crate) body: Body,
    /// What is expected back.
    pub(crate) answer: Answer,
}

/// What is sent along.
pub(crate) enum Body {
    /// Nothing.
    Empty,
    /// A JSON document.
    Json(Value),
    /// A component's bytes.
    Component(Bytes),
    /// A feed's bytes, and their media type.
    Feed(Bytes, &'static str),
}

/// What is expected back, and so how it is printed.
pub(crate) enum Answer {
    /// Pages of rows; at most so many rows are wanted.
    List(&'static View, Option<NonZeroUsize>),
    /// One object.
    One,
    /// One object that holds tables, by the members that do.
    Tables(&'static [(&'static str, &'static View)]),
    /// One object that holds lists of lines, each under a heading.
    Explanation,
    /// Text of that media type, printed as it is.
    Text(&'static str),
    /// One object with something secret that is never shown again.
    Revelation,
    /// Nothing: this is printed instead.
    Nothing(Value),
}

impl Request {
    /// Asks for one object.
    pub(crate) fn get(path: &[&str]) -> Self {
        Self::new(Method::GET, path, Body::Empty)
    }

    /// Asks for a list.
    pub(crate) fn list(path: &[&str], view: &'static View, range: Range) -> Self {
        Self { answer: Answer::List(view, range.limit), ..Self::get(path) }
    }

    /// Has something made or done. Members that are null are left out.
    pub(crate) fn post(path: &[&str], body: Value) -> Self {
        Self::new(Method::POST, path, Body::Json(without_nulls(body)))
    }

    /// Has something set.
    pub(crate) fn put(path: &[&str], body: Value) -> Self {
        Self::new(Method::PUT, path, Body::Json(without_nulls(body)))
    }

    /// Hands in a component.
    pub(crate) fn upload(path: &[&str], component: Bytes) -> Self {
        Self::new(Method::POST, path, Body::Component(component))
    }

    /// Hands in a feed.
    pub(crate) fn feed(path: &[&str], feed: Bytes, media_type: &'static str) -> Self {
        Self::new(Method::POST, path, Body::Feed(feed, media_type))
    }

    /// The same, with a wish.
    pub(crate) fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.query.push((name, value.into()));
        self
    }

    /// The same, with a wish where there is one.
    pub(crate) fn wishing(self, name: &'static str, value: Option<String>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// Has something removed; `done` is printed when it is.
    pub(crate) fn delete(path: &[&str], done: Value) -> Self {
        Self { answer: Answer::Nothing(done), ..Self::new(Method::DELETE, path, Body::Empty) }
    }

    /// The same, when the answer holds something that is shown only once.
    pub(crate) fn revealing(self) -> Self {
        Self { answer: Answer::Revelation, ..self }
    }

    fn new(method: Method, path: &[&str], body: Body) -> Self {
        Self {
            method,
            path: path.iter().map(|part| (*part).to_owned()).collect(),
            query: Vec::new(),
            body,
            answer: Answer::One,
        }
    }
}

fn without_nulls(mut body: Value) -> Value {
    if let Value::Object(members) = &mut body {
        members.retain(|_, value| !value.is_null());
    }
    body
}
