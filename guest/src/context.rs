//! What a campaign knows when it is asked: the moment, the person, and everything that it may ask the
//! host about them. Answers are the host's snapshot of this moment: asking twice gives the same.

use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::Timestamp;
use crate::body::{Body, Fields};
use crate::history::{Answer, Subject};
use crate::host::{self, Level};

/// The moment, the person, and the host's answers about them.
#[derive(Clone, Debug)]
pub struct Context {
    pub(crate) campaign: String,
    pub(crate) now: Timestamp,
    pub(crate) profile: String,
    pub(crate) variation: String,
    pub(crate) seed: u64,
}

impl Context {
    /// The name under which the tenant published this campaign.
    pub fn campaign(&self) -> &str {
        &self.campaign
    }

    /// The only clock there is.
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// An id that is stable for this person within this tenant.
    pub fn profile_id(&self) -> &str {
        &self.profile
    }

    /// The variation that the host assigned to this person; none when the campaign has none.
    pub fn variation(&self) -> Option<&str> {
        (!self.variation.is_empty()).then_some(&self.variation)
    }

    /// The only chance there is: the same for the same cause.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// The body of the event that is the cause (or that the engagement or the change came with), typed.
    /// Reading is lenient and never fails: what is missing or of a wrong type is `None`.
    pub fn read<B: Body>(&self) -> B {
        let properties = host::body("/properties").filter(|properties| properties.starts_with('{'));
        let fields: Fields = properties.and_then(|properties| parsed(&properties)).unwrap_or_default();
        B::read(&fields)
    }

    /// One value of that body, by JSON Pointer from the event's root: `/properties/cart_id`.
    pub fn body(&self, pointer: &str) -> Option<Value> {
        parsed(&host::body(pointer)?)
    }

    /// That body, whole. Parsing it costs more than asking for a few values.
    pub fn document(&self) -> Value {
        parsed(&host::document()).unwrap_or_default()
    }

    /// How often, first and last, over the whole history that the host keeps.
    pub fn look_up(&self, subject: &Subject) -> Answer {
        host::look_up(subject, None)
    }

    /// The same, over what happened since then.
    pub fn look_up_since(&self, subject: &Subject, since: Timestamp) -> Answer {
        host::look_up(subject, Some(since))
    }

    /// A trait of the person, by name.
    pub fn get_trait(&self, name: &str) -> Option<Value> {
        parsed(&host::get_trait(name)?)
    }

    /// Whether the person has an address on the channel and has not opted out.
    pub fn reachable(&self, channel: &str) -> bool {
        host::reachable(channel)
    }

    /// Whether the person is in an audience: one that the tenant named, or one of Segment's.
    pub fn in_audience(&self, name: &str) -> bool {
        host::in_audience(name)
    }

    /// An item of the tenant's catalogue, by its id: its attributes, as one object.
    pub fn get_item(&self, id: &str) -> Option<Value> {
        parsed(&host::get_item(id)?)
    }

    /// Writes a line for the campaign's owner that matters only while looking for a fault.
    pub fn debug(&self, message: &str) {
        host::log(Level::Debug, message);
    }

    /// Writes a line for the campaign's owner.
    pub fn info(&self, message: &str) {
        host::log(Level::Info, message);
    }

    /// Writes a line about something that the campaign's owner should look into.
    pub fn warn(&self, message: &str) {
        host::log(Level::Warn, message);
    }
}

/// The host's JSON may carry what no `Value` can hold (a lone surrogate of JavaScript's): such a value
/// is as good as missing, and its owner is told.
fn parsed<T: DeserializeOwned>(json: &str) -> Option<T> {
    serde_json::from_str(json)
        .inspect_err(|err| host::log(Level::Warn, &format!("unreadable json from the host: {err}")))
        .ok()
}
