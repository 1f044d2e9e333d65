//! What is stored under a profile's id: the person, as JSON behind a format byte, so that a later form can be told apart; or
//! under which id the person is kept now.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::addresses::{Book, Standing};
use super::history::{Counter, Key, Message};
use super::{Addresses, Consents, Dated, History, Interest, Interests, Profile, Repeats, Run, SweepMark};
use crate::domain::{CampaignName, EngagementKind, IdError, ItemId, Json, Medium, ProfileId, Timestamp, Wish};

/// The first byte of a person's record.
const FORMAT: u8 = 1;
/// The first byte where the person moved; the id follows.
const MOVED: u8 = 2;

/// The first byte where somebody was erased; the moment follows, in milliseconds.
const ERASED: u8 = 3;

/// What is kept under an id.
#[derive(Debug, Clone, PartialEq)]
pub enum Kept {
    /// The person.
    Person(Box<Profile>),
    /// The person turned out to be this one.
    Moved(ProfileId),
    /// Whoever has the id of this digest was erased: what happened before is not taken in any more.
    Erased(Timestamp),
}

impl Kept {
    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let malformed = |err: &dyn std::fmt::Display| RecordError::Malformed(err.to_string());
        let text = |text| str::from_utf8(text).map_err(|err| malformed(&err));
        match bytes.split_first() {
            Some((&MOVED, id)) => Ok(Self::Moved(ProfileId::parse(text(id)?).map_err(|err| malformed(&err))?)),
            Some((&ERASED, ms)) => Ok(Self::Erased(millis(text(ms)?.parse().map_err(|err| malformed(&err))?))),
            _ => Profile::decode(bytes).map(|profile| Self::Person(Box::new(profile))),
        }
    }

    /// The record that says when somebody was erased.
    pub fn erased(at: Timestamp) -> Vec<u8> {
        [&[ERASED], at.as_millis().to_string().as_bytes()].concat()
    }

    /// The record that says where somebody moved.
    pub fn moved(to: &ProfileId) -> Vec<u8> {
        [&[MOVED], to.as_str().as_bytes()].concat()
    }
}

/// Why bytes are no profile.
#[derive(Debug, thiserror::Error)]
pub enum RecordError {
    /// Written by a version that we do not know.
    #[error("a profile's record has the unknown format {0:?}")]
    UnknownFormat(Option<u8>),
    /// Not what we wrote.
    #[error("a profile's record cannot be read: {0}")]
    Malformed(String),
}

impl Profile {
    /// The person as text, to be told to who keeps them from now on.
    pub fn text(&self) -> Json {
        let text = serde_json::to_string(&Stored::from(self)).expect("a profile should be storable");
        Json::parse(&text).expect("a profile's text should be json")
    }

    /// Reads such a text.
    pub fn of_text(text: &Json) -> Result<Self, RecordError> {
        Self::decode(&[&[FORMAT], text.as_str().as_bytes()].concat())
    }

    /// The record to store.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT];
        serde_json::to_writer(&mut bytes, &Stored::from(self)).expect("a profile should be storable");
        bytes
    }

    /// Reads a record.
    pub fn decode(bytes: &[u8]) -> Result<Self, RecordError> {
        let Some((&FORMAT, body)) = bytes.split_first() else {
            return Err(RecordError::UnknownFormat(bytes.first().copied()));
        };
        let malformed = |err: &dyn std::fmt::Display| RecordError::Malformed(err.to_string());
        let stored: Stored = serde_json::from_slice(body).map_err(|err| malformed(&err))?;
        stored.restore().map_err(|err| malformed(&err))
    }
}

/// When an item was viewed, put into the cart, and left it.
type StoredInterest = (Option<i64>, Option<i64>, Option<i64>);

