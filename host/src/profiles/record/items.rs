//! The items that somebody is interested in, as stored: a record of their own within the person's.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::ItemId;
use crate::profiles::Interest;

#[derive(Serialize, Deserialize)]
struct StoredInterest<'a> {
    item: &'a str,
    viewed: Option<StoredMoment>,
    carted: Option<StoredMoment>,
    left: Option<StoredMoment>,
}

/// Items, to be stored.
pub(in crate::profiles) fn pack_items(items: &BTreeMap<ItemId, Interest>) -> Vec<u8> {
    let stored: Vec<StoredInterest<'_>> = items.iter().map(StoredInterest::from).collect();
    postcard::to_allocvec(&stored).expect("items should be storable")
}

/// Items as they were stored, out of a record whose checksum fits.
pub(in crate::profiles) fn unpack_items(packed: &[u8]) -> BTreeMap<ItemId, Interest> {
    read(packed).expect("items should be as they were written: the record's checksum says so")
}

fn read(packed: &[u8]) -> Result<BTreeMap<ItemId, Interest>, Damage> {
    let stored: Vec<StoredInterest<'_>> = postcard::from_bytes(packed)?;
    stored.into_iter().map(StoredInterest::restore).collect()
}

impl<'a> From<(&'a ItemId, &Interest)> for StoredInterest<'a> {
    fn from((item, interest): (&'a ItemId, &Interest)) -> Self {
        let [viewed, carted, left] = [interest.viewed, interest.carted, interest.left].map(|at| at.map(Into::into));
        Self { item: item.as_str(), viewed, carted, left }
    }
}

impl StoredInterest<'_> {
    fn restore(self) -> Result<(ItemId, Interest), Damage> {
        let [viewed, carted, left] = [self.viewed, self.carted, self.left].map(|at| at.map(Into::into));
        Ok((ItemId::parse(self.item)?, Interest { viewed, carted, left }))
    }
}
