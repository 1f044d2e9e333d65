//! Batch, over its Profile API: a message is an event of the person's profile, and an automation at Batch that the event sets off
//! sends what Batch holds for it.
//!
//! `POST profiles/update` takes 200 profiles, and answers 202 before it has worked on them. It knows no repetition: a repetition after a
//! lost answer is a second event, which an automation can be told to ignore ("capping"). Its rate limit counts profiles, 300 a second
//! and 1,000 at once, so there is nothing to be gained by more than one request at a time.
//!
//! Batch's Transactional API, which pushes texts of the caller's own, is not used: it is the older model's, knows push alone, and takes
//! one app's key a call, so that a person with two platforms is two calls, of which one may fail.
//!
//! Sources: doc.batch.com/developer/api/cep/profiles and `…/profiles/update` (API 2.11); Segment's own code,
//! segmentio/action-destinations @1e39ba0a, `destinations/batch`; of the Transactional API, doc.batch.com/api/transactional/send.
//! Unconfirmed: what else than `reason` an element of `errors` says, and the form of a failure's body: its words are looked for in the
//! usual places (see `answer`).

mod answer;
mod attributes;
mod settings;

use std::sync::Arc;

use reqwest::RequestBuilder;
use serde_json::{Value, json};

use super::bulk::{self, Bulk, Sending};
use super::company::Company;
use super::content::{Content, refused};
use super::properties::properties;
use super::{Channel, Http, Message, Provider, Reach, Receipt, SettingsError, common};
use crate::domain::{Timestamp, limits};
use settings::Settings;

const NAME: &str = "batch";
/// What it is called in receipts.
const TITLE: &str = "Batch";
const PATH: [&str; 3] = ["2.11", "profiles", "update"];

pub(super) struct Batch;

impl Provider for Batch {
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
        Ok(bulk::gathering(Opened { settings, http: http.clone() }))
    }
}

struct Opened {
    settings: Settings,
    http: Http,
}

impl Bulk for Opened {
    type Request = Company;
    /// A profile's update.
    type Part = Value;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn sort(&self, message: &Message) -> Result<(Company, Value), Receipt> {
        update(&self.settings, message).map(|update| (Company::of(message), update))
    }

    fn request_max(&self, company: &Company) -> usize {
        company.request_max(limits::BATCH_PROFILES_MAX)
    }

    fn send<'a>(&'a self, _: &'a Company, updates: Vec<Value>, at: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            match self.http.send(self.request(&updates), at).await {
                Ok(answer) => answer::receipts(&answer, updates.len()),
                Err(receipt) => vec![receipt; updates.len()],
            }
        })
    }
}

impl Opened {
    fn request(&self, updates: &[Value]) -> RequestBuilder {
        self.http
            .post(common::below(&self.settings.url, PATH))
            .bearer_auth(&self.settings.key)
            .header("x-batch-project", &self.settings.project_key)
            .json(updates)
    }
}

/// One profile's update; the receipt, where the message is not fit to be sent.
fn update(settings: &Settings, message: &Message) -> Result<Value, Receipt> {
    let content = Content::of(message)?;
    let own = content.under("batch.")?;
    let event = own.text("event")?.unwrap_or(&settings.event);
    let attributes = attributes::spelled(properties(message, &content)?);
    let Some(id) = &message.user_id else {
        return Err(refused("Batch knows people by a user id (its custom id), and this one has none"));
    };
    let event = json!({"name": attributes::name(event), "attributes": attributes});
    Ok(json!({"identifiers": {"custom_id": id}, "events": [event]}))
}

#[cfg(test)]
pub(super) mod tests;
