//! What providers share in reading their settings: exact keys, and errors that help without repeating a value, because a
//! value may be a secret that was put under the wrong key.

use std::collections::BTreeMap;

use reqwest::Url;
use serde_json::{Map, Value};

use super::{OutOfReach, Reach};
use crate::domain::limits;

/// Providers that closed, and what to use instead.
const CLOSED: &[(&str, &str)] =
    &[("bronto", "closed in 2022: send through `smtp` or `webhook` instead, see docs/channels/bronto.md")];

/// Why settings are not accepted.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    /// There is no such provider.
    #[error("provider `{name}` is not known: use one of {known}")]
    UnknownProvider {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// There is no such provider any more.
    #[error("provider `{name}` {instead}")]
    Closed {
        /// What was asked for.
        name: &'static str,
        /// Since when, and what to use instead.
        instead: &'static str,
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
        if let Some((name, instead)) = CLOSED.iter().find(|(closed, _)| *closed == name) {
            return Self::Closed { name, instead };
        }
        let known = known.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ");
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

    /// What opens a provider's doors, and has to be there: an API key, a token. Visible ASCII, as a header takes it.
    pub(super) fn required_key(&self, key: &'static str) -> Result<&'a str, SettingsError> {
        self.key(key)?.ok_or(SettingsError::invalid(key, "is missing"))
    }

    /// The same, where it may be missing.
    pub(super) fn key(&self, key: &'static str) -> Result<Option<&'a str>, SettingsError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let is_visible = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic());
        match is_visible && text.len() <= limits::PROVIDER_KEY_BYTES_MAX {
            true => Ok(Some(text)),
            false => {
                Err(SettingsError::invalid(key, "should be a key as the provider shows it: no spaces, at most 4 KiB"))
            }
        }
    }

    /// What something is called at the provider: an identifier, the name of an event. None where the key is missing or null; never blank.
    pub(super) fn name(&self, key: &'static str) -> Result<Option<&'a str>, SettingsError> {
        let is_blank_or_long = |text: &&str| text.trim().is_empty() || text.len() > limits::PROVIDER_NAME_BYTES_MAX;
        match self.text(key)? {
            Some(text) if is_blank_or_long(&text) => {
                Err(SettingsError::invalid(key, "should be as the provider shows it: not blank, at most 255 bytes"))
            }
            name => Ok(name),
        }
    }

    /// What a word under a key stands for; none where the key is missing. `problem` says which words there are.
    pub(super) fn choice<T: Copy>(
        &self,
        key: &'static str,
        choices: &[(&str, T)],
        problem: &'static str,
    ) -> Result<Option<T>, SettingsError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let chosen = choices.iter().find(|(word, _)| *word == text);
        chosen.map(|(_, choice)| Some(*choice)).ok_or(SettingsError::invalid(key, problem))
    }

    /// The texts under the names of an object; none where the key is missing or null. `problem` says what there should be.
    pub(super) fn texts(
        &self,
        key: &'static str,
        problem: &'static str,
    ) -> Result<BTreeMap<String, String>, SettingsError> {
        let texts = match self.0.get(key) {
            None | Some(Value::Null) => Some(BTreeMap::new()),
            Some(Value::Object(members)) => {
                members.iter().map(|(name, text)| Some((name.clone(), text.as_str()?.to_owned()))).collect()
            }
            Some(_) => None,
        };
        texts.ok_or(SettingsError::invalid(key, problem))
    }

    /// The flag under a key; none where the key is missing or null.
    pub(super) fn flag(&self, key: &'static str) -> Result<Option<bool>, SettingsError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(*flag)),
            Some(_) => Err(SettingsError::invalid(key, "should be true or false")),
        }
    }

    /// The whole number from 1 on under a key; none where the key is missing or null.
    pub(super) fn number(&self, key: &'static str) -> Result<Option<u64>, SettingsError> {
        match self.0.get(key) {
            None | Some(Value::Null) => Ok(None),
            Some(value) => match value.as_u64().filter(|number| *number > 0) {
                Some(number) => Ok(Some(number)),
                None => Err(SettingsError::invalid(key, "should be a whole number from 1 on")),
            },
        }
    }

    /// The address under a key; none where the key is missing or null. `http` or `https`, without user name, password and
    /// fragment, and within reach. Plain text is what receivers on the same machine and network speak.
    pub(super) fn address(&self, key: &'static str, reach: &Reach) -> Result<Option<Url>, SettingsError> {
        self.text(key)?.map(|text| address(key, text, reach)).transpose()
    }

    /// The same; where none is set, the provider's own.
    pub(super) fn address_or(&self, key: &'static str, own: &'static str, reach: &Reach) -> Result<Url, SettingsError> {
        let own = || Url::parse(own).expect("a provider's address in its table should be one");
        Ok(self.address(key, reach)?.unwrap_or_else(own))
    }

    /// What is set, without what reads `null`: the settings as they are kept.
    pub(super) fn kept(&self) -> Value {
        self.0.iter().filter(|(_, value)| !value.is_null()).map(|(key, value)| (key.clone(), value.clone())).collect()
    }
}

fn address(key: &'static str, text: &str, reach: &Reach) -> Result<Url, SettingsError> {
    let invalid = |problem| Err(SettingsError::invalid(key, problem));
    if text.len() > limits::PROVIDER_URL_BYTES_MAX {
        return invalid("is too long: use at most 8 KiB");
    }
    let Ok(url) = Url::parse(text) else {
        return invalid("is no address: use one such as `https://example.com/messages`");
    };
    if !matches!(url.scheme(), "http" | "https") {
        return invalid("should begin with `https://` or `http://`");
    }
    if !url.username().is_empty() || url.password().is_some() {
        return invalid("should not hold a user name or a password: what proves the sender has settings of its own");
    }
    if url.fragment().is_some() {
        return invalid("should not hold a `#`: what follows it is never sent");
    }
    reach.admit(&url).map_err(|why| SettingsError::OutOfReach { key, why })?;
    Ok(url)
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
