//! Two trials that turn out to be of one person.

use std::collections::BTreeMap;

use super::{Conversion, Credit, Recount, Recredit, Touch, Trial};
use crate::domain::{CampaignName, MessageId};
use crate::profiles::Profile;

impl Trial {
    /// Takes in what the same campaign tried on the same person under another id. Of one experiment the earlier enrolment stays, with its arm;
    /// what both saw is judged again by it. Of two experiments the later one stays, and the figures of the other stay as they are.
    fn join(&mut self, mut other: Self) -> Recount {
        if self.salt != other.salt {
            if (self.enrolled, &self.salt) < (other.enrolled, &other.salt) {
                *self = other;
            }
            return Recount::default();
        }
        if (other.enrolled, &other.arm) < (self.enrolled, &self.arm) {
            std::mem::swap(self, &mut other);
        }
        let taken = vec![self.share(), other.share()];
        let before = [self.credits(), other.credits()];
        self.take_in(other);
        let recount = Recount { taken, given: vec![self.share()], credits: self.moved(before) };
        self.forget_touches();
        self.forget_conversions();
        recount
    }

    /// Both have their touches and conversions in one, none forgotten yet.
    fn take_in(&mut self, other: Self) {
        self.touches.extend(other.touches);
        self.forgotten.join(other.forgotten);
        for (event, conversion) in other.conversions {
            let credit = conversion.credit.clone().filter(|touch| touch.earns(&self.attribution, conversion.at));
            let known = self.conversions.entry(event).or_insert(Conversion { credit: None, ..conversion });
            known.credit = known.credit.take().max(credit);
        }
        let last = |at| self.last_touch(at).cloned();
        let latest: Vec<Option<Touch>> = self.conversions.values().map(|conversion| last(conversion.at)).collect();
        for (conversion, touch) in self.conversions.values_mut().zip(latest) {
            conversion.credit = conversion.credit.take().max(touch);
        }
    }

    fn credits(&self) -> BTreeMap<MessageId, Credit> {
        let credit = |touch: &Touch| Credit { arm: self.arm.clone(), touch: touch.clone() };
        let credited = self
            .conversions
            .iter()
            .filter_map(|(event, conversion)| conversion.credit.as_ref().map(|touch| (event.clone(), credit(touch))));
        credited.collect()
    }

    /// What is credited otherwise than before. An event that both knew loses the credit that it had twice.
    fn moved(&self, [mut own, mut other]: [BTreeMap<MessageId, Credit>; 2]) -> Vec<Recredit> {
        let mut moved = Vec::new();
        for (event, conversion) in &self.conversions {
            let Conversion { at, value, credit } = conversion;
            let to = credit.clone().map(|touch| Credit { arm: self.arm.clone(), touch });
            let recredit = |from, to| Recredit { event: event.clone(), at: *at, value: *value, from, to };
            let (first, second) = (own.remove(event), other.remove(event));
            let (from, twice) = if first.is_some() { (first, second) } else { (second, None) };
            moved.extend((from != to).then(|| recredit(from, to)));
            moved.extend(twice.map(|twice| recredit(Some(twice), None)));
        }
        moved
    }
}

impl Profile {
    /// Takes over what was tried on the same person under another id, and says what that changes of the figures.
    pub(in crate::profiles) fn join_trials(
        &mut self,
        other: BTreeMap<CampaignName, Trial>,
    ) -> Vec<(CampaignName, Recount)> {
        let mut recounts = Vec::new();
        for (campaign, trial) in other {
            match self.trials.get_mut(&campaign) {
                Some(known) => recounts.push((campaign, known.join(trial))),
                None => self.keep_trial(&campaign, trial),
            }
        }
        recounts.retain(|(_, recount)| !recount.is_empty());
        recounts
    }
}
