//! Mandrill, which its maker calls Mailchimp Transactional Email: e-mail, with templates that are kept there or without.
//!
//! Sources: `spec/transactional.json` in the repository `mailchimp/mailchimp-client-lib-codegen` (2026-04-30), which Mailchimp makes
//! its clients of: every call, member and status. The calls' addresses: its package `mailchimp-transactional` 1.4.1. Names of errors:
//! <https://mandrillapp.com/api/docs/messages.html>. What the body of an error's answer holds, and that the status is 500 for what is
//! wrong with a request: issue 188 there, and the answer in issue 12 of `Wylio/meteor-mandrill`. The bound on metadata:
//! <https://mandrill.zendesk.com/hc/en-us/articles/360038805254>.
//!
//! UNCONFIRMED: whether `PaymentRequired` and a rejection as `soft-bounce` pass by themselves. Both are tried again, which ends with
//! the ladder. There is no idempotency key: what is tried again after a lost answer may go out twice; both have the same metadata.

mod answer;
mod request;
mod settings;

use std::sync::Arc;

use serde_json::Value;

use super::{Channel, Delivering, Http, Message, Provider, Reach, Receipt, SettingsError, email};
use crate::domain::KnownBy;
use settings::Settings;

const NAME: &str = "mandrill";

pub(super) struct Mandrill;

impl Provider for Mandrill {
    fn name(&self) -> &'static str {
        NAME
    }

    fn secrets(&self) -> &'static [&'static str] {
        settings::SECRETS
    }

    fn validate(&self, settings: &Value, reach: &Reach) -> Result<Value, SettingsError> {
        Settings::parse(settings, reach).map(|(_, kept)| kept)
    }

    fn open(&self, settings: &Value, http: &Http) -> Result<Arc<dyn Channel>, SettingsError> {
        let (settings, _) = Settings::parse(settings, http.reach())?;
        Ok(Arc::new(Opened { settings, http: http.clone() }))
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

    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Address
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move { self.attempt(message).await.unwrap_or_else(|receipt| receipt) })
    }
}

impl Opened {
    async fn attempt(&self, message: &Message) -> Result<Receipt, Receipt> {
        let recipient = email::recipient(message)?;
        let request = request::build(&self.http, &self.settings, message, recipient.as_ref())?;
        let answer = self.http.send(request, message.at).await?;
        Ok(answer::receipt(&answer, message))
    }
}

#[cfg(test)]
pub(super) mod tests;
