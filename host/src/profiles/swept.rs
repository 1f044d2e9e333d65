//! What sweeps asked somebody: each question is asked once, under whatever id it meets the person.

use std::collections::BTreeMap;

use super::Profile;
use crate::domain::{CampaignName, Timestamp, limits};

/// A sweep's place in the order of all sweeps.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct SweepMark {
    /// When it began.
    pub at: Timestamp,
    /// Tells it from others of the same moment.
    pub sweep: String,
}

impl Profile {
    /// A sweep meets the person for a campaign. False when it, or a later one, did so before.
    pub fn meet(&mut self, campaign: &CampaignName, mark: &SweepMark) -> bool {
        let is_new = self.swept.get(campaign).is_none_or(|met| met < mark);
        if is_new {
            self.swept.insert(campaign.clone(), mark.clone());
            self.forget_oldest_sweep();
        }
        is_new
    }

    /// Takes over what the same person was asked under another id.
    pub(super) fn join_swept(&mut self, other: BTreeMap<CampaignName, SweepMark>) {
        other.iter().for_each(|(campaign, mark)| {
            self.meet(campaign, mark);
        });
    }

    fn forget_oldest_sweep(&mut self) {
        if self.swept.len() > limits::SWEEP_MARKS_MAX {
            let oldest = self.swept.iter().min_by_key(|(_, mark)| *mark).map(|(campaign, _)| campaign.clone());
            oldest.map(|campaign| self.swept.remove(&campaign));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mark(ms: i64, sweep: &str) -> SweepMark {
        SweepMark { at: Timestamp::from_millis(ms), sweep: sweep.to_owned() }
    }

    #[test]
    fn a_sweep_meets_somebody_once_under_whatever_id() {
        let (campaign, mut person, mut other) =
            (CampaignName::parse("monday").unwrap(), Profile::default(), Profile::default());
        assert!(person.meet(&campaign, &mark(2, "a")));
        assert!(!person.meet(&campaign, &mark(2, "a")));
        assert!(person.meet(&campaign, &mark(2, "b")), "another of the same moment");
        assert!(!person.meet(&campaign, &mark(1, "c")), "one that is later met the person already");
        other.join(person);
        assert!(!other.meet(&campaign, &mark(2, "b")));
        assert!(other.meet(&campaign, &mark(3, "a")));
    }

    #[test]
    fn the_number_of_campaigns_is_bounded_and_the_oldest_goes() {
        let mut person = Profile::default();
        let campaign = |number: usize| CampaignName::parse(&format!("c{number}")).unwrap();
        for number in 0..=limits::SWEEP_MARKS_MAX {
            person.meet(&campaign(number), &mark(number as i64, "a"));
        }
        assert_eq!(person.swept.len(), limits::SWEEP_MARKS_MAX);
        assert!(!person.swept.contains_key(&campaign(0)));
    }
}
