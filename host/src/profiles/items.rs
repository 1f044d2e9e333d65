//! The items that somebody is interested in, as the record has them until somebody looks: there may be hundreds, and most causes are not
//! about items.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use super::Interest;
use super::record::{pack_items, unpack_items};
use crate::domain::ItemId;

/// What a person has to do with each item.
#[derive(Debug, Clone, Default)]
pub(super) struct Items {
    /// As they were read; none since they changed.
    packed: Option<Box<[u8]>>,
    known: OnceLock<BTreeMap<ItemId, Interest>>,
}

impl Items {
    /// As a record has them, whose checksum fits.
    pub(super) fn read(packed: &[u8]) -> Self {
        Self { packed: Some(packed.into()), known: OnceLock::new() }
    }

    /// For a record.
    pub(super) fn packed(&self) -> Cow<'_, [u8]> {
        match &self.packed {
            Some(packed) => Cow::Borrowed(packed),
            None => Cow::Owned(pack_items(self.known())),
        }
    }

    pub(super) fn known(&self) -> &BTreeMap<ItemId, Interest> {
        self.known.get_or_init(|| self.packed.as_deref().map(unpack_items).unwrap_or_default())
    }

    /// To be changed.
    pub(super) fn known_mut(&mut self) -> &mut BTreeMap<ItemId, Interest> {
        self.known();
        self.packed = None;
        self.known.get_mut().expect("items should be known: they were just looked at")
    }
}

impl PartialEq for Items {
    fn eq(&self, other: &Self) -> bool {
        (self.packed.is_some() && self.packed == other.packed) || self.known() == other.known()
    }
}
