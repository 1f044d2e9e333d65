//! Lists of contacts: people are added by their addresses, and taken off by the contacts' ids, which are looked up first. A contact is
//! never deleted; it only leaves the list.
//!
//! SendGrid does both later than it answers. Who is taken off right after having been added may not be found yet, and stays.

use std::collections::HashMap;
use std::sync::Arc;

use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use super::settings::Lists;
use super::{NAME, OWN, TITLE, answer};
use crate::channels::bulk::{Bulk, Sending, gathering};
use crate::channels::common::{below, malformed};
use crate::channels::content::{Content, refused};
use crate::channels::http::Answer;
use crate::channels::{Channel, Http, Message, Receipt};
use crate::domain::{KnownBy, Timestamp, limits};

pub(super) fn channel(settings: Lists, http: Http) -> Arc<dyn Channel> {
    gathering(Opened { settings, http })
}

struct Opened {
    settings: Lists,
    http: Http,
}

/// What is done with people, and on which list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Change {
    action: Action,
    list: Uuid,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Action {
    Add,
    Remove,
}

/// What is known of contacts, by the addresses that were asked for.
#[derive(Deserialize)]
struct LookedUp {
    result: HashMap<String, Found>,
}

/// Without a contact, nobody has the address.
#[derive(Deserialize)]
struct Found {
    contact: Option<Contact>,
}

#[derive(Deserialize)]
struct Contact {
    id: String,
}

impl Bulk for Opened {
    type Request = Change;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Address
    }

    fn sort(&self, message: &Message) -> Result<Change, Receipt> {
        let content = Content::of(message)?;
        let action = match content.text("action")? {
            Some("add") => Action::Add,
            Some("remove") => Action::Remove,
            _ => return Err(content.wrong("action", "`add` or `remove`")),
        };
        let email = message.addresses.email.as_deref().ok_or_else(|| refused("the person has no e-mail address"))?;
        if action == Action::Remove && email.len() > limits::SENDGRID_LOOKED_UP_BYTES_MAX {
            return Err(refused("the person's e-mail address is longer than the 100 bytes that SendGrid looks up"));
        }
        Ok(Change { action, list: list(&self.settings, &content)? })
    }

    fn request_max(&self, change: &Change) -> usize {
        match change.action {
            Action::Add => limits::SENDGRID_ADDED_MAX,
            Action::Remove => limits::SENDGRID_LOOKED_UP_MAX,
        }
    }

    fn send<'a>(&'a self, change: &'a Change, messages: &'a [Message]) -> Sending<'a> {
        Box::pin(async move {
            let done = match change.action {
                Action::Add => self.add(change.list, messages).await,
                Action::Remove => self.remove(change.list, messages).await,
            };
            done.unwrap_or_else(|receipt| vec![receipt; messages.len()])
        })
    }
}

impl Opened {
    async fn add(&self, list: Uuid, messages: &[Message]) -> Result<Vec<Receipt>, Receipt> {
        let contact = |message: &Message| match &message.user_id {
            Some(id) if self.is_told(id) => json!({"email": message.addresses.email, "external_id": id}),
            _ => json!({ "email": message.addresses.email }),
        };
        let contacts: Vec<Value> = messages.iter().map(contact).collect();
        let url = below(&self.settings.url, ["v3", "marketing", "contacts"]);
        let request =
            self.request(Method::PUT, url).json(&json!({"list_ids": [list.to_string()], "contacts": contacts}));
        Ok(answer::to_contacts(&self.send(request, messages).await?, messages))
    }

    /// Whether the contact is told the tenant's id too: SendGrid takes no longer one.
    fn is_told(&self, id: &str) -> bool {
        self.settings.external_id && id.len() <= limits::SENDGRID_EXTERNAL_ID_BYTES_MAX
    }

    async fn remove(&self, list: Uuid, messages: &[Message]) -> Result<Vec<Receipt>, Receipt> {
        let found = self.look_up(messages).await?;
        let contact =
            |message: &Message| found.get(&message.addresses.email.as_ref()?.to_lowercase())?.contact.as_ref();
        let id = |message: &Message| contact(message).map(|contact| contact.id.as_str());
        let ids: Vec<_> = messages.iter().filter_map(id).collect();
        if !ids.is_empty() {
            let mut url = below(&self.settings.url, ["v3", "marketing", "lists", &list.to_string(), "contacts"]);
            url.query_pairs_mut().append_pair("contact_ids", &ids.join(","));
            let answer = self.send(self.request(Method::DELETE, url), messages).await?;
            answer::failure(&answer).map_or(Ok(()), Err)?;
        }
        let note = |message| match id(message) {
            Some(_) => "SendGrid takes the contact off the list",
            None => "SendGrid has no contact with the address",
        };
        Ok(messages.iter().map(|message| Receipt::Accepted { note: Some(note(message).to_owned()) }).collect())
    }

    /// The contacts who have the messages' addresses. That there are none at all is a 404.
    async fn look_up(&self, messages: &[Message]) -> Result<HashMap<String, Found>, Receipt> {
        let emails: Vec<_> = messages.iter().filter_map(|message| message.addresses.email.as_deref()).collect();
        let url = below(&self.settings.url, ["v3", "marketing", "contacts", "search", "emails"]);
        let request = self.request(Method::POST, url).json(&json!({ "emails": emails }));
        let answer = self.send(request, messages).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(HashMap::new());
        }
        answer::failure(&answer).map_or(Ok(()), Err)?;
        let looked_up: LookedUp = serde_json::from_slice(&answer.body).map_err(|_| malformed(TITLE))?;
        Ok(looked_up.result)
    }

    fn request(&self, method: Method, url: Url) -> RequestBuilder {
        self.http.request(method, url).bearer_auth(&self.settings.key)
    }

    async fn send(&self, request: RequestBuilder, messages: &[Message]) -> Result<Answer, Receipt> {
        let at = messages.iter().map(|message| message.at).max().unwrap_or(Timestamp::EPOCH);
        self.http.send(request, at).await.map_err(|reason| Receipt::Retry { reason, after: None })
    }
}

/// The list that the content names under `sendgrid`; its audience, where that is a list's id; else the setting's.
fn list(settings: &Lists, content: &Content) -> Result<Uuid, Receipt> {
    let own = content.under(OWN)?;
    if let Some(list) = own.text("list")? {
        return list.parse().map_err(|_| own.wrong("list", "a list's id, a UUID as SendGrid shows it"));
    }
    let audience = content.text("audience")?.and_then(|audience| audience.parse().ok());
    let unnamed = || refused("there is no list: set `list`, or have the content name one under `sendgrid`");
    audience.or(settings.list).ok_or_else(unnamed)
}
