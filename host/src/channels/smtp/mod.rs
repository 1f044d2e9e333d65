//! E-mail through a server of the tenant's choice, by SMTP: for whoever has a mail provider without an API here, or a server of
//! their own.
//!
//! Each message has a connection of its own. It goes to an address that `reach` admits, TLS is asked for the name that was set, and
//! without TLS nothing is said outside of the operator's network. What the server answers is bounded, and so is the attempt.
//!
//! Sources: RFC 5321 (SMTP), RFC 3207 (STARTTLS), RFC 4954 (AUTH), RFC 3463 and its registry (enhanced status codes), RFC 5322
//! (messages), RFC 8058 (one-click unsubscribing), RFC 8314 (port 465).
//!
//! There is no idempotency key: what is tried again after a lost answer has the same `Message-ID`, by which some servers and mailboxes
//! recognise it.

mod answer;
mod conversation;
mod letter;
mod settings;

use std::sync::Arc;

use serde_json::Value;

use super::{Channel, Delivering, Http, Message, Provider, Reach, Receipt, SettingsError};
use crate::domain::{KnownBy, limits};
use conversation::Failure;
use letter::Letter;
use settings::Settings;

const NAME: &str = "smtp";

pub(super) struct Smtp;

impl Provider for Smtp {
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

    fn under_way_max(&self) -> usize {
        limits::SMTP_CONNECTIONS_MAX
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move {
            match Letter::write(message, &self.settings) {
                Ok(letter) => self.attempt(message, &letter).await,
                Err(receipt) => receipt,
            }
        })
    }
}

impl Opened {
    async fn attempt(&self, message: &Message, letter: &Letter) -> Receipt {
        let handing_over = conversation::hand_over(&self.http, &self.settings, letter);
        let outcome = tokio::time::timeout(self.http.attempt_max(), handing_over).await;
        let outcome = outcome.unwrap_or(Err(Failure::Silent { waited: self.http.attempt_max() }));
        answer::receipt(outcome, message, &letter.asked)
    }
}

#[cfg(test)]
mod tests;