#[derive(Serialize, Deserialize)]
struct Stored {
    events: u64,
    seen: Option<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    linked: Vec<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    traits: BTreeMap<String, (Box<RawValue>, i64)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    audiences: BTreeMap<String, (bool, i64)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    addresses: BTreeMap<String, StoredBook>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    everything: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    consents: BTreeMap<String, (String, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    repeats: Vec<(u64, i64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<StoredCounter>,
    /// When each item was viewed, put into the cart, and left it.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    items: BTreeMap<String, StoredInterest>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    cart_emptied: Option<i64>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    runs: BTreeMap<String, StoredRun>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    swept: BTreeMap<String, (i64, String)>,
    ledger_next: u64,
}

#[derive(Serialize, Deserialize)]
struct StoredBook {
    known: BTreeMap<String, StoredStanding>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    all_lost: Option<i64>,
}

/// First and last heard of, proven, lost.
type StoredStanding = [Option<i64>; 4];

#[derive(Serialize, Deserialize)]
struct StoredCounter {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    event: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    engagement: Option<(String, String, Option<String>, Option<String>)>,
    count: u32,
    first: i64,
    last: i64,
    recent: Vec<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    forgotten: Option<i64>,
}

#[derive(Serialize, Deserialize)]
struct StoredRun {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    state: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    timers: BTreeMap<String, i64>,
}

impl From<&Profile> for Stored {
    fn from(profile: &Profile) -> Self {
        Self {
            events: profile.events,
            seen: profile.first_seen.zip(profile.last_seen).map(|(first, last)| (first.as_millis(), last.as_millis())),
            user_id: store_dated(&profile.user_id),
            anonymous_id: store_dated(&profile.anonymous_id),
            linked: profile.linked.iter().map(ToString::to_string).collect(),
            traits: profile.traits.iter().map(|(name, value)| (name.clone(), store_trait(value))).collect(),
            audiences: profile
                .audiences
                .iter()
                .map(|(key, said)| (key.clone(), (said.value, said.at.as_millis())))
                .collect(),
            addresses: profile.addresses.0.iter().map(store_book).collect(),
            time_zone: store_dated(&profile.time_zone),
            everything: profile.consents.everything.as_ref().map(store_wish),
            consents: profile.consents.channels.iter().map(|(name, said)| (name.clone(), store_wish(said))).collect(),
            repeats: profile.repeats.0.iter().map(|(mark, at)| (*mark, at.as_millis())).collect(),
            history: profile.history.0.iter().map(store_counter).collect(),
            items: profile.interests.items.iter().map(store_interest).collect(),
            cart_emptied: profile.interests.emptied.map(Timestamp::as_millis),
            runs: profile.runs.iter().map(|(campaign, run)| (campaign.to_string(), store_run(run))).collect(),
            swept: profile.swept.iter().map(store_mark).collect(),
            ledger_next: profile.ledger_next,
        }
    }
}

impl Stored {
    fn restore(self) -> Result<Profile, Box<dyn std::error::Error>> {
        let (first_seen, last_seen) = self.seen.map(|(first, last)| (millis(first), millis(last))).unzip();
        Ok(Profile {
            events: self.events,
            first_seen,
            last_seen,
            user_id: restore_dated(self.user_id),
            anonymous_id: restore_dated(self.anonymous_id),
            linked: self.linked.iter().map(|id| ProfileId::parse(id)).collect::<Result<_, _>>()?,
            traits: self.traits.into_iter().map(restore_trait).collect::<Result<_, _>>()?,
            audiences: self.audiences.into_iter().map(restore_membership).collect(),
            addresses: Addresses(self.addresses.into_iter().map(restore_book).collect::<Result<_, _>>()?),
            time_zone: restore_dated(self.time_zone),
            consents: Consents {
                everything: self.everything.map(restore_wish).transpose()?,
                channels: self
                    .consents
                    .into_iter()
                    .map(|(channel, said)| Ok((channel, restore_wish(said)?)))
                    .collect::<Result<_, String>>()?,
            },
            repeats: Repeats(self.repeats.into_iter().map(|(mark, at)| (mark, millis(at))).collect()),
            history: History(self.history.into_iter().map(restore_counter).collect::<Result<_, _>>()?),
            interests: Interests {
                items: self.items.into_iter().map(restore_interest).collect::<Result<_, _>>()?,
                emptied: self.cart_emptied.map(millis),
            },
            runs: self.runs.into_iter().map(restore_run).collect::<Result<_, _>>()?,
            swept: self.swept.into_iter().map(restore_mark).collect::<Result<_, _>>()?,
            ledger_next: self.ledger_next,
        })
    }
}

fn millis(ms: i64) -> Timestamp {
    Timestamp::from_millis(ms)
}

fn store_dated(dated: &Option<Dated<String>>) -> Option<(String, i64)> {
    dated.as_ref().map(|dated| (dated.value.clone(), dated.at.as_millis()))
}

fn restore_dated(stored: Option<(String, i64)>) -> Option<Dated<String>> {
    stored.map(|(value, at)| Dated { value, at: millis(at) })
}

fn store_trait(dated: &Dated<Json>) -> (Box<RawValue>, i64) {
    let raw = RawValue::from_string(dated.value.as_str().to_owned()).expect("a `Json` should be JSON");
    (raw, dated.at.as_millis())
}

fn restore_trait(
    (name, (raw, at)): (String, (Box<RawValue>, i64)),
) -> Result<(String, Dated<Json>), serde_json::Error> {
    Ok((name, Dated { value: Json::parse(raw.get())?, at: millis(at) }))
}

fn store_wish(said: &Dated<Wish>) -> (String, i64) {
    (said.value.as_str().to_owned(), said.at.as_millis())
}

fn restore_wish((wish, at): (String, i64)) -> Result<Dated<Wish>, String> {
    let value = Wish::parse(&wish).ok_or_else(|| format!("unknown consent `{wish}`"))?;
    Ok(Dated { value, at: millis(at) })
}

fn store_book((medium, book): (&Medium, &Book)) -> (String, StoredBook) {
    let ms = |moment: Option<Timestamp>| moment.map(Timestamp::as_millis);
    let store = |(address, standing): (&String, &Standing)| {
        let Standing { first, last, proven, lost } = *standing;
        (address.clone(), [first, last, proven, lost].map(ms))
    };
    let known = book.known.iter().map(store).collect();
    (medium.as_str().to_owned(), StoredBook { known, all_lost: ms(book.all_lost) })
}

fn restore_book((medium, stored): (String, StoredBook)) -> Result<(Medium, Book), String> {
    let medium = Medium::parse(&medium).ok_or_else(|| format!("unknown kind of address `{medium}`"))?;
    let restore = |(address, standing): (String, StoredStanding)| {
        let [first, last, proven, lost] = standing.map(|ms| ms.map(millis));
        (address, Standing { first, last, proven, lost })
    };
    let known = stored.known.into_iter().map(restore).collect();
    Ok((medium, Book { known, all_lost: stored.all_lost.map(millis) }))
}

fn store_counter((key, counter): (&Key, &Counter)) -> StoredCounter {
    let (event, engagement) = match key {
        Key::Event(name) => (Some(name.clone()), None),
        Key::Engagement(kind, Message { channel, campaign, step }) => {
            (None, Some((kind.as_str().to_owned(), channel.clone(), campaign.clone(), step.clone())))
        }
    };
    let recent = counter.recent.iter().map(|moment| moment.as_millis()).collect();
    let (first, last) = (counter.first.as_millis(), counter.last.as_millis());
    let forgotten = counter.forgotten.map(Timestamp::as_millis);
    StoredCounter { event, engagement, count: counter.count, first, last, recent, forgotten }
}

fn restore_counter(stored: StoredCounter) -> Result<(Key, Counter), String> {
    let key = match (stored.event, stored.engagement) {
        (Some(name), None) => Key::Event(name),
        (None, Some((kind, channel, campaign, step))) => {
            let kind = EngagementKind::parse(&kind).ok_or_else(|| format!("unknown engagement `{kind}`"))?;
            Key::Engagement(kind, Message { channel, campaign, step })
        }
        _ => return Err("a counter of neither an event nor an engagement".into()),
    };
    let recent = stored.recent.into_iter().map(millis).collect();
    let (first, last, forgotten) = (millis(stored.first), millis(stored.last), stored.forgotten.map(millis));
    Ok((key, Counter { count: stored.count, first, last, recent, forgotten }))
}

fn store_interest((item, interest): (&ItemId, &Interest)) -> (String, StoredInterest) {
    let ms = |at: Option<Timestamp>| at.map(Timestamp::as_millis);
    (item.to_string(), (ms(interest.viewed), ms(interest.carted), ms(interest.left)))
}

fn restore_interest((item, (viewed, carted, left)): (String, StoredInterest)) -> Result<(ItemId, Interest), IdError> {
    let interest = Interest { viewed: viewed.map(millis), carted: carted.map(millis), left: left.map(millis) };
    Ok((ItemId::parse(&item)?, interest))
}

fn store_run(run: &Run) -> StoredRun {
    StoredRun {
        state: run.state.as_ref().map(|state| STANDARD_NO_PAD.encode(state)),
        timers: run.timers.iter().map(|(name, due)| (name.clone(), due.as_millis())).collect(),
    }
}

fn restore_run((campaign, stored): (String, StoredRun)) -> Result<(CampaignName, Run), Box<dyn std::error::Error>> {
    let state = stored.state.map(|text| STANDARD_NO_PAD.decode(text)).transpose()?;
    let timers = stored.timers.into_iter().map(|(name, due)| (name, millis(due))).collect();
    Ok((CampaignName::parse(&campaign)?, Run { state, timers }))
}

fn restore_membership((audience, (value, at)): (String, (bool, i64))) -> (String, Dated<bool>) {
    (audience, Dated { value, at: millis(at) })
}

fn store_mark((campaign, mark): (&CampaignName, &SweepMark)) -> (String, (i64, String)) {
    (campaign.to_string(), (mark.at.as_millis(), mark.sweep.clone()))
}

fn restore_mark((campaign, (at, sweep)): (String, (i64, String))) -> Result<(CampaignName, SweepMark), IdError> {
    Ok((CampaignName::parse(&campaign)?, SweepMark { at: millis(at), sweep }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{
        Attributes, Call, Consent, Engagement, Event, Identities, ItemDeed, ItemFacts, Lost, MessageId, PersonFacts,
        Scope, TimerChange,
    };

    fn rich() -> Profile {
        let mut profile = Profile::default();
        let event = Event {
            id: MessageId::parse("m1").unwrap(),
            call: Call::Track,
            name: "Email Opened".into(),
            at: millis(1_000),
            identities: Identities {
                user_id: Some("u1".into()),
                anonymous_id: Some("a1".into()),
                email: Some("a@example.com".into()),
                previous_id: None,
            },
            facts: PersonFacts {
                traits: vec![("big".into(), Json::parse("12345678901234567890123").unwrap())],
                push_token: Some("token".into()),
                phone: Some("+4930123456".into()),
                time_zone: Some("Europe/Berlin".into()),
                consents: vec![
                    Consent { scope: Scope::Channel("sms".into()), wish: Wish::Unwanted },
                    Consent { scope: Scope::Everything, wish: Wish::Welcome },
                ],
                lost: vec![
                    Lost { medium: Medium::Push, address: Some("old".into()) },
                    Lost { medium: Medium::Phone, address: None },
                ],
                items: Some(ItemFacts {
                    deed: ItemDeed::PutsIntoCart,
                    items: vec![(ItemId::parse("mug").unwrap(), Attributes::new())],
                }),
                audience: Some(("big_spenders".into(), true)),
            },
            engagement: Some(Engagement {
                kind: EngagementKind::Opened,
                channel: "email".into(),
                campaign: Some("three-lines".into()),
                step: None,
                detail: None,
                by_machine: false,
                dispatch: Some("d-1".into()),
            }),
            test: false,
            body: Json::parse("{}").unwrap(),
        };
        profile.apply(&event);
        let run = profile.run_mut(&CampaignName::parse("three-lines").unwrap());
        run.state = Some(vec![0, 255, 7]);
        run.change_timers(vec![TimerChange::Set { name: "wait".into(), at: millis(5_000) }], millis(1_000));
        profile.meet(&CampaignName::parse("monday").unwrap(), &SweepMark { at: millis(9), sweep: "s".into() });
        profile.next_ledger_row();
        profile.link(&ProfileId::parse("anonymous:a1").unwrap());
        profile
    }

    #[test]
    fn where_somebody_moved_and_when_they_were_erased_reads_back_as_it_was_written() {
        let id = ProfileId::parse("u1").unwrap();
        assert_eq!(Kept::decode(&Kept::moved(&id)).unwrap(), Kept::Moved(id));
        assert_eq!(Kept::decode(&Kept::erased(millis(7))).unwrap(), Kept::Erased(millis(7)));
        assert_eq!(Kept::decode(&rich().encode()).unwrap(), Kept::Person(Box::new(rich())));
        assert_eq!(Profile::of_text(&rich().text()).unwrap(), rich());
    }

    #[test]
    fn a_profile_reads_back_as_it_was_written() {
        for profile in [Profile::default(), rich()] {
            assert_eq!(Profile::decode(&profile.encode()).unwrap(), profile);
        }
    }

    #[test]
    fn an_unknown_format_is_told_apart_from_a_damaged_record() {
        assert!(matches!(Profile::decode(&[9, b'{']), Err(RecordError::UnknownFormat(Some(9)))));
        assert!(matches!(Profile::decode(&[]), Err(RecordError::UnknownFormat(None))));
        assert!(matches!(Profile::decode(&[FORMAT, b'{']), Err(RecordError::Malformed(_))));
    }
}
