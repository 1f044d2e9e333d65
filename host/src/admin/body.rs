//! For what: the request's body, bounded before it is read, and its JSON, refused by the path at which it is wrong.

use axum::body::{Body, Bytes};
use axum::extract::{FromRequest, Request};
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use serde::de::DeserializeOwned;
use serde_json::error::Category;

use super::problem::{Kind, Problem};
use crate::domain::limits;

/// A body of JSON. An empty one is `{}`, so that an operation without wishes needs none.
pub(super) struct JsonBody<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for JsonBody<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let bytes = read(request.into_body(), limits::REQUEST_BYTES_MAX).await?;
        decode(if bytes.is_empty() { b"{}" } else { &bytes }).map(Self)
    }
}

/// Reads a body of at most so many bytes.
pub(super) async fn read(body: Body, bytes_max: usize) -> Result<Bytes, Problem> {
    match Limited::new(body, bytes_max).collect().await {
        Ok(body) => Ok(body.to_bytes()),
        Err(err) if err.is::<LengthLimitError>() => {
            Err(Problem::new(&Kind::TOO_LARGE, format!("send at most {bytes_max} bytes")))
        }
        Err(_) => Err(Problem::new(&Kind::MALFORMED, "the body broke off: send it again")),
    }
}

fn decode<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, Problem> {
    // A list would be taken for an object's members in their order.
    if bytes.trim_ascii_start().starts_with(b"[") {
        return Err(Problem::new(&Kind::INVALID, "the body: a list, expected an object"));
    }
    let mut deserializer = serde_json::Deserializer::from_slice(bytes);
    let value = serde_path_to_error::deserialize(&mut deserializer).map_err(|err| {
        let path = err.path().to_string();
        let place = if path == "." { "the body".to_owned() } else { format!("`{path}`") };
        match err.inner().classify() {
            Category::Data => {
                Problem::new(&Kind::INVALID, format!("{place}: {}", without_text(&err.inner().to_string())))
            }
            Category::Io | Category::Syntax | Category::Eof => no_json(err.inner()),
        }
    })?;
    deserializer.end().map_err(|err| no_json(&err))?;
    Ok(value)
}

/// A text that stands where none should may be a secret under the wrong name: it is not repeated.
fn without_text(message: &str) -> String {
    match (message.find("string \""), message.rfind("\", expected")) {
        (Some(start), Some(end)) => format!("{}a text{}", &message[..start], &message[end + 1..]),
        _ => message.to_owned(),
    }
}

fn no_json(err: &serde_json::Error) -> Problem {
    Problem::new(&Kind::MALFORMED, format!("the body is no JSON: {err}"))
}

#[cfg(test)]
mod tests {
    use expect_test::expect;
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Outer {
        #[serde(rename = "inner")]
        _inner: Vec<Inner>,
    }

    #[derive(Debug, Deserialize)]
    struct Inner {
        #[serde(rename = "number")]
        _number: u32,
    }

    #[test]
    fn what_is_wrong_is_named_by_its_path() {
        let bodies = [
            r#"{"inner": [{"number": 1}, {"number": "two"}]}"#,
            r#"{"inner": [{}]}"#,
            r#"{"iner": []}"#,
            r#"{"inner": [}"#,
            r#"{"inner": []"#,
            r#"{"inner": []} and more"#,
            " [[]]",
        ];
        let answers = bodies.map(|body| format!("{:?}", decode::<Outer>(body.as_bytes()).unwrap_err()));
        expect![[r#"
            Problem { kind: Kind { code: "invalid", status: 422, title: "A value is not valid" }, detail: "`inner[1].number`: invalid type: a text, expected u32 at line 1 column 42" }
            Problem { kind: Kind { code: "invalid", status: 422, title: "A value is not valid" }, detail: "`inner[0]`: missing field `number` at line 1 column 13" }
            Problem { kind: Kind { code: "invalid", status: 422, title: "A value is not valid" }, detail: "`iner`: unknown field `iner`, expected `inner` at line 1 column 7" }
            Problem { kind: Kind { code: "malformed", status: 400, title: "The request cannot be read" }, detail: "the body is no JSON: expected value at line 1 column 12" }
            Problem { kind: Kind { code: "malformed", status: 400, title: "The request cannot be read" }, detail: "the body is no JSON: EOF while parsing an object at line 1 column 12" }
            Problem { kind: Kind { code: "malformed", status: 400, title: "The request cannot be read" }, detail: "the body is no JSON: trailing characters at line 1 column 15" }
            Problem { kind: Kind { code: "invalid", status: 422, title: "A value is not valid" }, detail: "the body: a list, expected an object" }"#]].assert_eq(&answers.join("\n"));
    }
}
