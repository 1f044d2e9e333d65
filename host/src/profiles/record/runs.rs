//! What campaigns wait for and remember about a person, and what sweeps asked, as stored.

use serde::{Deserialize, Serialize};

use super::{Damage, StoredMoment};
use crate::domain::CampaignName;
use crate::profiles::{Run, SweepMark};

#[derive(Serialize, Deserialize)]
pub(super) struct StoredRun<'a> {
    campaign: &'a str,
    /// Opaque to us.
    #[serde(borrow, with = "serde_bytes")]
    state: Option<&'a [u8]>,
    #[serde(borrow)]
    timers: Vec<(&'a str, StoredMoment)>,
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
        Self { campaign: campaign.as_str(), state: run.state.as_deref(), timers }
    }
}

impl StoredRun<'_> {
    pub(super) fn restore(self) -> Result<(CampaignName, Run), Damage> {
        let timers = self.timers.into_iter().map(|(name, due)| (name.to_owned(), due.into())).collect();
        Ok((CampaignName::parse(self.campaign)?, Run { state: self.state.map(<[u8]>::to_vec), timers }))
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
