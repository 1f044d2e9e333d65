//! Mailchimp's marketing API: who is tagged in a list, events of its members, and steps of its automation flows.
//!
//! A message is one of four tasks (`task`): ads-like content adds a person to a tag of the list or takes them off it; other content
//! adds an event, or triggers a flow, that the content or the settings name. Who left a list is never put back: `status` is never
//! sent, `status_if_new` says what a person becomes who was never in it.
//!
//! Sources: Mailchimp's specification of the API, 3.0.91 (its clients' `spec/marketing.json`, as the repository
//! `api-evangelist/mailchimp` holds it under `openapi/`): paths, members, statuses, problem documents. The data centre at the end of the key and
//! ten connections at a time for a key: <https://mailchimp.com/developer/marketing/docs/fundamentals/>. Titles of problems:
//! <https://mailchimp.com/developer/marketing/docs/errors/>. That an address which left is refused with `Member In Compliance State`:
//! issue 798 of `ibericode/mailchimp-for-wordpress`.
//!
//! UNCONFIRMED: whether a person who was archived comes back by `status_if_new`; and there is no idempotency key: an event, or a flow,
//! that is tried again after a lost answer may be there twice. Members and tags come to the same however often they are sent.

mod answer;
mod settings;
mod task;

use std::sync::Arc;

use serde_json::Value;

use super::content::Content;
use super::{Channel, Delivering, Http, Message, Provider, Reach, Receipt, SettingsError, email};
use crate::domain::{KnownBy, limits};
use settings::Settings;
use task::Task;

const NAME: &str = "mailchimp";

pub(super) struct Mailchimp;

impl Provider for Mailchimp {
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
        limits::MAILCHIMP_CONNECTIONS_MAX
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move { self.attempt(message).await.unwrap_or_else(|receipt| receipt) })
    }
}

impl Opened {
    async fn attempt(&self, message: &Message) -> Result<Receipt, Receipt> {
        let recipient = email::recipient(message)?;
        let task = Task::read(&Content::of(message)?, &self.settings)?;
        for request in task.requests(&self.http, &self.settings, message, recipient.as_ref()) {
            let answer = self.http.send(request, message.at).await?;
            answer::success(&task, &answer)?;
        }
        Ok(Receipt::Accepted { note: Some(format!("{NAME}: {}", task.done())) })
    }
}

#[cfg(test)]
pub(super) mod tests;
