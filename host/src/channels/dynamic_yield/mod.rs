//! Dynamic Yield, over its Experience API: a message is an event of the person, by which audiences are built and campaigns on the
//! site and in the app are targeted. Dynamic Yield sends nothing by itself.
//!
//! `POST v2/collect/user/event` takes one person a call. It knows no repetition but that of purchases. The message's id is in the event's
//! properties, and names the session, which nobody has here: without a name, every call would begin a nameless one.
//!
//! The audiences that Segment hands over need a secret that is Segment's alone, and are not to be had (see docs/channels/dynamic-yield.md).
//!
//! Sources: dy.dev/docs/reporting-events (the call, its two data centres, `user.id` and `session.custom`), dy.dev/docs/custom-events
//! (names and properties), dy.dev/docs/experience-api-basics (one data centre knows nothing of the other).
//! Unconfirmed: what an answer's body says, so that a 2xx is believed whatever it holds; whether sections whose pages have Dynamic
//! Yield's own script accept people by `user.id` (of those that use the API alone, the documents show it).

mod event;
mod settings;

use std::sync::Arc;

use reqwest::RequestBuilder;
use serde_json::Value;

use super::http::Answer;
use super::{Channel, Delivering, Http, Message, Provider, Reach, Receipt, SettingsError, common};
use settings::Settings;

const NAME: &str = "dynamic-yield";
/// What it is called in receipts.
const TITLE: &str = "Dynamic Yield";
const PATH: [&str; 4] = ["v2", "collect", "user", "event"];
/// Where a failure has its words, as far as it is known.
const WORDS: &[&str] = &["/message", "/error/message", "/error", "/errors/0/message", "/detail"];

pub(super) struct DynamicYield;

impl Provider for DynamicYield {
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

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(async move {
            let request = match event::body(&self.settings, message) {
                Ok(body) => self.request(&body),
                Err(receipt) => return receipt,
            };
            match self.http.send(request, message.at).await {
                Ok(answer) => receipt(&answer),
                Err(receipt) => receipt,
            }
        })
    }
}

impl Opened {
    fn request(&self, body: &Value) -> RequestBuilder {
        self.http.post(common::below(&self.settings.url, PATH)).header("dy-api-key", &self.settings.key).json(body)
    }
}

fn receipt(answer: &Answer) -> Receipt {
    let failure = common::failure(TITLE, answer, WORDS);
    failure.unwrap_or_else(|| Receipt::Accepted { note: Some(format!("{TITLE} answered {}", answer.status)) })
}

#[cfg(test)]
pub(super) mod tests;
