//! SendGrid: e-mails, one in a request, or members of a list of contacts, many in a request.
//!
//! Sources: SendGrid's OpenAPI documents, the repository `twilio/sendgrid-oai` (`tsg_mail_v3.yaml`, `tsg_mc_contacts_v3.yaml`,
//! `tsg_mc_lists_v3.yaml`); its documentation of the Event Webhook and of List-Unsubscribe; for what an address that is no good is
//! answered with, Segment's own destination (`sendgrid-audiences` in the repository `segmentio/action-destinations`).
//!
//! SendGrid has nothing by which it would recognise a repeated e-mail: one whose answer was lost is sent again, and our ids in its
//! custom arguments, which the Event Webhook gives back, are the only trace. Unconfirmed: whether its lists are served in Europe, at
//! the address of that region; its documents name only the other one.

mod answer;
mod lists;
mod mail;
mod settings;

use std::sync::Arc;

use serde_json::Value;

use super::{Channel, Http, Provider, Reach, SettingsError};
use settings::{Settings, Way};

/// The provider's name in the table.
const NAME: &str = "sendgrid";
/// Before the names of members that only this provider knows.
const OWN: &str = "sendgrid.";
/// The provider's name in receipts.
const TITLE: &str = "SendGrid";

pub(super) struct SendGrid;

impl Provider for SendGrid {
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
            Way::Mail(mail) => mail::channel(mail, http.clone()),
            Way::Lists(lists) => lists::channel(lists, http.clone()),
        })
    }
}

#[cfg(test)]
pub(super) mod tests;
