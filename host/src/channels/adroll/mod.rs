//! AdRoll: puts people into a CRM audience by their e-mail addresses, or sends a server-to-server event where the content
//! names one.
//!
//! | what | call |
//! | --- | --- |
//! | add | `POST services.adroll.com/audience/v1/segments/{id}?apikey=…`, `{"data": [{"email"}]}`; AdRoll names no bound |
//! | event | `POST srv.adroll.com/api?advertisable=…`, an array of 100 events at the most |
//! | remove | none: it is refused, with what to do instead |
//!
//! A new application has 100 calls a day, so a request waits a little for others (`limits::GATHERING`). To add somebody again
//! changes nothing. Events have no key against repetition: ours carry the message's ids and the moment of its promise.
//!
//! Sources: NextRoll, "Audience API" (overview, reference), "Get Started" (quota), "Server-to-Server (S2S) API". Not confirmed,
//! and so handled with care: that `data` alone is enough (the reference names a `name` beside it; a call that renames
//! audiences is not wanted); the answers' bodies (an error is read wherever one stands, a success says nothing of single
//! people; of events nothing is documented, and the status counts). The bulk call, whose body is documented nowhere, is not
//! used.

mod event;
mod settings;

use std::sync::Arc;
use std::time::Duration;

use reqwest::RequestBuilder;
use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use super::ads::{Action, Content};
use super::bulk::{self, Bulk, Sending};
use super::content::refused;
use super::http::Answer;
use super::{Channel, Http, Message, Provider, Reach, Receipt, SettingsError, common};
use crate::domain::{KnownBy, Timestamp, limits};
use settings::Settings;

const NAME: &str = "adroll";

/// Events of one request.
const EVENTS_MAX: usize = 100;

pub(super) struct AdRoll;

impl Provider for AdRoll {
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

/// What a request is for.
#[derive(Clone, PartialEq, Eq, Hash)]
enum Purpose {
    /// To add people to the audience of this id.
    Audience(String),
    Events,
}

impl Bulk for Opened {
    type Request = Purpose;
    /// A person, or an event.
    type Part = Value;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Address
    }

    fn gathers_for(&self) -> Duration {
        self.settings.gathers_for
    }

    fn sort(&self, message: &Message) -> Result<(Purpose, Value), Receipt> {
        let content = Content::of(message, NAME)?;
        if content.action == Action::Remove {
            return Err(refused(
                "adroll has no call that takes a person off an audience: add them to one that the campaign excludes",
            ));
        }
        if event::is_named(&content.own) {
            return self.event(message, &content);
        }
        let audience = self.settings.audiences.named_in(&content)?;
        match &message.addresses.email {
            Some(email) => Ok((Purpose::Audience(audience), json!({ "email": email }))),
            None => Err(refused("no e-mail address of the person is known, and adroll's audiences hold nothing else")),
        }
    }

    fn request_max(&self, purpose: &Purpose) -> usize {
        match purpose {
            Purpose::Audience(_) => limits::GATHERED_PER_CHANNEL_MAX,
            Purpose::Events => EVENTS_MAX,
        }
    }

    fn send<'a>(&'a self, purpose: &'a Purpose, parts: Vec<Value>, at: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            let receipt = match self.http.send(self.request(purpose, &parts), at).await {
                Ok(answer) => receipt(&answer),
                Err(receipt) => receipt,
            };
            vec![receipt; parts.len()]
        })
    }
}

impl Opened {
    fn event(&self, message: &Message, content: &Content) -> Result<(Purpose, Value), Receipt> {
        let needed = || refused("events need the settings `server_token`, `advertisable` and `pixel`");
        let events = self.settings.events.as_ref().ok_or_else(needed)?;
        event::check(&content.own)?;
        Ok((Purpose::Events, event::written(message, &content.own, events)))
    }

    fn request(&self, purpose: &Purpose, parts: &[Value]) -> RequestBuilder {
        match purpose {
            Purpose::Audience(audience) => {
                self.post(self.settings.people_of(audience), &self.settings.token, &json!({"data": parts}))
            }
            Purpose::Events => {
                let events = self.settings.events.as_ref().expect("events should have been refused without settings");
                self.post(self.settings.events_of(&events.advertisable), &events.server_token, &json!(parts))
            }
        }
    }

    fn post(&self, url: reqwest::Url, token: &str, body: &Value) -> RequestBuilder {
        self.http.post(url).header(AUTHORIZATION, format!("Token {token}")).json(body)
    }
}

/// The same for all of a request: AdRoll says nothing of single people.
fn receipt(answer: &Answer) -> Receipt {
    if let Some(receipt) = common::failure(NAME, answer, &["/errors/0/message", "/error/message", "/message"]) {
        return receipt;
    }
    // A success that tells of an error is none.
    match common::words(answer, &["/errors/0/message"]).and_then(|words| answer.asked.hidden_in(&words)) {
        Some(words) => Receipt::Refused { reason: format!("{NAME} answered {}: {words}", answer.status) },
        None => Receipt::Accepted { note: Some(format!("{NAME} answered {}", answer.status)) },
    }
}

#[cfg(test)]
pub(super) mod tests;
