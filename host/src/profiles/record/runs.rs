//! What campaigns wait for and remember about a person, and what sweeps asked, as stored.

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::{CampaignName, Delivery, Instruction, InstructionId, Json, Revision};
use crate::profiles::{Held, Run, SweepMark};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRun<'a> {
    campaign: &'a str,
    /// Opaque to us.
    #[serde(borrow, with = "serde_bytes")]
    state: Option<&'a [u8]>,
    #[serde(borrow)]
    timers: Vec<(&'a str, StoredMoment)>,
    #[serde(borrow)]
    held: Vec<StoredHeld<'a>>,
}

#[derive(Serialize, Deserialize)]
struct StoredHeld<'a> {
    id: &'a str,
    revision: u32,
    step: &'a str,
    /// Channel and content.
    #[serde(borrow)]
    deliveries: Vec<(&'a str, &'a str)>,
    expires: Option<StoredMoment>,
    since: StoredMoment,
    until: StoredMoment,
    rule: &'a str,
}

#[derive(Serialize, Deserialize)]
pub(super) struct StoredMark<'a> {
    campaign: &'a str,
    at: StoredMoment,
    sweep: &'a str,
}

impl<'a> From<(&'a CampaignName, &'a Run)> for StoredRun<'a> {
    fn from((campaign, run): (&'a CampaignName, &'a Run)) -> Self {
        let timers = run.timers.iter().map(|(name, due)| (name.as_str(), (*due).into())).collect();
        let held = run.held.iter().map(StoredHeld::from).collect();
        Self { campaign: campaign.as_str(), state: run.state.as_deref(), timers, held }
    }
}

impl<'a> From<&'a Held> for StoredHeld<'a> {
    fn from(held: &'a Held) -> Self {
        let Held { id, revision, instruction, since, until, rule } = held;
        let deliveries = instruction.deliveries.iter();
        Self {
            id: id.as_str(),
            revision: revision.0,
            step: &instruction.step,
            deliveries: deliveries.map(|delivery| (delivery.channel.as_str(), delivery.content.as_str())).collect(),
            expires: instruction.expires.map(Into::into),
            since: (*since).into(),
            until: (*until).into(),
            rule,
        }
    }
}

impl StoredHeld<'_> {
    fn restore(self) -> Result<Held, Damage> {
        let deliver = |(channel, content): (&str, &str)| {
            Ok(Delivery { channel: channel.to_owned(), content: Json::parse(content)? })
        };
        let instruction = Instruction {
            step: self.step.to_owned(),
            deliveries: self.deliveries.into_iter().map(deliver).collect::<Result<_, Damage>>()?,
            expires: self.expires.map(Into::into),
        };
        Ok(Held {
            id: InstructionId::parse(self.id)?,
            revision: Revision(self.revision),
            instruction,
            since: self.since.into(),
            until: self.until.into(),
            rule: self.rule.to_owned(),
        })
    }
}

impl StoredRun<'_> {
    pub(super) fn restore(self) -> Result<(CampaignName, Run), Damage> {
        let timers = self.timers.into_iter().map(|(name, due)| (name.to_owned(), due.into())).collect();
        let held = self.held.into_iter().map(StoredHeld::restore).collect::<Result<_, _>>()?;
        Ok((CampaignName::parse(self.campaign)?, Run { state: self.state.map(<[u8]>::to_vec), timers, held }))
    }
}

impl<'a> From<(&'a CampaignName, &'a SweepMark)> for StoredMark<'a> {
    fn from((campaign, mark): (&'a CampaignName, &'a SweepMark)) -> Self {
        Self { campaign: campaign.as_str(), at: mark.at.into(), sweep: &mark.sweep }
    }
}

impl StoredMark<'_> {
    pub(super) fn restore(self) -> Result<(CampaignName, SweepMark), Damage> {
        Ok((CampaignName::parse(self.campaign)?, SweepMark { at: self.at.into(), sweep: self.sweep.to_owned() }))
    }
}
