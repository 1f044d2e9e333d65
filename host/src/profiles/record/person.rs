//! A person, as stored.

use std::borrow::Cow;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::addresses::StoredBook;
use super::history::StoredCounter;
use super::runs::{StoredMark, StoredRun};
use super::trials::StoredTrial;
use super::{Damage, StoredMoment};
use crate::domain::{Json, ProfileId, Timestamp, Wish};
use crate::profiles::items::Items;
use crate::profiles::{Addresses, Consents, Dated, History, Interests, Profile, Repeats, Sends};

/// Texts stand where they are: in the profile that is written, or in the record that is read.
#[derive(Serialize, Deserialize)]
pub(super) struct StoredPerson<'a> {
    events: u64,
    seen: Option<(StoredMoment, StoredMoment)>,
    #[serde(borrow)]
    user_id: Option<(&'a str, StoredMoment)>,
    #[serde(borrow)]
    anonymous_id: Option<(&'a str, StoredMoment)>,
    #[serde(borrow)]
    linked: Vec<&'a str>,
    /// The value is JSON, as it came.
    #[serde(borrow)]
    traits: Vec<(&'a str, &'a str, StoredMoment)>,
    #[serde(borrow)]
    audiences: Vec<(&'a str, bool, StoredMoment)>,
    #[serde(borrow)]
    addresses: Vec<StoredBook<'a>>,
    #[serde(borrow)]
    time_zone: Option<(&'a str, StoredMoment)>,
    #[serde(borrow)]
    everything: Option<(&'a str, StoredMoment)>,
    #[serde(borrow)]
    consents: Vec<(&'a str, &'a str, StoredMoment)>,
    repeats: Vec<StoredRepeat>,
    #[serde(borrow)]
    history: Vec<StoredCounter<'a>>,
    /// Packed by themselves, and taken apart by whoever looks.
    #[serde(borrow, with = "serde_bytes")]
    items: Cow<'a, [u8]>,
    cart_emptied: Option<StoredMoment>,
    #[serde(borrow)]
    runs: Vec<StoredRun<'a>>,
    #[serde(borrow)]
    swept: Vec<StoredMark<'a>>,
    #[serde(borrow)]
    trials: Vec<StoredTrial<'a>>,
    /// Packed by themselves, like items.
    #[serde(borrow, with = "serde_bytes")]
    sends: Cow<'a, [u8]>,
    ledger_next: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredRepeat {
    /// A digest: no number of variable length is shorter.
    #[serde(with = "postcard::fixint::le")]
    mark: u64,
    at: StoredMoment,
}

impl<'a> From<&'a Profile> for StoredPerson<'a> {
    fn from(profile: &'a Profile) -> Self {
        let Consents { everything, channels } = &profile.consents;
        let said = |(name, said): (&'a String, &Dated<bool>)| (name.as_str(), said.value, said.at.into());
        Self {
            events: profile.events,
            seen: profile.first_seen.zip(profile.last_seen).map(|(first, last)| (first.into(), last.into())),
            user_id: store_text(&profile.user_id),
            anonymous_id: store_text(&profile.anonymous_id),
            linked: profile.linked.iter().map(ProfileId::as_str).collect(),
            traits: profile.traits.iter().map(store_trait).collect(),
            audiences: profile.audiences.iter().map(said).collect(),
            addresses: profile.addresses.0.iter().map(StoredBook::from).collect(),
            time_zone: store_text(&profile.time_zone),
            everything: everything.as_ref().map(store_wish),
            consents: channels.iter().map(store_consent).collect(),
            repeats: profile.repeats.0.iter().map(StoredRepeat::from).collect(),
            history: profile.history.0.iter().map(StoredCounter::from).collect(),
            items: profile.interests.items.packed(),
            cart_emptied: profile.interests.emptied.map(Into::into),
            runs: profile.runs.iter().map(StoredRun::from).collect(),
            swept: profile.swept.iter().map(StoredMark::from).collect(),
            trials: profile.trials.iter().map(StoredTrial::from).collect(),
            sends: profile.sends.packed(),
            ledger_next: profile.ledger_next,
        }
    }
}

impl StoredPerson<'_> {
    pub(super) fn restore(self) -> Result<Profile, Damage> {
        let (first_seen, last_seen) = self.seen.map(|(first, last)| (first.into(), last.into())).unzip();
        let said = |(name, value, at): (&str, bool, StoredMoment)| (name.to_owned(), Dated { value, at: at.into() });
        Ok(Profile {
            events: self.events,
            first_seen,
            last_seen,
            user_id: restore_text(self.user_id),
            anonymous_id: restore_text(self.anonymous_id),
            linked: self.linked.into_iter().map(ProfileId::parse).collect::<Result<_, _>>()?,
            traits: self.traits.into_iter().map(restore_trait).collect(),
            audiences: self.audiences.into_iter().map(said).collect(),
            addresses: Addresses(self.addresses.into_iter().map(StoredBook::restore).collect::<Result<_, _>>()?),
            time_zone: restore_text(self.time_zone),
            consents: Consents {
                everything: self.everything.map(restore_wish).transpose()?,
                channels: self.consents.into_iter().map(restore_consent).collect::<Result<_, _>>()?,
            },
            repeats: Repeats(self.repeats.into_iter().map(StoredRepeat::restore).collect()),
            history: History(self.history.into_iter().map(StoredCounter::restore).collect::<Result<_, _>>()?),
            interests: Interests {
                items: Arc::new(Items::read(&self.items)),
                emptied: self.cart_emptied.map(Into::into),
            },
            runs: self.runs.into_iter().map(StoredRun::restore).collect::<Result<_, _>>()?,
            swept: self.swept.into_iter().map(StoredMark::restore).collect::<Result<_, _>>()?,
            trials: self.trials.into_iter().map(StoredTrial::restore).collect::<Result<_, _>>()?,
            sends: Sends::read(&self.sends),
            ledger_next: self.ledger_next,
        })
    }
}

impl From<(&u64, &Timestamp)> for StoredRepeat {
    fn from((mark, at): (&u64, &Timestamp)) -> Self {
        Self { mark: *mark, at: (*at).into() }
    }
}

impl StoredRepeat {
    fn restore(self) -> (u64, Timestamp) {
        (self.mark, self.at.into())
    }
}

fn store_text(dated: &Option<Dated<String>>) -> Option<(&str, StoredMoment)> {
    dated.as_ref().map(|dated| (dated.value.as_str(), dated.at.into()))
}

fn restore_text(stored: Option<(&str, StoredMoment)>) -> Option<Dated<String>> {
    stored.map(|(value, at)| Dated { value: value.to_owned(), at: at.into() })
}

fn store_trait<'a>((name, said): (&'a String, &'a Dated<Json>)) -> (&'a str, &'a str, StoredMoment) {
    (name, said.value.as_str(), said.at.into())
}

fn restore_trait((name, value, at): (&str, &str, StoredMoment)) -> (String, Dated<Json>) {
    (name.to_owned(), Dated { value: Json::restored(value), at: at.into() })
}

fn store_wish(said: &Dated<Wish>) -> (&'static str, StoredMoment) {
    (said.value.as_str(), said.at.into())
}

fn restore_wish((wish, at): (&str, StoredMoment)) -> Result<Dated<Wish>, Damage> {
    let value = Wish::parse(wish).ok_or_else(|| format!("unknown consent `{wish}`"))?;
    Ok(Dated { value, at: at.into() })
}

fn store_consent<'a>((channel, said): (&'a String, &Dated<Wish>)) -> (&'a str, &'a str, StoredMoment) {
    let (wish, at) = store_wish(said);
    (channel, wish, at)
}

fn restore_consent((channel, wish, at): (&str, &str, StoredMoment)) -> Result<(String, Dated<Wish>), Damage> {
    Ok((channel.to_owned(), restore_wish((wish, at))?))
}
