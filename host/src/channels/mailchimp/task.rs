//! What a message asks Mailchimp to do, and the requests that do it.
//!
//! A member of a list is addressed by the MD5 of their address in lower case. An event's properties are texts, so our ids stand among
//! them; nothing else of Mailchimp's has a place for them.

use md5::{Digest as _, Md5};
use reqwest::{Method, RequestBuilder, Url};
use serde_json::{Map, Value, json};

use super::settings::Settings;
use crate::channels::content::{Content, as_text, refused};
use crate::channels::properties::names;
use crate::channels::{Http, Message, Receipt, common};

/// One of the four.
pub(super) enum Task {
    Add { list: String, tag: String, merge_fields: Map<String, Value> },
    Remove { list: String, tag: String },
    Event { list: String, name: String, properties: Map<String, Value> },
    Trigger(Flow),
}

/// A step of an automation flow that is triggered over the API.
#[derive(Clone, Copy)]
pub(super) struct Flow {
    pub(super) flow: u64,
    pub(super) step: u64,
}

pub(super) fn is_event_name(text: &str) -> bool {
    (2..=30).contains(&text.chars().count())
}

impl Task {
    pub(super) fn read(content: &Content, settings: &Settings) -> Result<Self, Receipt> {
        let own = content.under("mailchimp.")?;
        if let Some(action) = content.text("action")? {
            return Self::of_audience(action, content, &own, settings);
        }
        let properties = || Ok(content.object("data")?.cloned().unwrap_or_default());
        let told = (own.text("event")?, own.number("flow")?, own.number("step")?);
        match told {
            (Some(event), None, None) if is_event_name(event) => {
                Ok(Self::Event { list: list(&own, settings)?, name: event.to_owned(), properties: properties()? })
            }
            (Some(_), None, None) => Err(own.wrong("event", "a name of 2 to 30 characters")),
            (None, Some(flow), Some(step)) => Ok(Self::Trigger(Flow { flow, step })),
            (None, None, None) => match (&settings.event, settings.flow) {
                (Some(event), _) => {
                    Ok(Self::Event { list: list(&own, settings)?, name: event.clone(), properties: properties()? })
                }
                (None, Some(flow)) => Ok(Self::Trigger(flow)),
                (None, None) => Err(refused(
                    "the content should have an `action` and an `audience`, or `mailchimp` with an `event`, or with a `flow` and its `step`",
                )),
            },
            _ => Err(refused("the content's `mailchimp` should have an `event`, or a `flow` and its `step`")),
        }
    }

    fn of_audience(action: &str, content: &Content, own: &Content, settings: &Settings) -> Result<Self, Receipt> {
        let tag = content.text("audience")?.ok_or_else(|| content.wrong("audience", "the name of a tag"))?.to_owned();
        let list = list(own, settings)?;
        match action {
            "add" => {
                Ok(Self::Add { list, tag, merge_fields: own.object("merge_fields")?.cloned().unwrap_or_default() })
            }
            "remove" => Ok(Self::Remove { list, tag }),
            _ => Err(content.wrong("action", "`add` or `remove`")),
        }
    }

    /// One after the other.
    pub(super) fn requests(
        &self,
        http: &Http,
        settings: &Settings,
        message: &Message,
        recipient: &str,
    ) -> Vec<RequestBuilder> {
        let request = |method, url: Url, body: &Value| {
            http.request(method, url).basic_auth("rekindle", Some(&settings.key)).json(body)
        };
        let member = |list: &str, below: &[&str]| {
            let hash = hash(recipient);
            let path = ["lists", list, "members", &hash].into_iter().chain(below.iter().copied());
            common::below(&settings.url, path)
        };
        match self {
            Self::Add { list, tag, merge_fields } => {
                let mut url = member(list, &[]);
                // A list may want fields of its members that nobody here knows.
                url.query_pairs_mut().append_pair("skip_merge_validation", "true");
                let body = membership(recipient, settings.status_if_new, merge_fields);
                vec![
                    request(Method::PUT, url, &body),
                    request(Method::POST, member(list, &["tags"]), &tagging(tag, "active")),
                ]
            }
            Self::Remove { list, tag } => {
                vec![request(Method::POST, member(list, &["tags"]), &tagging(tag, "inactive"))]
            }
            Self::Event { list, name, properties } => {
                let body = event(name, properties, message);
                vec![request(Method::POST, member(list, &["events"]), &body)]
            }
            Self::Trigger(flow) => {
                let body = json!({"email_address": recipient});
                vec![request(Method::POST, trigger(&settings.url, *flow), &body)]
            }
        }
    }

    /// What was done, for the eye.
    pub(super) fn done(&self) -> &'static str {
        match self {
            Self::Add { .. } => "tagged",
            Self::Remove { .. } => "no longer tagged",
            Self::Event { .. } => "the event is added",
            Self::Trigger(_) => "the flow is triggered",
        }
    }
}

fn list(own: &Content, settings: &Settings) -> Result<String, Receipt> {
    let list = own.text("list")?.or(settings.list.as_deref());
    list.map(str::to_owned)
        .ok_or_else(|| refused("no list is named: set `list`, or name one in the content's `mailchimp.list`"))
}

fn hash(address: &str) -> String {
    let digest = Md5::digest(address.to_lowercase());
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn membership(recipient: &str, status_if_new: &str, merge_fields: &Map<String, Value>) -> Value {
    let mut body = json!({"email_address": recipient, "status_if_new": status_if_new});
    if !merge_fields.is_empty() {
        body["merge_fields"] = merge_fields.clone().into();
    }
    body
}

fn tagging(tag: &str, status: &str) -> Value {
    json!({"tags": [{"name": tag, "status": status}]})
}

fn event(name: &str, properties: &Map<String, Value>, message: &Message) -> Value {
    let told = properties.iter().map(|(name, value)| (name.clone(), as_text(value).into()));
    let properties: Map<_, Value> = told.chain(names(message)).collect();
    json!({"name": name, "properties": properties, "occurred_at": message.promised_at.to_string()})
}

fn trigger(base: &Url, Flow { flow, step }: Flow) -> Url {
    let (flow, step) = (flow.to_string(), step.to_string());
    common::below(base, ["customer-journeys", "journeys", &flow, "steps", &step, "actions", "trigger"])
}
