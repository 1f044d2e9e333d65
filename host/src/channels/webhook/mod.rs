//! The generic provider: posts each message to an address of the tenant's, signed as Standard Webhooks says.
//!
//! Source of everything that is outside of our hands: `spec/standard-webhooks.md`, version 1.0.0, in the repository
//! `standard-webhooks/standard-webhooks`.

mod answer;
mod request;
mod settings;

use std::sync::Arc;

use serde_json::Value;

use super::{Channel, Delivering, Http, Message, Provider, Reach, SettingsError};
use settings::Settings;

const NAME: &str = "webhook";

pub(super) struct Webhook;

impl Provider for Webhook {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secrets(&self) -> &'static [&'static str] {
        settings::SECRETS
    }

    fn validate(&self, settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        Settings::parse(settings, reach).map(|settings| settings.to_value())
    }

    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
        Ok(Arc::new(Opened { settings: Settings::parse(settings, http.reach())?, http: http.clone() }))
    }
}

struct Opened {
    settings: Settings,
    http: Http,
}

impl Channel for Opened {
    fn provider(&self) -> &'static str {
        NAME
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move {
            let request = request::build(&self.http, &self.settings, message);
            match self.http.send(request, message.at).await {
                Ok(answer) => answer::receipt(&answer, &message.addresses),
                Err(receipt) => receipt,
            }
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
