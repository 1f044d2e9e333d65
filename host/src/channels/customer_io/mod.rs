//! Customer.io: messages to one person each, through the App API, or events, many in a request, through the Track API, by which
//! the tenant's own automations there begin.
//!
//! Sources: the OpenAPI documents of `docs.customer.io` as of August 2026 (App API, Track API v2, reporting webhooks), stored in the
//! repository `api-evangelist/customer-io`; the official clients `customerio/go-customerio` and `customerio/customerio-node`.
//!
//! Unconfirmed, and handled where it is named: that a literal stands for itself in Customer.io's Liquid (`liquid`); that an event's
//! id, which is documented to recognise repetitions, does so for as long as we try again (`events`). The App API has nothing by
//! which it would recognise a repetition: a message whose answer was lost is sent again.

mod answer;
mod events;
mod liquid;
mod messages;
mod person;
mod settings;

use std::sync::Arc;

use serde_json::Value;

use super::{Channel, Http, Provider, Reach, SettingsError};
use settings::{Settings, Way};

/// The provider's name in the table.
const NAME: &str = "customer-io";
/// Before the names of members that only this provider knows.
const OWN: &str = "customer-io.";
/// The provider's name in receipts.
const TITLE: &str = "Customer.io";

pub(super) struct CustomerIo;

impl Provider for CustomerIo {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secrets(&self) -> &'static [&'static str] {
        settings::SECRETS
    }

    fn validate(&self, settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        Settings::parse(settings, reach).map(|settings| settings.kept)
    }

    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
        let settings = Settings::parse(settings, http.reach())?;
        Ok(match settings.way {
            Way::Messages(messages) => messages::channel(messages, http.clone()),
            Way::Events(events) => events::channel(events, http.clone()),
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
