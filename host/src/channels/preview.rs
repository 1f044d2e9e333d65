//! The default provider: messages nobody. What would have gone out is in the outbox's records, for the eye.

use std::future::ready;
use std::sync::Arc;

use serde_json::{Value, json};

use super::settings::Fields;
use super::{Channel, Delivering, Http, Message, Provider, Reach, Receipt, SettingsError};

pub(super) const NAME: &str = "preview";

/// Both the provider and its channel: there is nothing to set.
pub(super) struct Preview;

impl Provider for Preview {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secrets(&self) -> &'static [&'static str] {
        &[]
    }

    fn validate(&self, settings: &Value, _: &Reach) -> Result<Value, SettingsError> {
        Fields::of(settings, &[])?;
        Ok(json!({}))
    }

    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
        self.validate(settings, http.reach())?;
        Ok(Arc::new(Self))
    }
}

impl Channel for Preview {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn deliver<'a>(&'a self, _: &'a Message) -> Delivering<'a> {
        Box::pin(ready(Receipt::Accepted { note: None }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::conformance::{self, Expected, Subject};

    #[test]
    fn keeps_the_contract_of_channels_and_messages_nobody() {
        let subject = Subject {
            provider: &Preview,
            settings: |_| json!({}),
            expected: |_| Expected::Accepted,
            requests_per_attempt: 0,
            ..Subject::PLAIN
        };
        conformance::check(&subject);
    }

    #[test]
    fn has_nothing_to_set() {
        let err = Preview.validate(&json!({"url": "https://example.com/"}), &conformance::loopback()).unwrap_err();
        assert_eq!(err.to_string(), "setting `url` is not known: there is nothing to set");
    }
}
