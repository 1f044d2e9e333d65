//! A person's addresses of one kind, as stored.

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::Medium;
use crate::profiles::addresses::{Book, Standing};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredBook<'a> {
    medium: &'a str,
    #[serde(borrow)]
    known: Vec<StoredAddress<'a>>,
    all_lost: Option<StoredMoment>,
}

#[derive(Serialize, Deserialize)]
struct StoredAddress<'a> {
    address: &'a str,
    first: Option<StoredMoment>,
    last: Option<StoredMoment>,
    proven: Option<StoredMoment>,
    lost: Option<StoredMoment>,
}

impl<'a> From<(&'a Medium, &'a Book)> for StoredBook<'a> {
    fn from((medium, book): (&'a Medium, &'a Book)) -> Self {
        let known = book.known.iter().map(StoredAddress::from).collect();
        Self { medium: medium.as_str(), known, all_lost: book.all_lost.map(Into::into) }
    }
}

impl StoredBook<'_> {
    pub(super) fn restore(self) -> Result<(Medium, Book), Damage> {
        let Self { medium, known, all_lost } = self;
        let medium = Medium::parse(medium).ok_or_else(|| format!("unknown kind of address `{medium}`"))?;
        let known = known.into_iter().map(StoredAddress::restore).collect();
        Ok((medium, Book { known, all_lost: all_lost.map(Into::into) }))
    }
}

impl<'a> From<(&'a String, &Standing)> for StoredAddress<'a> {
    fn from((address, standing): (&'a String, &Standing)) -> Self {
        let Standing { first, last, proven, lost } = *standing;
        let [first, last, proven, lost] = [first, last, proven, lost].map(|at| at.map(Into::into));
        Self { address, first, last, proven, lost }
    }
}

impl StoredAddress<'_> {
    fn restore(self) -> (String, Standing) {
        let Self { address, first, last, proven, lost } = self;
        let [first, last, proven, lost] = [first, last, proven, lost].map(|at| at.map(Into::into));
        (address.to_owned(), Standing { first, last, proven, lost })
    }
}
