//! What the judge hears: the tape, person by person, in the order in which the journal was given it.

use std::collections::HashMap;
use std::sync::Arc;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::documents::Documents;
use crate::provider::Taken;
use crate::tape::Call;

/// Everything about one person.
#[derive(Debug, Default)]
pub(super) struct Person {
    pub(super) heard: Vec<Heard>,
    /// What the provider accepted for them, in order.
    pub(super) taken: Vec<Taken>,
    pub(super) zone: Option<String>,
}

/// One call.
#[derive(Debug)]
pub(super) struct Heard {
    /// Its place among all calls.
    pub(super) order: u64,
    pub(super) arrived: i64,
    pub(super) happened: i64,
    /// The id that was told.
    pub(super) by: Arc<str>,
    /// Whether it says that the anonymous id is this user's.
    pub(super) links: bool,
    pub(super) word: Word,
}

/// What it says.
#[derive(Debug)]
pub(super) enum Word {
    /// Something was done; and what it is worth, in millionths, to campaigns that are for it, by their place.
    Done { event: String, worth: Vec<(usize, i64)> },
    /// Traits, as far as somebody asks for them.
    Is { plan: Option<String>, club: Option<bool> },
    /// Something became of a message.
    Answered(Answered),
    /// Messages over a channel are welcome again.
    Welcomes { channel: &'static str },
}

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Answered {
    pub(super) kind: &'static str,
    pub(super) channel: &'static str,
    pub(super) campaign: Arc<str>,
    pub(super) step: Arc<str>,
}

/// What events say of messages: the few names that are used here.
const ANSWERS: [(&str, &str, &str); 14] = [
    ("Push Notification Received", "push", "delivered"),
    ("Push Notification Tapped", "push", "opened"),
    ("Push Notification Button Clicked", "push", "clicked"),
    ("Push Unsubscribed", "push", "unsubscribed"),
    ("Push Subscribed", "push", ""),
    ("Email Delivered", "email", "delivered"),
    ("Email Machine Opened", "email", "opened_by_machines"),
    ("Email Opened", "email", "opened"),
    ("Email Link Clicked", "email", "clicked"),
    ("Email Unsubscribed", "email", "unsubscribed"),
    ("Email Resubscribed", "email", ""),
    ("SMS Delivered", "sms", "delivered"),
    ("SMS Link Clicked", "sms", "clicked"),
    ("SMS Unsubscribed", "sms", "unsubscribed"),
];

/// Everybody, from the tape and the provider's record.
pub(super) fn listen(
    calls: impl Iterator<Item = Result<Call>>,
    record: &[Taken],
    documents: &Documents,
) -> Result<Vec<Person>> {
    let mut people = People::default();
    for (order, call) in calls.enumerate() {
        let call = call?;
        if call.is_fresh {
            people
                .hear(&call, order as u64, documents)
                .with_context(|| format!("the judge does not read `{}`", call.text))?;
        }
    }
    for taken in record {
        let place = people.place(&taken.profile);
        people.all[place].taken.push(taken.clone());
    }
    Ok(people.all)
}

#[derive(Default)]
struct People {
    all: Vec<Person>,
    places: HashMap<Arc<str>, usize>,
}

impl People {
    /// The person who has this id; who turned out to be somebody is that one.
    fn place(&mut self, id: &str) -> usize {
        if let Some(place) = self.places.get(id) {
            return *place;
        }
        self.all.push(Person::default());
        self.places.insert(id.into(), self.all.len() - 1);
        self.all.len() - 1
    }

    fn hear(&mut self, call: &Call, order: u64, documents: &Documents) -> Result<()> {
        let said: Value = serde_json::from_str(&call.text)?;
        let user = said["userId"].as_str().map(str::to_owned);
        let anonymous = said["anonymousId"].as_str().map(|id| format!("anonymous:{id}"));
        let links = user.is_some() && anonymous.is_some();
        if let (Some(user), Some(anonymous)) = (&user, &anonymous) {
            let place = self.place(anonymous);
            self.places.insert(user.as_str().into(), place);
        }
        let by = user.or(anonymous).context("nobody did it")?;
        let happened: jiff::Timestamp = said["timestamp"].as_str().context("it was never")?.parse()?;
        let place = self.place(&by);
        let person = &mut self.all[place];
        if let Some(zone) = said["context"]["timezone"].as_str() {
            person.zone = Some(zone.to_owned());
        }
        let heard = Heard {
            order,
            arrived: call.arrived.as_millis(),
            happened: happened.as_millisecond(),
            by: by.into(),
            links,
            word: word(&said, documents),
        };
        person.heard.push(heard);
        Ok(())
    }
}

fn word(said: &Value, documents: &Documents) -> Word {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    if said["type"] == "identify" {
        let traits = &said["traits"];
        return Word::Is { plan: traits["plan"].as_str().map(str::to_owned), club: traits["club"].as_bool() };
    }
    let (event, properties) = (text(&said["event"]), &said["properties"]);
    if event == "SMS Subscribed" {
        return Word::Welcomes { channel: "sms" };
    }
    match ANSWERS.iter().find(|(name, ..)| *name == event) {
        Some((_, channel, "")) => Word::Welcomes { channel },
        Some((_, channel, kind)) => Word::Answered(Answered {
            kind,
            channel,
            campaign: text(&properties["campaign_name"]).into(),
            step: text(&properties["step"]).into(),
        }),
        None => Word::Done { worth: worth(&event, said, documents), event },
    }
}

fn worth(event: &str, said: &Value, documents: &Documents) -> Vec<(usize, i64)> {
    let campaigns = documents.campaigns.iter().enumerate();
    let meant = campaigns.filter(|(_, campaign)| campaign.conversion() == Some(event));
    meant
        .map(|(place, campaign)| {
            let at = campaign.experiment()["conversion"]["value"].as_str();
            let found = at.and_then(|at| match at.starts_with('/') {
                true => said.pointer(at),
                false => said["properties"].get(at),
            });
            (place, found.and_then(Value::as_f64).map_or(0, |worth| (worth * 1e6).round() as i64))
        })
        .collect()
}
