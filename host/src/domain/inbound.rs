//! What the door hands to the journal.

use super::{Event, ItemChange, ItemWord, Json, MessageId, ProfileId, ProfileKey, Slot, SourceId, TenantId, Timestamp};

/// Something that came in and has to be kept before it is acknowledged.
#[derive(Debug, Clone, PartialEq)]
pub struct Inbound {
    /// Whose it is.
    pub tenant: TenantId,
    /// The inlet it came through.
    pub source: SourceId,
    /// What it is.
    pub substance: Substance,
}

/// The kinds of inbound.
#[derive(Debug, Clone, PartialEq)]
pub enum Substance {
    /// An event about a person.
    Event {
        /// The person it is for.
        profile: ProfileId,
        /// What happened.
        event: Box<Event>,
    },
    /// What could not be understood, kept for its owner to look at.
    Quarantined(Quarantined),
    /// What one partition tells another.
    Told(Told),
    /// What was said about an item.
    Item(ItemWord),
}

/// Something that another person's cause came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// Recognises a repetition: it follows from the cause.
    pub id: MessageId,
    /// Whom it is told.
    pub to: Hearer,
    /// What.
    pub news: News,
}

/// Whom something is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Hearer {
    /// Who is kept under this id, or has moved from there.
    Person(ProfileId),
    /// Everybody of the tenant: every partition hears it.
    Everybody,
}

/// What can be told.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// They are the same person as this one, who stays.
    Same {
        /// The one who stays.
        of: ProfileId,
        /// Whether the tenant said so by an alias.
        is_alias: bool,
    },
    /// This person turned out to be them, and what was known of them.
    Joined {
        /// The id that moved.
        from: ProfileId,
        /// The person's record.
        person: Json,
    },
    /// An event came under an id that moved.
    Happened {
        /// The event.
        event: Box<Event>,
        /// When it arrived.
        arrived: Timestamp,
    },
    /// A row for the ledger.
    Noted(Json),
    /// An item changed.
    ItemChanged(ItemChange),
    /// They were erased under this other id.
    Erased {
        /// The other id.
        of: ProfileId,
        /// When.
        at: Timestamp,
    },
}

/// An element of a request that is no event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quarantined {
    /// Recognises a repeated delivery: the digest of its bytes. Not the event's own id, under which the same event may
    /// come again once its owner has mended it.
    pub id: MessageId,
    /// What is wrong with it, and where.
    pub reason: String,
    /// The bytes as they came, invalid UTF-8 replaced, cut at `limits::QUARANTINE_RAW_BYTES_MAX`.
    pub raw: String,
}

impl Inbound {
    /// What a repetition has in common with the first delivery, within the tenant.
    pub fn message_id(&self) -> &MessageId {
        match &self.substance {
            Substance::Event { event, .. } => &event.id,
            Substance::Quarantined(quarantined) => &quarantined.id,
            Substance::Told(told) => &told.id,
            Substance::Item(word) => &word.id,
        }
    }

    /// Which partition it is for: the one that owns its effects, or every one.
    pub fn slot(&self) -> Slot {
        let profile = match &self.substance {
            Substance::Told(Told { to: Hearer::Everybody, .. }) => return Slot::EVERY,
            Substance::Item(word) => return word.item.slot(&self.tenant),
            Substance::Event { profile, .. } | Substance::Told(Told { to: Hearer::Person(profile), .. }) => {
                profile.clone()
            }
            // Nobody's: it is kept where the source is.
            Substance::Quarantined(_) => {
                ProfileId::parse(self.source.as_str()).expect("a source's name should be fit for a profile's id")
            }
        };
        ProfileKey { tenant: self.tenant.clone(), profile }.slot()
    }
}
