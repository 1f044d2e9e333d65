//! People who leave carts behind, each with one habit, and what they and the providers tell once something reached them.

use rekindle::domain::Timestamp;
use serde_json::{Value, json};

use super::providers::Step;
use crate::emulators::{Braze, CustomerIo, Execution};
use crate::segment::{added, identified, ordered, track};

/// What somebody does about a cart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Habit {
    /// Orders before anybody says anything.
    BuysAtOnce,
    /// Opens the push message.
    OpensPush,
    /// Opens the e-mail.
    OpensEmail,
    /// Overlooks everything, and stays in the audience.
    Overlooks,
    /// Orders once the audience shows them the cart again.
    BuysLate,
}

/// Somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Person {
    /// What the tenant calls them.
    pub id: String,
    /// What they do.
    pub habit: Habit,
}

/// What is told once a provider did something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consequence {
    /// By Braze.
    PushSent,
    /// By the app: Braze does not tell it.
    PushReceived,
    /// By Braze.
    PushTapped,
    /// By Customer.io, in that word.
    Email(&'static str),
    /// By the shop.
    Ordered,
}

/// How it is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Word {
    /// As an event, by way of Segment.
    Event(Value),
    /// As a report of Customer.io's.
    Report(Value),
}

impl Habit {
    /// Every habit.
    pub const ALL: [Self; 5] = [Self::BuysAtOnce, Self::OpensPush, Self::OpensEmail, Self::Overlooks, Self::BuysLate];

    /// The steps that reach such people, each once.
    pub fn steps(self) -> &'static [Step] {
        match self {
            Self::BuysAtOnce => &[],
            Self::OpensPush => &Step::ALL[..1],
            Self::OpensEmail => &Step::ALL[..2],
            Self::Overlooks => &Step::ALL[..3],
            Self::BuysLate => &Step::ALL,
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::BuysAtOnce => "buys-at-once",
            Self::OpensPush => "opens-push",
            Self::OpensEmail => "opens-email",
            Self::Overlooks => "overlooks",
            Self::BuysLate => "buys-late",
        }
    }
}

impl Person {
    /// Somebody; of five in a row, each has another habit.
    pub fn new(number: usize) -> Self {
        let habit = Habit::ALL[number % Habit::ALL.len()];
        Self { id: format!("{}-{number}", habit.name()), habit }
    }

    /// Whose id that is.
    pub fn known_as(id: &str) -> Option<Self> {
        let (_, number) = id.rsplit_once('-')?;
        Some(Self::new(number.parse().ok()?)).filter(|person| person.id == id)
    }

    /// What they do first, in order.
    pub fn arrives(&self, at: Timestamp) -> Vec<Value> {
        let email = json!({"email": format!("{}@shop.example", self.id)});
        let mut events = vec![identified(&self.id, at, email), added(&self.id, at, "mug", 12.5)];
        if self.habit == Habit::BuysAtOnce {
            events.push(ordered(&self.id, at));
        }
        events
    }

    /// What comes of a step that reached them.
    pub fn consequences(&self, step: Step) -> Vec<Consequence> {
        let mut consequences = match step {
            Step::Push => vec![Consequence::PushSent, Consequence::PushReceived],
            Step::Email => vec![Consequence::Email("sent"), Consequence::Email("delivered")],
            Step::Ads | Step::AdsRemove => Vec::new(),
        };
        match (step, self.habit) {
            (Step::Push, Habit::OpensPush) => consequences.push(Consequence::PushTapped),
            (Step::Email, Habit::OpensEmail) => consequences.push(Consequence::Email("opened")),
            (Step::Ads, Habit::BuysLate) => consequences.push(Consequence::Ordered),
            _ => {}
        }
        consequences
    }
}

impl Consequence {
    /// Whether it takes somebody who comes to it.
    pub fn is_later(self) -> bool {
        matches!(self, Self::PushTapped | Self::Email("opened") | Self::Ordered)
    }

    /// Tells it of what was done. Who gets two copies tells of both.
    pub fn word(self, done: &Execution, at: Timestamp) -> Word {
        let person = &done.order.person;
        match self {
            Self::PushSent => Word::Event(Braze::tells(done, "Push Notification Sent", at)),
            Self::PushTapped => Word::Event(Braze::tells(done, "Push Notification Tapped", at)),
            Self::PushReceived => {
                let received = track(person, at, "Push Notification Received", received(done));
                Word::Event(numbered(received, done))
            }
            Self::Email(metric) => Word::Report(CustomerIo::reports(done, metric, at)),
            Self::Ordered => Word::Event(numbered(ordered(person, at), done)),
        }
    }
}

/// An event of the app's or the shop's under an id of its own.
fn numbered(mut event: Value, done: &Execution) -> Value {
    event["messageId"] = format!("{}/{}", event["messageId"].as_str().unwrap_or_default(), done.number).into();
    event
}

/// The app knows of the message what went along with it.
fn received(done: &Execution) -> Value {
    let along = &done.order.said["trigger_properties"];
    let (campaign, step) = (&along["rekindle_campaign"], &along["rekindle_step"]);
    json!({"campaign": {"name": campaign, "medium": "Push", "source": "Braze", "content": step}})
}
