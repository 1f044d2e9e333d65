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

/// Whom it is done with.
pub(super) struct Person {
    pub(super) email: String,
    user_id: Option<String>,
}

impl Person {
    /// None where there is no address.
    pub(super) fn of(message: &Message) -> Option<Self> {
        Some(Self { email: message.addresses.email.clone()?, user_id: message.user_id.clone() })
    }
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
    type Part = Person;

    fn provider(&self) -> &'static str {
        NAME
    }

    fn knows_people_by(&self) -> KnownBy {
        KnownBy::Address
    }

    fn sort(&self, message: &Message) -> Result<(Change, Person), Receipt> {
        let content = Content::of(message)?;
        let action = match content.text("action")? {
            Some("add") => Action::Add,
            Some("remove") => Action::Remove,
            _ => return Err(content.wrong("action", "`add` or `remove`")),
        };
        let person = Person::of(message).ok_or_else(|| refused("the person has no e-mail address"))?;
        if action == Action::Remove && person.email.len() > limits::SENDGRID_LOOKED_UP_BYTES_MAX {
            return Err(refused("the person's e-mail address is longer than the 100 bytes that SendGrid looks up"));
        }
        Ok((Change { action, list: list(&self.settings, &content)? }, person))
    }

    fn request_max(&self, change: &Change) -> usize {
        match change.action {
            Action::Add => limits::SENDGRID_ADDED_MAX,
            Action::Remove => limits::SENDGRID_LOOKED_UP_MAX,
        }
    }

    fn send<'a>(&'a self, change: &'a Change, people: Vec<Person>, at: Timestamp) -> Sending<'a> {
        Box::pin(async move {
            let done = match change.action {
                Action::Add => self.add(change.list, &people, at).await,
                Action::Remove => self.remove(change.list, &people, at).await,
            };
            done.unwrap_or_else(|receipt| vec![receipt; people.len()])
        })
    }
}

impl Opened {
    async fn add(&self, list: Uuid, people: &[Person], at: Timestamp) -> Result<Vec<Receipt>, Receipt> {
        let contact = |Person { email, user_id }: &Person| match user_id {
            Some(id) if self.is_told(id) => json!({"email": email, "external_id": id}),
            _ => json!({ "email": email }),
        };
        let contacts: Vec<Value> = people.iter().map(contact).collect();
        let url = below(&self.settings.url, ["v3", "marketing", "contacts"]);
        let request =
            self.request(Method::PUT, url).json(&json!({"list_ids": [list.to_string()], "contacts": contacts}));
        Ok(answer::to_contacts(&self.send(request, at).await?, people))
    }

    /// Whether the contact is told the tenant's id too: SendGrid takes no longer one.
    fn is_told(&self, id: &str) -> bool {
        self.settings.external_id && id.len() <= limits::SENDGRID_EXTERNAL_ID_BYTES_MAX
    }

    async fn remove(&self, list: Uuid, people: &[Person], at: Timestamp) -> Result<Vec<Receipt>, Receipt> {
        let found = self.look_up(people, at).await?;
        let contact = |person: &Person| found.get(&person.email.to_lowercase())?.contact.as_ref();
        let id = |person: &Person| contact(person).map(|contact| contact.id.as_str());
        let ids: Vec<_> = people.iter().filter_map(id).collect();
        if !ids.is_empty() {
            let mut url = below(&self.settings.url, ["v3", "marketing", "lists", &list.to_string(), "contacts"]);
            url.query_pairs_mut().append_pair("contact_ids", &ids.join(","));
            let answer = self.send(self.request(Method::DELETE, url), at).await?;
            answer::failure(&answer).map_or(Ok(()), Err)?;
        }
        let note = |person| match id(person) {
            Some(_) => "SendGrid takes the contact off the list",
            None => "SendGrid has no contact with the address",
        };
        Ok(people.iter().map(|person| Receipt::Accepted { note: Some(note(person).to_owned()) }).collect())
    }

    /// The contacts who have the people's addresses. That there are none at all is a 404.
    async fn look_up(&self, people: &[Person], at: Timestamp) -> Result<HashMap<String, Found>, Receipt> {
        let emails: Vec<_> = people.iter().map(|person| person.email.as_str()).collect();
        let url = below(&self.settings.url, ["v3", "marketing", "contacts", "search", "emails"]);
        let request = self.request(Method::POST, url).json(&json!({ "emails": emails }));
        let answer = self.send(request, at).await?;
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

    async fn send(&self, request: RequestBuilder, at: Timestamp) -> Result<Answer, Receipt> {
        self.http.send(request, at).await
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
