//! Who is in an audience: what a message over an ads channel changes (the contract's `{"action", "audience"}`).

use serde::Deserialize;

use super::Json;

/// What becomes of somebody's membership.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Membership {
    /// Whether the person is in the audience from now on.
    pub belongs: bool,
    /// The audience; empty where the channel's settings name it.
    pub audience: String,
}

#[derive(Deserialize)]
struct Content {
    action: Option<String>,
    #[serde(default)]
    audience: Option<String>,
}

impl Membership {
    /// What a message of that content changes, if it is about an audience.
    pub fn of(content: &Json) -> Option<Self> {
        // Most messages are not, and are not parsed for it.
        if !content.as_str().contains("\"action\"") {
            return None;
        }
        let Content { action, audience } = serde_json::from_str(content.as_str()).ok()?;
        let belongs = match action?.as_str() {
            "add" => true,
            "remove" => false,
            _ => return None,
        };
        Some(Self { belongs, audience: audience.unwrap_or_default() })
    }

    /// Whether a message of that content takes the person out: that is owed to them, whatever speaks against messages.
    pub fn is_ended_by(content: &Json) -> bool {
        Self::of(content).is_some_and(|membership| !membership.belongs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_adds_or_removes_is_about_an_audience() {
        let check = |content: &str| Membership::of(&Json::parse(content).unwrap());
        let of = |belongs, audience: &str| Some(Membership { belongs, audience: audience.to_owned() });
        assert_eq!(check(r#"{"action": "add", "audience": "left a cart"}"#), of(true, "left a cart"));
        assert_eq!(check(r#"{"audience": "left a cart", "action": "remove", "more": [1]}"#), of(false, "left a cart"));
        assert_eq!(check(r#"{"action": "remove"}"#), of(false, ""));
        for other in [r#"{"action": "open"}"#, r#"{"action": 1}"#, r#"{"title": "\"action\""}"#, "[]", "\"action\""] {
            assert_eq!(check(other), None, "{other}");
        }
    }
}
