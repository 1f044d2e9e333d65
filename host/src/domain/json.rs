//! A JSON document as text. It was checked where it came in; who wants to look inside parses it.

use std::fmt;
use std::sync::Arc;

/// One JSON document, UTF-8, well formed.
#[derive(Clone, PartialEq, Eq)]
pub struct Json(Arc<str>);

impl Json {
    /// Checks a text.
    pub fn parse(text: &str) -> Result<Self, serde_json::Error> {
        Self::read(text).map(|(json, _)| json)
    }

    /// Checks a text, and gives the tree too: only making it finds lone surrogates, numbers out of range, too much depth.
    pub fn read(text: &str) -> Result<(Self, serde_json::Value), serde_json::Error> {
        let value = serde_json::from_str(text)?;
        Ok((Self(text.into()), value))
    }

    /// Takes a text that was a `Json` when it was stored, and that something else, like a checksum, says is still the same.
    pub fn restored(text: &str) -> Self {
        Self(text.into())
    }

    /// The document as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The document as a tree.
    pub fn value(&self) -> serde_json::Value {
        serde_json::from_str(&self.0).expect("a `Json` should have been checked when it was made")
    }

    /// A number, or a text that spells one: sources differ in that.
    pub fn number(&self) -> Option<f64> {
        let value = self.value();
        value.as_f64().or_else(|| value.as_str()?.trim().parse().ok()).filter(|number: &f64| number.is_finite())
    }

    /// Whether both say the same, as numbers where both spell one.
    pub fn is_same(&self, other: &Self) -> bool {
        self == other || self.number().zip(other.number()).is_some_and(|(one, other)| one == other)
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
    fn what_was_checked_can_be_looked_into() {
        for text in [r#""\ud83d""#, "1e400", &"[".repeat(200), "{", ""] {
            assert!(Json::parse(text).is_err(), "{text}");
        }
        assert_eq!(Json::parse(r#"{"a":[1]}"#).unwrap().value()["a"][0], 1);
    }

    #[test]
    fn a_number_is_the_same_as_a_text_that_spells_it() {
        let is_same = |one: &str, other: &str| Json::parse(one).unwrap().is_same(&Json::parse(other).unwrap());
        assert!(is_same("39.95", r#"" 39.950""#) && is_same("1", "1.0") && is_same(r#""mug""#, r#""mug""#));
        assert!(!is_same("39.95", r#""39,95""#) && !is_same("null", "0") && !is_same("true", "1"));
    }
}
