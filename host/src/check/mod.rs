//! Before a campaign is published: by which rules its messages will be judged, and which other campaigns want the same person's attention at the same
//! moment. What is to be published, what is active and the tenant's policy go in, a report comes out. Pure: no store, no clock.

mod causes;
mod rivals;
mod rules;

use crate::domain::{CampaignName, Manifest, Trigger};
use crate::policy::{TenantPolicy, takes_attention};
use crate::settings::Settings;

/// A campaign as it is or would be.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Plan<'a> {
    /// Its name.
    pub(crate) name: &'a CampaignName,
    /// What its module said.
    pub(crate) manifest: &'a Manifest,
    /// What its tenant wants for it.
    pub(crate) settings: &'a Settings,
}

/// What will decide.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Report {
    /// What holds for the campaign by itself, in the order in which rules are asked.
    pub(crate) rules: Vec<Line>,
    /// Who competes, by name.
    pub(crate) rivals: Vec<Rival>,
}

/// What one rule will do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Line {
    /// The rule, as the ledger names it.
    pub(crate) rule: &'static str,
    /// What holds, in words.
    pub(crate) holds: String,
}

/// A campaign that may be asked about the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rival {
    /// Its name.
    pub(crate) campaign: String,
    /// Its priority.
    pub(crate) priority: Option<u32>,
    /// What both are asked about, in words.
    pub(crate) causes: Vec<String>,
    /// The channels that both may use.
    pub(crate) channels: Vec<String>,
    /// Which rule decides, in a sentence.
    pub(crate) decides: String,
}

impl<'a> Plan<'a> {
    fn triggers(&self) -> &'a [Trigger] {
        &self.manifest.triggers
    }

    fn priority(&self) -> Option<u32> {
        self.settings.policy.priority
    }

    /// Whether any of its messages takes the person's attention.
    fn wants_attention(&self) -> bool {
        self.manifest.channels.iter().any(|channel| takes_attention(channel))
    }
}

/// Says what will decide about a campaign's messages beside those of the others that are active.
pub(crate) fn check<'a>(plan: &Plan<'a>, others: impl Iterator<Item = Plan<'a>>, tenant: &TenantPolicy) -> Report {
    let others = others.filter(|other| other.name != plan.name);
    let rivals = others.filter_map(|other| rivals::rival(plan, &other)).collect();
    Report { rules: rules::lines(plan, tenant), rivals }
}

#[cfg(test)]
mod tests;
