//! Counters as they are stored: what all rows counted that ever were, what of it rows counted that are there no more, and what a recount
//! under way came to so far.

use serde::{Deserialize, Serialize};

use super::figures::Figures;

/// The version of the form: a record's first byte.
const FORMAT: u8 = 1;

/// The counters of one hour and subject, in one partition.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Counted {
    /// What all rows counted.
    pub all: Figures,
    /// What rows counted that are there no more: nobody can count them again.
    pub sealed: Figures,
    /// What rows that are there count, as far as a recount came.
    pub recounting: Option<Recounting>,
}

/// A recount's part.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Recounting {
    /// Which recount: what one before it left here counts no more.
    pub number: u64,
    /// What it came to so far.
    pub figures: Figures,
}

/// Why bytes are no counters.
#[derive(Debug, thiserror::Error)]
pub enum CountedError {
    /// Written by a version that we do not know.
    #[error("counters have the format {0}, this version reads {FORMAT}: use the version that wrote them")]
    UnknownFormat(u8),
    /// Not what we wrote.
    #[error("counters cannot be read: {0}")]
    Malformed(String),
}

impl Counted {
    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        let record = postcard::to_extend(self, vec![FORMAT]);
        record.expect("counters should be storable")
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, CountedError> {
        match bytes.split_first() {
            Some((&FORMAT, body)) => postcard::from_bytes(body).map_err(|err| CountedError::Malformed(err.to_string())),
            Some((format, _)) => Err(CountedError::UnknownFormat(*format)),
            None => Err(CountedError::Malformed("it is empty".to_owned())),
        }
    }

    /// What a recount of that number came to so far.
    pub fn recounted(&mut self, number: u64) -> &mut Figures {
        let recounting = self.recounting.get_or_insert_default();
        if recounting.number != number {
            *recounting = Recounting { number, figures: Figures::default() };
        }
        &mut recounting.figures
    }

    /// Ends a recount: what it came to, and what is sealed, is what was counted. Says whether it was before.
    pub fn settle(&mut self, number: u64) -> bool {
        let mut all = self.sealed.clone();
        all += self.recounted(number);
        self.recounting = None;
        let was_so = self.all == all;
        self.all = all;
        was_so
    }

    /// Whether there is nothing to keep.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
