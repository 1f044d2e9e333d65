//! Braze, over its REST API. What the message's content or the settings name decides the call:
//!
//! | named | call | the content is |
//! | --- | --- | --- |
//! | `campaign_id` | `campaigns/trigger/send`, 50 people | `trigger_properties` of the recipient |
//! | `canvas_id` | `canvas/trigger/send`, 50 people | `context` of the recipient |
//! | `event` | `users/track`, 50 events | the event's properties |
//! | nothing | `messages/send`, one person | a push message or an e-mail of its own texts |
//!
//! Never `broadcast`: every call names its people. None of these calls knows a repetition: Braze gives each event an id of its own, and
//! has no key for repeated triggers but that of its transactional e-mail, which is another product. A repetition after a lost answer
//! may reach the person twice, where the campaign's own rules at Braze (re-eligibility) do not prevent it.
//!
//! `messages/send` takes one object of texts for all its people, and ours hold the message's id: hence one person.
//!
//! Sources: repository `braze-inc/braze-docs`, below `_docs/_api/`: `endpoints/messaging/send_messages/` (campaigns @3e5db08e, Canvases
//! @46a12547, messages @d042d5be), `endpoints/user_data/post_user_track.md` (@009c6ea3), `objects_filters/` (recipients @cbab0602,
//! events @46939b97, Apple @5c1e9e0c, Android and e-mail @bbb24600); braze.com/docs/api/errors and braze.com/docs/api/api_limits.
//! Unconfirmed: the form of the elements of `errors` (see `answer`), and whether `messages/send` renders Liquid (see `liquid`).

mod answer;
mod call;
mod liquid;
mod settings;
mod target;
mod texts;
mod told;

use std::collections::HashSet;
use std::sync::Arc;

use reqwest::RequestBuilder;
use serde_json::Value;

use super::bulk::{self, Bulk, Sending};
use super::{Channel, Http, Message, Provider, Reach, Receipt, SettingsError, common};
use crate::domain::Timestamp;
use call::Call;
use settings::Settings;
use told::Told;

const NAME: &str = "braze";
/// What it is called in receipts.
const TITLE: &str = "Braze";

pub(super) struct Braze;

impl Provider for Braze {
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
    type Request = Call;
    type Part = Told;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn sort(&self, message: &Message) -> Result<(Call, Told), Receipt> {
        told::tell(&self.settings, message).map(|told| (told.call.clone(), told))
    }

    fn request_max(&self, call: &Call) -> usize {
        call.messages_max()
    }

    fn send<'a>(&'a self, call: &'a Call, told: Vec<Told>, at: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            let (elements, is_sent) = first_of_each_person(call, told);
            let count = elements.len();
            let said = match self.http.send(self.request(call, elements), at).await {
                Ok(answer) => answer::receipts(&answer, count),
                Err(receipt) => vec![receipt; count],
            };
            with_those_left_out(said, &is_sent)
        })
    }
}

impl Opened {
    fn request(&self, call: &Call, elements: Vec<Value>) -> RequestBuilder {
        let url = common::below(&self.settings.url, call.what.path());
        self.http.post(url).bearer_auth(&self.settings.key).json(&call.what.body(elements))
    }
}

/// What goes out, and of which of the messages: of recipients that are one person, Braze keeps one and says nothing of the others
/// ("Recipient object deduping").
fn first_of_each_person(call: &Call, told: Vec<Told>) -> (Vec<Value>, Vec<bool>) {
    let mut people = HashSet::new();
    let is_sent: Vec<bool> =
        told.iter().map(|told| people.insert(told.person.clone()) || !call.what.keeps_one_of_a_person()).collect();
    let elements = told.into_iter().zip(&is_sent).filter(|(_, is_sent)| **is_sent).map(|(told, _)| told.element);
    (elements.collect(), is_sent)
}

fn with_those_left_out(said: Vec<Receipt>, is_sent: &[bool]) -> Vec<Receipt> {
    let mut said = said.into_iter();
    let left_out =
        || Receipt::Retry { reason: "another message to the same person went first".to_owned(), after: None };
    is_sent.iter().map_while(|is_sent| if *is_sent { said.next() } else { Some(left_out()) }).collect()
}

#[cfg(test)]
pub(super) mod tests;
