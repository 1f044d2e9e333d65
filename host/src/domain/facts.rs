//! What an event tells about the person: traits, addresses, and what the person thinks of being written to.

use super::{ItemFacts, Json};

/// What is kept of an event in the profile.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PersonFacts {
    /// Traits by name, as they came; null where one was taken away.
    pub traits: Vec<(String, Json)>,
    /// Where push messages reach the person.
    pub push_token: Option<String>,
    /// The person's telephone number, as E.164 writes it.
    pub phone: Option<String>,
    /// An IANA time zone.
    pub time_zone: Option<String>,
    /// What the person did with items.
    pub items: Option<ItemFacts>,
    /// One of Segment's audiences, and whether the person is in it from now on.
    pub audience: Option<(String, bool)>,
    /// What the person said about being written to.
    pub consents: Vec<Consent>,
    /// Addresses that reach nobody any more.
    pub lost: Vec<Lost>,
}

/// The kinds of address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Medium {
    /// A device's push token.
    Push,
    /// An e-mail address.
    Email,
    /// A telephone number.
    Phone,
}

impl Medium {
    /// Every kind.
    pub const ALL: [Self; 3] = [Self::Push, Self::Email, Self::Phone];

    /// What a channel reaches the person by. The others know people by what their providers call them.
    pub fn of(channel: &str) -> Option<Self> {
        match channel {
            "push" => Some(Self::Push),
            "email" => Some(Self::Email),
            "sms" | "whatsapp" => Some(Self::Phone),
            _ => None,
        }
    }

    /// The name in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Push => "push",
            Self::Email => "email",
            Self::Phone => "phone",
        }
    }

    /// The kind of that name.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|medium| medium.as_str() == text)
    }
}

/// How a channel's provider knows people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KnownBy {
    /// By what the tenant calls them (a message's `user_id`): the provider has addresses of its own, or needs none.
    Id,
    /// By the address that a message carries.
    Address,
}

/// A word of the person's about messages.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Consent {
    /// Which messages are meant.
    pub scope: Scope,
    /// Whether they are wanted.
    pub wish: Wish,
}

/// Which messages a consent is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Those over one channel.
    Channel(String),
    /// All.
    Everything,
}

/// What the person wants. The stricter is the greater: of two words of one moment, it counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Wish {
    /// Messages are welcome.
    Welcome,
    /// Messages are not wanted.
    Unwanted,
}

impl Wish {
    /// The name in records.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Welcome => "welcome",
            Self::Unwanted => "unwanted",
        }
    }

    /// The wish of that name.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Welcome, Self::Unwanted].into_iter().find(|wish| wish.as_str() == text)
    }
}

/// An address that reaches nobody any more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lost {
    /// What kind of address.
    pub medium: Medium,
    /// Which; none where all that were known by then are meant.
    pub address: Option<String>,
}
