//! What is kept under an id: the person, or where they are kept now, or when they were erased. Read and written with every cause, so it
//! is binary, and texts are copied once. In front stand the version of the form, so that a later one can be told apart, and a checksum: what
//! it holds for is what we wrote, and is not looked through again.

mod addresses;
mod history;
mod items;
mod person;
mod runs;
mod sends;
#[cfg(test)]
mod tests;
mod trials;

use std::error::Error;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};

pub(super) use self::items::{pack_items, unpack_items};
use self::person::StoredPerson;
pub(super) use self::sends::{pack_sends, unpack_sends};
use super::Profile;
use crate::domain::{Json, ProfileId, Timestamp};

/// The version of the form: a record's first byte.
const FORMAT: u8 = 5;
/// Where what is kept begins, behind the version and the checksum.
pub(super) const BODY_AT: usize = 5;

/// What is kept under an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// The person.
    Person(Arc<Profile>),
    /// The person turned out to be this one.
    Moved(ProfileId),
    /// Whoever has the id of this digest was erased: what happened before is not taken in any more.
    Erased(Timestamp),
}

/// Why bytes are no record of a person.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Written by a version that we do not know.
    #[error("a profile's record has the format {0}, this version reads {FORMAT}: use the version that wrote it")]
    UnknownFormat(u8),
    /// Not what we wrote.
    #[error("a profile's record cannot be read: {0}")]
    Malformed(String),
}

/// What a record can turn out not to be.
type Damage = Box<dyn Error>;

#[derive(Serialize, Deserialize)]
enum Stored<'a> {
    #[serde(borrow)]
    Person(Box<StoredPerson<'a>>),
    Moved(&'a str),
    Erased(StoredMoment),
}

/// Milliseconds since the Unix epoch.
#[derive(Clone, Copy, Serialize, Deserialize)]
struct StoredMoment(u64);

impl Kept {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        match bytes.first() {
            Some(&format) if format != FORMAT => Err(RecordError::UnknownFormat(format)),
            _ => Ok(open(bytes).and_then(Stored::restore)?),
        }
    }

    /// The record that says when somebody was erased.
    pub fn erased(at: Timestamp) -> Vec<u8> {
        Stored::Erased(at.into()).seal()
    }

    /// The record that says where somebody moved.
    pub fn moved(to: &ProfileId) -> Vec<u8> {
        Stored::Moved(to.as_str()).seal()
    }
}

impl Profile {
    /// The person as text, to be told to who keeps them from now on.
    pub fn text(&self) -> Json {
        Json::from(&STANDARD_NO_PAD.encode(self.encode()).into())
    }

    /// Reads such a text.
    pub fn of_text(text: &Json) -> Result<Self, RecordError> {
        let text = text.value().as_str().map(str::to_owned).ok_or_else(|| Damage::from("it is no text"))?;
        Self::decode(&STANDARD_NO_PAD.decode(text).map_err(Damage::from)?)
    }

    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        Stored::Person(Box::new(self.into())).seal()
    }

    /// Reads the record of somebody who is there.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        match Kept::decode(bytes)? {
            Kept::Person(person) => Ok(Arc::unwrap_or_clone(person)),
            Kept::Moved(_) | Kept::Erased(_) => Err(RecordError::Malformed("the person is not here".to_owned())),
        }
    }
}

impl From<Damage> for RecordError {
    fn from(damage: Damage) -> Self {
        Self::Malformed(damage.to_string())
    }
}

impl Stored<'_> {
    fn seal(&self) -> Vec<u8> {
        seal(postcard::to_extend(self, vec![0; BODY_AT]).expect("a record should be storable"))
    }

    fn restore(self) -> Result<Kept, Damage> {
        Ok(match self {
            Self::Person(person) => Kept::Person(Arc::new(person.restore()?)),
            Self::Moved(to) => Kept::Moved(ProfileId::parse(to)?),
            Self::Erased(at) => Kept::Erased(at.into()),
        })
    }
}

/// Puts version and checksum into the room that was left for them.
pub(super) fn seal(mut record: Vec<u8>) -> Vec<u8> {
    let checksum = crc32c::crc32c(&record[BODY_AT..]);
    record[0] = FORMAT;
    record[1..BODY_AT].copy_from_slice(&checksum.to_le_bytes());
    record
}

/// What stands in a record behind version and checksum, if it is as it was written.
fn open(record: &[u8]) -> Result<Stored<'_>, Damage> {
    let (head, body) = record.split_at_checked(BODY_AT).ok_or("it is cut")?;
    if head[1..] != crc32c::crc32c(body).to_le_bytes() {
        return Err("its checksum does not fit".into());
    }
    let (stored, rest) = postcard::take_from_bytes(body)?;
    if rest.is_empty() { Ok(stored) } else { Err("something stands behind it".into()) }
}

impl From<Timestamp> for StoredMoment {
    fn from(at: Timestamp) -> Self {
        Self(at.as_millis().unsigned_abs())
    }
}

impl From<StoredMoment> for Timestamp {
    fn from(StoredMoment(ms): StoredMoment) -> Self {
        Self::from_millis(i64::try_from(ms).unwrap_or(i64::MAX))
    }
}
