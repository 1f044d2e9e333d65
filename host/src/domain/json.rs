//! A JSON document as text. It was checked where it came in; who wants to look inside parses it.

use std::fmt;
use std::sync::Arc;

/// One JSON document, UTF-8, well formed.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Arc<str>);

impl Json {
    /// Checks a text: as a tree, because a reader that ignores what it reads lets through numbers and escapes that
    /// no tree can hold (`1e999`, a lone surrogate).
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str::<serde_json::Value>(text)?;
        Ok(Self(text.into()))
    }

    /// The document as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document as a tree.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).expect("a `Json` should have been checked when it was made")
    }
}

impl From<&serde_json::Value> for Json {
    fn from(value: &serde_json::Value) -> Self {
        Self(value.to_string().into())
    }
}

impl fmt::Debug for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_taken_has_a_tree() {
        for bad in ["", "{", "1e999", r#""\ud800""#, r#"["\u0000\udc00"]"#, &"[".repeat(200)] {
            assert!(Json::parse(bad).is_err(), "{bad}");
        }
        assert_eq!(Json::parse(r#"{"a": [1.5]}"#).unwrap().value(), serde_json::json!({"a": [1.5]}));
    }
}
