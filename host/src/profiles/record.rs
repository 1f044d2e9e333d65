//! A profile as it is stored: JSON behind a format byte, so that a later form can be told apart.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::history::{Counter, Key, Message};
use super::{Dated, History, Profile, Run};
use crate::domain::{CampaignName, EngagementKind, Identities, Json, Timestamp};

/// The first byte of every record of this form.
const FORMAT: u8 = 1;

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

#[derive(Serialize, Deserialize)]
struct Stored {
    events: u64,
    seen: Option<(i64, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    anonymous_id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_id: Option<String>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    traits: BTreeMap<String, (Box<RawValue>, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    push_token: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    time_zone: Option<(String, i64)>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    opted_out: BTreeMap<String, i64>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    history: Vec<StoredCounter>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    runs: BTreeMap<String, StoredRun>,
    ledger_next: u64,
}

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
        let Identities { user_id, anonymous_id, email } = profile.identities.clone();
        Self {
            events: profile.events,
            seen: profile.first_seen.zip(profile.last_seen).map(|(first, last)| (first.as_millis(), last.as_millis())),
            user_id,
            anonymous_id,
            email_id: email,
            traits: profile.traits.iter().map(|(name, value)| (name.clone(), store_trait(value))).collect(),
            push_token: store_dated(&profile.push_token),
            email: store_dated(&profile.email),
            time_zone: store_dated(&profile.time_zone),
            opted_out: profile.opted_out.iter().map(|(channel, at)| (channel.clone(), at.as_millis())).collect(),
            history: profile.history.0.iter().map(store_counter).collect(),
            runs: profile.runs.iter().map(|(campaign, run)| (campaign.to_string(), store_run(run))).collect(),
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
            identities: Identities { user_id: self.user_id, anonymous_id: self.anonymous_id, email: self.email_id },
            traits: self.traits.into_iter().map(restore_trait).collect::<Result<_, _>>()?,
            push_token: restore_dated(self.push_token),
            email: restore_dated(self.email),
            time_zone: restore_dated(self.time_zone),
            opted_out: self.opted_out.into_iter().map(|(channel, at)| (channel, millis(at))).collect(),
            history: History(self.history.into_iter().map(restore_counter).collect::<Result<_, _>>()?),
            runs: self.runs.into_iter().map(restore_run).collect::<Result<_, _>>()?,
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

fn store_counter((key, counter): (&Key, &Counter)) -> StoredCounter {
    let (event, engagement) = match key {
        Key::Event(name) => (Some(name.clone()), None),
        Key::Engagement(kind, Message { channel, campaign, step }) => {
            (None, Some((kind.as_str().to_owned(), channel.clone(), campaign.clone(), step.clone())))
        }
    };
    let recent = counter.recent.iter().map(|moment| moment.as_millis()).collect();
    let (first, last) = (counter.first.as_millis(), counter.last.as_millis());
    StoredCounter { event, engagement, count: counter.count, first, last, recent }
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
    Ok((key, Counter { count: stored.count, first: millis(stored.first), last: millis(stored.last), recent }))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Call, Engagement, Event, MessageId, PersonFacts, TimerChange};

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
            },
            facts: PersonFacts {
                traits: vec![("big".into(), Json::parse("12345678901234567890123").unwrap())],
                push_token: Some("token".into()),
                time_zone: Some("Europe/Berlin".into()),
            },
            engagement: Some(Engagement {
                kind: EngagementKind::Opened,
                channel: "email".into(),
                campaign: Some("three-lines".into()),
                step: None,
                detail: None,
                by_machine: true,
            }),
            test: false,
            body: Json::parse("{}").unwrap(),
        };
        profile.apply(&event);
        let run = profile.run_mut(&CampaignName::parse("three-lines").unwrap());
        run.state = Some(vec![0, 255, 7]);
        run.change_timers(vec![TimerChange::Set { name: "wait".into(), at: millis(5_000) }], millis(1_000));
        profile.opted_out.insert("sms".into(), millis(3));
        profile.next_ledger_row();
        profile
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
