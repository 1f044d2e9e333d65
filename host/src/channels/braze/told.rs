//! From a message to what Braze is told of it: in which call, of whom, and the call's element.

use serde_json::{Value, json};

use super::call::{Call, What};
use super::settings::Settings;
use super::target::{CAMPAIGN, CANVAS, EVENT, Target};
use super::texts;
use crate::channels::company::Company;
use crate::channels::content::{Content, refused};
use crate::channels::properties::{Properties, properties};
use crate::channels::{Message, Receipt};

const SEND_ID: &str = "send_id";
/// What Braze keeps for itself in the properties of events.
const RESERVED: [&str; 2] = ["time", "event_name"];

#[derive(Debug)]
pub(super) struct Told {
    pub(super) call: Call,
    /// What Braze knows the person by.
    pub(super) person: String,
    pub(super) element: Value,
}

/// The receipt, where the message is not fit to be sent.
pub(super) fn tell(settings: &Settings, message: &Message) -> Result<Told, Receipt> {
    let content = Content::of(message)?;
    let own = Own::of(&content)?;
    let send_id = own.send_id;
    match own.target.or_else(|| settings.target.clone()) {
        Some(Target::Campaign(campaign_id)) => triggered(message, &content, What::Campaign { campaign_id, send_id }),
        _ if send_id.is_some() => Err(refused("the content's `braze.send_id` should go with a `campaign_id`")),
        Some(Target::Canvas(canvas_id)) => triggered(message, &content, What::Canvas { canvas_id }),
        Some(Target::Event(name)) => event(message, &content, &name),
        None => own_texts(settings, message, &content),
    }
}

/// What stands under `braze` in the content.
struct Own {
    target: Option<Target>,
    send_id: Option<String>,
}

impl Own {
    fn of(content: &Content) -> Result<Self, Receipt> {
        let known = [CAMPAIGN, CANVAS, EVENT, SEND_ID];
        let wrong = || {
            refused(
                "the content's `braze` should hold one of `campaign_id`, `canvas_id` and `event`, perhaps a `send_id`, and nothing else",
            )
        };
        if content.object("braze")?.is_some_and(|own| own.keys().any(|key| !known.contains(&key.as_str()))) {
            return Err(wrong());
        }
        let own = content.under("braze.")?;
        let target = Target::of(own.text(CAMPAIGN)?, own.text(CANVAS)?, own.text(EVENT)?).map_err(|_| wrong())?;
        Ok(Self { target, send_id: own.text(SEND_ID)?.map(str::to_owned) })
    }
}

fn triggered(message: &Message, content: &Content, what: What) -> Result<Told, Receipt> {
    let properties = properties(message, content)?;
    let namespace = if matches!(what, What::Canvas { .. }) { "context" } else { "trigger_properties" };
    let (person, mut element) = match person(message)? {
        Person::Id(id) => (id, json!({"external_user_id": id})),
        Person::Email(email) => {
            (email, json!({"email": email, "prioritization": ["identified", "most_recently_updated"]}))
        }
    };
    element[namespace] = properties.into();
    Ok(Told { person: person.to_owned(), element, call: Call { what, company: Company::of(message) } })
}

/// Only of people that Braze knows: a campaign brings people back, and makes up none.
fn event(message: &Message, content: &Content, name: &str) -> Result<Told, Receipt> {
    let properties = properties(message, content)?;
    check_names(&properties)?;
    let (person, mut element) = match person(message)? {
        Person::Id(id) => (id, json!({"external_id": id})),
        Person::Email(email) => (email, json!({"email": email})),
    };
    element["name"] = name.into();
    element["time"] = message.promised_at.to_string().into();
    element["properties"] = properties.into();
    element["_update_existing_only"] = true.into();
    let call = Call { what: What::Events, company: Company::of(message) };
    Ok(Told { person: person.to_owned(), element, call })
}

fn check_names(properties: &Properties) -> Result<(), Receipt> {
    let is_bad = |name: &str| name.is_empty() || name.starts_with('$') || RESERVED.contains(&name);
    match properties.keys().any(|name| is_bad(name)) {
        false => Ok(()),
        true => Err(refused(
            "the content's `data` should have no member `time` or `event_name`, nor one that begins with `$`",
        )),
    }
}

fn own_texts(settings: &Settings, message: &Message, content: &Content) -> Result<Told, Receipt> {
    let messages = texts::messages(settings, message, content)?;
    let Person::Id(id) = person(message)? else {
        return Err(refused("Braze takes texts only for people with a user id, and this one has none"));
    };
    let element = json!({"external_user_ids": [id], "broadcast": false, "messages": messages});
    let call = Call { what: What::Texts, company: Company::nobody(message) };
    Ok(Told { person: id.to_owned(), element, call })
}

enum Person<'a> {
    Id(&'a str),
    Email(&'a str),
}

fn person(message: &Message) -> Result<Person<'_>, Receipt> {
    let id = message.user_id.as_deref().map(Person::Id);
    let email = message.addresses.email.as_deref().map(Person::Email);
    id.or(email)
        .ok_or_else(|| refused("Braze knows people by a user id or an e-mail address, and this one has neither"))
}
