//! A webhook's settings: where to post, and the keys to sign with.

use base64::Engine as _;
use base64::alphabet::STANDARD;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use reqwest::Url;
use serde_json::{Value, json};

use crate::channels::settings::Fields;
use crate::channels::{Reach, SettingsError};
use crate::domain::limits;

const URL: &str = "url";
const SECRET: &str = "secret";
const PREVIOUS_SECRET: &str = "previous_secret";
const KEY_PREFIX: &str = "whsec_";

pub(super) const SECRETS: &[&str] = &[SECRET, PREVIOUS_SECRET];

/// Secrets are copied by hand, and some tools leave the padding away.
pub(super) const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

pub(super) struct Settings {
    /// `http` or `https`, without user name, password and fragment.
    pub(super) url: Url,
    pub(super) key: SigningKey,
    /// While the receiver changes over to `key`, messages are signed with both: the standard's rotation without loss.
    pub(super) previous_key: Option<SigningKey>,
}

/// What messages are signed with: of the length that the standard asks for.
pub(super) struct SigningKey(Vec<u8>);

impl Settings {
    pub(super) fn parse(settings: &Value, reach: &Reach) -> Result<Self, SettingsError> {
        let fields = Fields::of(settings, &[URL, SECRET, PREVIOUS_SECRET])?;
        Ok(Self {
            url: fields.address(URL, reach)?.ok_or(SettingsError::invalid(URL, "is missing"))?,
            key: SigningKey::parse(SECRET, fields.required_text(SECRET)?)?,
            previous_key: fields
                .text(PREVIOUS_SECRET)?
                .map(|text| SigningKey::parse(PREVIOUS_SECRET, text))
                .transpose()?,
        })
    }

    pub(super) fn to_value(&self) -> Value {
        let mut value = json!({ URL: self.url.as_str(), SECRET: self.key.to_text() });
        if let Some(previous) = &self.previous_key {
            value[PREVIOUS_SECRET] = previous.to_text().into();
        }
        value
    }
}

impl SigningKey {
    fn parse(setting: &'static str, text: &str) -> Result<Self, SettingsError> {
        let key = text.strip_prefix(KEY_PREFIX).and_then(|encoded| BASE64.decode(encoded).ok()).unwrap_or_default();
        if (limits::SIGNING_KEY_BYTES_MIN..=limits::SIGNING_KEY_BYTES_MAX).contains(&key.len()) {
            Ok(Self(key))
        } else {
            Err(SettingsError::invalid(setting, "should be `whsec_` and the base64 of 24 to 64 random bytes"))
        }
    }

    fn to_text(&self) -> String {
        format!("{KEY_PREFIX}{}", BASE64.encode(&self.0))
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}
