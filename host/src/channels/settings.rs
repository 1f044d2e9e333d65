//! What providers share in reading their settings: exact keys, and errors that help without repeating a value, because a
//! value may be a secret that was put under the wrong key.

use serde_json::{Map, Value};

use super::OutOfReach;

/// Why settings are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no such provider.
    #[error("provider `{name}` is not known: use {known}")]
    UnknownProvider {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// The settings are not an object.
    #[error("settings should be a JSON object: {known}")]
    NotAnObject {
        /// What there is to set.
        known: String,
    },
    /// There is no such setting.
    #[error("setting `{key}` is not known: {known}")]
    UnknownKey {
        /// What was set.
        key: String,
        /// What there is to set.
        known: String,
    },
    /// A setting's value is no good.
    #[error("setting `{key}` {problem}")]
    Invalid {
        /// Which setting.
        key: &'static str,
        /// What is wrong with it, and what would be right.
        problem: &'static str,
    },
    /// A setting leads where nothing may be sent.
    #[error("setting `{key}` is refused: {why}")]
    OutOfReach {
        /// Which setting.
        key: &'static str,
        /// Why, and what would be right.
        why: OutOfReach,
    },
}

impl SettingsError {
    pub(super) fn unknown_provider(name: &str, known: impl Iterator<Item = &'static str>) -> Self {
        let known = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
        Self::UnknownProvider { name: shortened(name), known }
    }

    pub(super) fn invalid(key: &'static str, problem: &'static str) -> Self {
        Self::Invalid { key, problem }
    }
}

/// An object none of whose keys is unknown.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fields<'a>(&'a Map<String, Value>);

impl<'a> Fields<'a> {
    pub(super) fn of(settings: &'a Value, known: &[&'static str]) -> Result<Self, SettingsError> {
        let fields = settings.as_object().ok_or_else(|| SettingsError::NotAnObject { known: listed(known) })?;
        match fields.keys().find(|key| !known.contains(&key.as_str())) {
            None => Ok(Self(fields)),
            Some(key) => Err(SettingsError::UnknownKey { key: shortened(key), known: listed(known) }),
        }
    }

    /// The text under a key; none where the key is missing or null.
    pub(super) fn text(&self, key: &'static str) -> Result<Option<&'a str>, SettingsError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(SettingsError::invalid(key, "should be a text")),
        }
    }

    /// The text under a key that has to be there.
    pub(super) fn required_text(&self, key: &'static str) -> Result<&'a str, SettingsError> {
        self.text(key)?.ok_or(SettingsError::invalid(key, "is missing"))
    }
}

fn listed(known: &[&'static str]) -> String {
    match known {
        [] => "there is nothing to set".to_owned(),
        _ => format!("use {}", known.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")),
    }
}

fn shortened(text: &str) -> String {
    text.chars().take(80).collect()
}
