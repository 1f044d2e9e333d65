//! What somebody does, and how Segment tells of it.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::calendar::{Tick, moment};
use crate::people::Person;
use crate::provider::Taken;

/// Something that somebody does.
#[derive(Debug, Clone)]
pub(crate) struct Act {
    pub(crate) person: u32,
    /// When.
    pub(crate) happened: Tick,
    /// When the house is told.
    pub(crate) told: Tick,
    pub(crate) what: What,
    /// How often it was told before under another message id.
    pub(crate) repetition: u32,
}

/// What is done.
#[derive(Debug, Clone)]
pub(crate) enum What {
    /// Comes for the first time.
    Arrives,
    /// Says who they are.
    LogsIn,
    /// Looks at something.
    Views { product: u32 },
    /// Puts something into the cart.
    Adds { product: u32 },
    /// Rises from Bronze to Silver.
    Rises,
    /// Does what a campaign is for, for the first or another time.
    Converts { event: &'static str, hundredths: i64, number: u32 },
    /// Something becomes of a message.
    Answers { message: Arc<Taken>, answer: Answer },
}

/// What becomes of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Answer {
    Arrived,
    OpenedByMachine,
    Opened,
    Clicked,
    Unsubscribed,
    Resubscribed,
}

impl Answer {
    /// Segment's and its vendors' name for it; none where the channel does not tell.
    fn event(self, channel: &str) -> Option<&'static str> {
        Some(match (channel, self) {
            ("push", Self::Arrived) => "Push Notification Received",
            ("push", Self::Opened) => "Push Notification Tapped",
            ("push", Self::Clicked) => "Push Notification Button Clicked",
            ("push", Self::Unsubscribed) => "Push Unsubscribed",
            ("push", Self::Resubscribed) => "Push Subscribed",
            ("email", Self::Arrived) => "Email Delivered",
            ("email", Self::OpenedByMachine) => "Email Machine Opened",
            ("email", Self::Opened) => "Email Opened",
            ("email", Self::Clicked) => "Email Link Clicked",
            ("email", Self::Unsubscribed) => "Email Unsubscribed",
            ("email", Self::Resubscribed) => "Email Resubscribed",
            ("sms", Self::Arrived) => "SMS Delivered",
            ("sms", Self::Clicked) => "SMS Link Clicked",
            ("sms", Self::Unsubscribed) => "SMS Unsubscribed",
            ("sms", Self::Resubscribed) => "SMS Subscribed",
            _ => return None,
        })
    }
}

impl Act {
    /// The call, as Segment delivers it; none where nobody would be told.
    pub(crate) fn call(&self, person: &Person) -> Option<String> {
        let mut call = self.said(person)?;
        let id = format!("{}/{}/{}/{}", self.person, self.name(), self.happened, self.repetition);
        let members = [
            ("messageId", Value::from(id)),
            ("timestamp", moment(self.happened).to_string().into()),
            ("context", self.context(person)),
        ];
        members.into_iter().for_each(|(name, value)| call[name] = value);
        for (name, id) in self.ids(person) {
            call[name] = id.into();
        }
        Some(call.to_string())
    }

    fn said(&self, person: &Person) -> Option<Value> {
        let track = |event: &str, properties: Value| json!({"type": "track", "event": event, "properties": properties});
        Some(match &self.what {
            What::Arrives if person.logs_in.is_some() => track("Application Opened", json!({})),
            What::Arrives | What::LogsIn => json!({"type": "identify", "traits": traits(person)}),
            What::Views { product } => track("Product Viewed", json!({"product_id": format!("p{product}")})),
            What::Adds { product } => {
                track("Product Added", json!({"product_id": format!("p{product}"), "name": format!("p{product}")}))
            }
            What::Rises => json!({"type": "identify", "traits": {"plan": "Silver"}}),
            What::Converts { event, hundredths, number } => {
                let worth = *hundredths as f64 / 100.0;
                let order = format!("o{}-{number}-{}", self.person, self.happened);
                track(event, json!({"order_id": order, "total": worth, "price": worth}))
            }
            What::Answers { message, answer } => {
                let event = answer.event(&message.channel)?;
                let mut properties = json!({"campaign_name": &*message.campaign, "step": &*message.step});
                if *answer == Answer::Clicked {
                    properties["link_url"] = "https://shop.example/".into();
                }
                track(event, properties)
            }
        })
    }

    /// What tells it from what else the person does at that moment.
    fn name(&self) -> String {
        match &self.what {
            What::Converts { event, number, .. } => format!("{event}-{number}"),
            What::Views { product } => format!("views-{product}"),
            What::Adds { product } => format!("adds-{product}"),
            What::Answers { message, answer } => format!("{}-{answer:?}", message.id),
            other => format!("{other:?}"),
        }
    }

    fn context(&self, person: &Person) -> Value {
        let mut context = Map::new();
        let tells_of_itself = matches!(self.what, What::Arrives);
        if let Some(zone) = person.zone.filter(|_| tells_of_itself) {
            context.insert("timezone".to_owned(), zone.into());
        }
        if person.has_token && tells_of_itself {
            context.insert("device".to_owned(), json!({"token": format!("token-{}", person.number)}));
        }
        context.into()
    }

    /// Who it is, as far as they said by then.
    fn ids(&self, person: &Person) -> Vec<(&'static str, String)> {
        let user = ("userId", format!("u{}", self.person));
        let anonymous = ("anonymousId", format!("a{}", self.person));
        match (person.logs_in, &self.what) {
            (Some(_), What::LogsIn) => vec![user, anonymous],
            (Some(logs_in), _) if self.happened <= logs_in => vec![anonymous],
            _ => vec![user],
        }
    }
}

fn traits(person: &Person) -> Value {
    let mut traits = json!({"plan": "Bronze", "club": person.is_member});
    if person.has_email {
        traits["email"] = format!("u{}@people.example", person.number).into();
    }
    if person.has_phone {
        traits["phone"] = format!("+491511{:07}", person.number).into();
    }
    traits
}
