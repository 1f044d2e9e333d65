//! How often something happened, as stored.

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::EngagementKind;
use crate::profiles::history::{Counter, Key, Message};
use crate::profiles::moments::Moments;

#[derive(Serialize, Deserialize)]
pub(super) struct StoredCounter<'a> {
    #[serde(borrow)]
    subject: StoredSubject<'a>,
    count: u32,
    first: StoredMoment,
    latest: StoredMoment,
    /// From the latest back through those before it that are remembered.
    #[serde(with = "serde_bytes")]
    steps: &'a [u8],
    forgotten: Option<StoredMoment>,
}

#[derive(Serialize, Deserialize)]
enum StoredSubject<'a> {
    Event(&'a str),
    Engagement { kind: &'a str, channel: &'a str, campaign: Option<&'a str>, step: Option<&'a str> },
}

impl<'a> From<(&'a Key, &'a Counter)> for StoredCounter<'a> {
    fn from((key, counter): (&'a Key, &'a Counter)) -> Self {
        Self {
            subject: key.into(),
            count: counter.count,
            first: counter.first.into(),
            latest: counter.recent.latest().into(),
            steps: counter.recent.steps(),
            forgotten: counter.forgotten.map(Into::into),
        }
    }
}

impl StoredCounter<'_> {
    pub(super) fn restore(self) -> Result<(Key, Counter), Damage> {
        let recent = Moments::of_steps(self.latest.into(), self.steps).ok_or("moments that nobody wrote")?;
        let (first, forgotten) = (self.first.into(), self.forgotten.map(Into::into));
        Ok((self.subject.restore()?, Counter { count: self.count, first, recent, forgotten }))
    }
}

impl<'a> From<&'a Key> for StoredSubject<'a> {
    fn from(key: &'a Key) -> Self {
        match key {
            Key::Event(name) => Self::Event(name),
            Key::Engagement(kind, Message { channel, campaign, step }) => {
                let (campaign, step) = (campaign.as_deref(), step.as_deref());
                Self::Engagement { kind: kind.as_str(), channel, campaign, step }
            }
        }
    }
}

impl StoredSubject<'_> {
    fn restore(self) -> Result<Key, Damage> {
        Ok(match self {
            Self::Event(name) => Key::Event(name.to_owned()),
            Self::Engagement { kind, channel, campaign, step } => {
                let kind = EngagementKind::parse(kind).ok_or_else(|| format!("unknown engagement `{kind}`"))?;
                let (campaign, step) = (campaign.map(str::to_owned), step.map(str::to_owned));
                Key::Engagement(kind, Message { channel: channel.to_owned(), campaign, step })
            }
        })
    }
}
