//! What rules see besides the message that they judge: the moment, the other candidates, and what was decided about those before.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use super::case::Case;
use super::{Candidate, Moment, Timestamp};
use crate::domain::CampaignName;
use crate::zones::Zone;

/// The state of a moment's judgement.
pub(crate) struct Court<'a> {
    pub(super) moment: &'a Moment<'a>,
    /// Messages that say the same step of one campaign.
    steps: BTreeMap<(&'a CampaignName, &'a str), Vec<&'a Candidate<'a>>>,
    zone: OnceCell<Zone>,
    /// What counts against caps. What is let through joins at once.
    pub(super) counted: Vec<Tally<'a>>,
    /// Whether those who compete are decided now.
    pub(super) is_decided: bool,
    /// Who won the person's attention.
    pub(super) winner: Option<(&'a CampaignName, u32)>,
}

/// A message that counts.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tally<'a> {
    pub(super) campaign: &'a CampaignName,
    pub(super) channel: &'a str,
    pub(super) at: Timestamp,
}

impl<'a> Court<'a> {
    pub(super) fn new(moment: &'a Moment<'a>, candidates: &'a [Candidate<'a>]) -> Self {
        let mut steps: BTreeMap<_, Vec<_>> = BTreeMap::new();
        for candidate in candidates {
            steps.entry((candidate.campaign, candidate.instruction.step.as_str())).or_default().push(candidate);
        }
        let counted = moment.profile.sends.lately(moment.now).map(|counted| Tally {
            campaign: &counted.campaign,
            channel: &counted.channel,
            at: counted.at(moment.now),
        });
        let counted = counted.collect();
        Self { moment, steps, zone: OnceCell::new(), counted, is_decided: true, winner: None }
    }

    /// All candidates that say the same step of the same campaign, itself among them.
    pub(super) fn of_step<'b>(&'b self, candidate: &'b Candidate<'b>) -> &'b [&'b Candidate<'b>] {
        self.steps.get(&(candidate.campaign, candidate.instruction.step.as_str())).map_or(&[], Vec::as_slice)
    }

    /// The person's wall clock.
    pub(super) fn zone(&self) -> &Zone {
        self.zone.get_or_init(|| zone(self.moment))
    }

    /// Those who compete are decided when the first of them has waited for others as long as the tenant wants.
    pub(super) fn begin_contest<'b>(&mut self, cases: impl Iterator<Item = &'b Case<'a>>)
    where
        'a: 'b,
    {
        let mut competing = cases.filter(|case| case.is_open() && case.competes().is_some());
        self.is_decided = competing.any(|case| self.waits_until(case.candidate) <= self.moment.now);
    }

    /// Until when one of those who compete waits for others: no longer than it is worth anything.
    pub(super) fn waits_until(&self, candidate: &Candidate<'_>) -> Timestamp {
        let end = candidate.since.plus(self.moment.tenant.arbitration_window());
        candidate.instruction.expires.map_or(end, |expires| expires.min(end))
    }

    /// Takes note of what was decided.
    pub(super) fn heed(&mut self, case: &Case<'a>) {
        let candidate = case.candidate;
        if self.is_decided && self.winner.is_none() && case.is_alive() {
            self.winner = case.competes().map(|priority| (candidate.campaign, priority));
        }
        let Some(channel) = case.preferred().filter(|channel| case.is_open() && candidate.settings.counts(channel))
        else {
            return;
        };
        self.counted.push(Tally { campaign: candidate.campaign, channel, at: self.moment.now });
    }
}

/// The zone in which the person lives, as far as that is known; else the tenant's.
pub(super) fn zone(moment: &Moment<'_>) -> Zone {
    let own = moment.profile.time_zone.as_ref().and_then(|said| Zone::find(&said.value));
    own.unwrap_or_else(|| moment.tenant.time_zone.clone())
}
