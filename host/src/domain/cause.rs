//! Why a campaign is asked, and what it is told besides.

use super::{CampaignName, Engagement, Event, Json, ProfileId, Timestamp, VariationName};

/// Why a campaign is asked now.
#[derive(Debug, Clone, PartialEq)]
pub enum Cause {
    /// The person did something.
    Event(Box<Event>),
    /// Something became of a message.
    Engagement {
        /// What became of it.
        engagement: Engagement,
        /// The event that told.
        event: Box<Event>,
    },
    /// A timer that the campaign set, by name.
    Timer(String),
    /// A trait of the person changed.
    TraitChanged(Change),
    /// An attribute of an item changed, which the person viewed or has in the cart.
    ItemChanged {
        /// What changed.
        change: Change,
        /// The item, the change, and what the person has to do with it, for who asks for the event's body.
        body: Json,
    },
    /// The campaign's moment has come.
    Schedule(Timestamp),
}

/// A value before and after.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// The trait's name, or `item-id/attribute`.
    pub subject: String,
    /// What it was.
    pub before: Option<Json>,
    /// What it is.
    pub after: Option<Json>,
}

/// Names a cause within a profile and campaign: the same for a repeated cause, after a crash too.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CauseId(pub String);

/// What a campaign is told with every cause.
#[derive(Debug, Clone, PartialEq)]
pub struct Context {
    /// The campaign's own name.
    pub campaign: CampaignName,
    /// The only clock there is.
    pub now: Timestamp,
    /// The person.
    pub profile: ProfileId,
    /// What is tried on the person; none where the campaign has no variations.
    pub variation: Option<VariationName>,
    /// The same for the same cause.
    pub seed: u64,
    /// What the campaign remembered about this person.
    pub state: Option<Vec<u8>>,
}
