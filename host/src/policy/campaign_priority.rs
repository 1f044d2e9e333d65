//! Of campaigns that want one person's attention at one moment, the one with the highest priority gets it. The others are told to whom they lost.
//! With a window, they wait for each other first.

use super::case::Case;
use super::court::Court;
use super::{Objection, Rule, takes_attention};

/// The rule's name in verdicts. What it holds waits for others to compete with: when the wait of one of them ends, all are to be judged.
pub const CAMPAIGN_PRIORITY: &str = "campaign-priority";

pub(super) struct CampaignPriority;

impl Rule for CampaignPriority {
    fn name(&self) -> &'static str {
        CAMPAIGN_PRIORITY
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        let (candidate, Some(priority)) = (case.candidate, case.competes()) else { return Ok(()) };
        if !court.is_decided {
            let until = court.waits_until(candidate);
            let saw = format!("with priority {priority} it waits for campaigns to compete with");
            return Err(Objection::Hold { until, saw });
        }
        let Some((winner, higher)) = court.winner.filter(|(winner, _)| *winner != candidate.campaign) else {
            return Ok(());
        };
        let mut saw = format!("priority {priority} lost to `{winner}` with priority {higher}");
        if priority == higher {
            saw += ": of equal ones the first by name wins";
        }
        let deliveries = &candidate.instruction.deliveries;
        case.close(|way| takes_attention(&deliveries[way].channel).then(|| saw.clone()))
    }
}
