//! The provider behind every channel of the run: it accepts, refuses and fails by seed, and keeps a record of its own of what it accepted and when.

use std::sync::{Arc, Mutex, PoisonError};

use rekindle::channels::{Channel, Delivering, Message, Receipt};
use rekindle::domain::{KnownBy, Timestamp};

use crate::chance::Chance;

/// Thousandths of messages that are refused for good, and those that fail at first.
const REFUSED: u32 = 5;
const FAILING: u32 = 12;
/// Attempts after which one that fails at first is accepted, at the most.
const FAILURES_MAX: u32 = 4;

/// A message that was accepted.
#[derive(Debug, Clone)]
pub(crate) struct Taken {
    pub(crate) at: Timestamp,
    pub(crate) id: Arc<str>,
    /// For whom, by the id under which the house keeps them.
    pub(crate) profile: Arc<str>,
    pub(crate) campaign: Arc<str>,
    pub(crate) step: Arc<str>,
    pub(crate) channel: Arc<str>,
    /// What it says: before the colon, whose variation's it is.
    pub(crate) variation: Arc<str>,
}

/// What was accepted, in order.
#[derive(Debug)]
pub(crate) struct Provider {
    chance: Chance,
    knows_by: KnownBy,
    record: Arc<Mutex<Vec<Taken>>>,
}

impl Provider {
    /// Behind a channel that needs addresses, or does not; all write to one record.
    pub(crate) fn new(chance: Chance, knows_by: KnownBy, record: &Arc<Mutex<Vec<Taken>>>) -> Self {
        Self { chance, knows_by, record: Arc::clone(record) }
    }

    fn receive(&self, message: &Message) -> Receipt {
        let mut rng = self.chance.of(&["provider", message.id.as_str()]);
        match rng.u32(..1_000) {
            drawn if drawn < REFUSED => return Receipt::Refused { reason: "the mailbox is closed".to_owned() },
            drawn if drawn < REFUSED + FAILING && message.attempt <= rng.u32(1..=FAILURES_MAX) => {
                return Receipt::Retry { reason: "the provider is overloaded".to_owned(), after: None };
            }
            _ => {}
        }
        self.record.lock().unwrap_or_else(PoisonError::into_inner).push(Taken::from(message));
        Receipt::Accepted { note: None }
    }
}

impl From<&Message> for Taken {
    fn from(message: &Message) -> Self {
        let content = message.content.value();
        let said = content["body"].as_str().unwrap_or_default();
        Self {
            at: message.at,
            id: message.id.as_str().into(),
            profile: message.profile.as_str().into(),
            campaign: message.campaign.as_str().into(),
            step: message.step.as_str().into(),
            channel: message.channel.as_str().into(),
            variation: said.split_once(':').map_or("", |(variation, _)| variation).into(),
        }
    }
}

impl Channel for Provider {
    fn provider(&self) -> &'static str {
        "simulation"
    }

    fn knows_people_by(&self) -> KnownBy {
        self.knows_by
    }

    fn deliver<'a>(&'a self, message: &'a Message) -> Delivering<'a> {
        Box::pin(std::future::ready(self.receive(message)))
    }
}
