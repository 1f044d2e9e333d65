//! What campaigns try on a person, as stored.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::{Arm, Attribution, CampaignName, HoldOut, MessageId, Revision, TouchKind, VariationName};
use crate::profiles::trials::{Conversion, Outcome, Touch, Trial};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredTrial<'a> {
    campaign: &'a str,
    salt: &'a str,
    variation: Option<&'a str>,
    hold_out: Option<&'a str>,
    window_seconds: u64,
    to: &'a str,
    enrolled: StoredMoment,
    #[serde(borrow)]
    touches: Vec<StoredTouch<'a>>,
    #[serde(borrow)]
    conversions: Vec<StoredConversion<'a>>,
    /// How many went, and what they are worth.
    forgotten: (u64, i64),
}

#[derive(Serialize, Deserialize)]
struct StoredTouch<'a> {
    at: StoredMoment,
    kind: &'a str,
    step: &'a str,
    channel: &'a str,
    revision: u32,
}

#[derive(Serialize, Deserialize)]
struct StoredConversion<'a> {
    event: &'a str,
    at: StoredMoment,
    value: i64,
    #[serde(borrow)]
    credit: Option<StoredTouch<'a>>,
}

impl<'a> From<(&'a CampaignName, &'a Trial)> for StoredTrial<'a> {
    fn from((campaign, trial): (&'a CampaignName, &'a Trial)) -> Self {
        let Attribution { window, to } = trial.attribution;
        Self {
            campaign: campaign.as_str(),
            salt: &trial.salt,
            variation: trial.arm.variation.as_ref().map(VariationName::as_str),
            hold_out: trial.arm.hold_out.map(HoldOut::as_str),
            window_seconds: window.as_secs(),
            to: to.as_str(),
            enrolled: trial.enrolled.into(),
            touches: trial.touches.iter().map(StoredTouch::from).collect(),
            conversions: trial.conversions.iter().map(StoredConversion::from).collect(),
            forgotten: (trial.forgotten.conversions, trial.forgotten.value),
        }
    }
}

impl StoredTrial<'_> {
    pub(super) fn restore(self) -> Result<(CampaignName, Trial), Damage> {
        let share = |text: &str| HoldOut::parse(text).ok_or_else(|| format!("unknown hold-out `{text}`"));
        let arm = Arm {
            variation: self.variation.map(VariationName::parse).transpose()?,
            hold_out: self.hold_out.map(share).transpose()?,
        };
        let window = Duration::from_secs(self.window_seconds);
        let (conversions, value) = self.forgotten;
        let trial = Trial {
            salt: self.salt.to_owned(),
            arm,
            attribution: Attribution { window, to: touch_kind(self.to)? },
            enrolled: self.enrolled.into(),
            touches: self.touches.into_iter().map(StoredTouch::restore).collect::<Result<_, _>>()?,
            conversions: self.conversions.into_iter().map(StoredConversion::restore).collect::<Result<_, _>>()?,
            forgotten: Outcome { conversions, value },
        };
        Ok((CampaignName::parse(self.campaign)?, trial))
    }
}

impl<'a> From<&'a Touch> for StoredTouch<'a> {
    fn from(touch: &'a Touch) -> Self {
        let Touch { at, kind, step, channel, revision } = touch;
        Self { at: (*at).into(), kind: kind.as_str(), step, channel, revision: revision.0 }
    }
}

impl StoredTouch<'_> {
    fn restore(self) -> Result<Touch, Damage> {
        Ok(Touch {
            at: self.at.into(),
            kind: touch_kind(self.kind)?,
            step: self.step.to_owned(),
            channel: self.channel.to_owned(),
            revision: Revision(self.revision),
        })
    }
}

impl<'a> From<(&'a MessageId, &'a Conversion)> for StoredConversion<'a> {
    fn from((event, conversion): (&'a MessageId, &'a Conversion)) -> Self {
        let Conversion { at, value, credit } = conversion;
        Self { event: event.as_str(), at: (*at).into(), value: *value, credit: credit.as_ref().map(Into::into) }
    }
}

impl StoredConversion<'_> {
    fn restore(self) -> Result<(MessageId, Conversion), Damage> {
        let credit = self.credit.map(StoredTouch::restore).transpose()?;
        Ok((MessageId::parse(self.event)?, Conversion { at: self.at.into(), value: self.value, credit }))
    }
}

fn touch_kind(text: &str) -> Result<TouchKind, Damage> {
    Ok(TouchKind::parse(text).ok_or_else(|| format!("unknown touch `{text}`"))?)
}
