//! What a campaign tries on a person: where they belong, what its messages did to them, what they did that it is for, and to which
//! message that is credited. By event time: whatever the order in which things are told, it comes to the same.
//!
//! Every change says what it changes of the figures ([`Recount`]), so that counters follow without looking at anybody else.

mod join;
mod recount;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use super::Profile;
use crate::domain::{Arm, Attribution, CampaignName, MessageId, Revision, Timestamp, TouchKind, limits};

pub use recount::{Credit, Outcome, Recount, Recredit, Share};

/// A person's part in an experiment of one campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// Which experiment: a campaign's next one has another.
    pub salt: String,
    /// Where the person belongs, whatever the weights are since, and under whichever id they go on.
    pub arm: Arm,
    /// What conversions are credited to, as it was at the enrolment.
    pub attribution: Attribution,
    /// When the person was enrolled.
    pub enrolled: Timestamp,
    /// What messages did; bounded, the oldest go.
    pub(super) touches: BTreeSet<Touch>,
    /// What the person did that the campaign is for, by the event's id, so that each counts once; bounded, the oldest go.
    pub(super) conversions: BTreeMap<MessageId, Conversion>,
    /// What counted of those that went.
    pub(super) forgotten: Outcome,
}

/// A message did something to the person. In the order of time.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Touch {
    /// When.
    pub at: Timestamp,
    /// What.
    pub kind: TouchKind,
    /// The message's step.
    pub step: String,
    /// The channel that it went over.
    pub channel: String,
    /// The campaign's revision that instructed it.
    pub revision: Revision,
}

/// The person did what the campaign is for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversion {
    /// When.
    pub at: Timestamp,
    /// What it is worth, in millionths.
    pub value: i64,
    /// What it is credited to.
    pub credit: Option<Touch>,
}

impl Trial {
    /// Begins one.
    pub fn new(salt: &str, arm: Arm, attribution: Attribution, enrolled: Timestamp) -> Self {
        Self {
            salt: salt.to_owned(),
            arm,
            attribution,
            enrolled,
            touches: BTreeSet::new(),
            conversions: BTreeMap::new(),
            forgotten: Outcome::default(),
        }
    }

    /// What messages did, in the order of time.
    pub fn touches(&self) -> impl Iterator<Item = &Touch> {
        self.touches.iter()
    }

    /// What the person did that the campaign is for, by the event's id.
    pub fn conversions(&self) -> impl Iterator<Item = (&MessageId, &Conversion)> {
        self.conversions.iter()
    }

    /// Whether something that happened then counts for the arm: the rule is the same for who is held out, credited or not.
    pub fn counts(&self, at: Timestamp) -> bool {
        self.attribution.covers(self.enrolled, at)
    }

    /// A message did something. What was credited to an earlier touch, or to none, may be credited to this one.
    pub fn touch(&mut self, touch: Touch) -> Vec<Recredit> {
        let mut changed = Vec::new();
        if self.touches.contains(&touch) {
            return changed;
        }
        for (event, conversion) in &mut self.conversions {
            let is_later = conversion.credit.as_ref() < Some(&touch);
            if is_later && touch.earns(&self.attribution, conversion.at) {
                let before = conversion.credit.replace(touch.clone());
                changed.extend(Recredit::of(event, conversion, &self.arm, before));
            }
        }
        self.touches.insert(touch);
        self.forget_touches();
        changed
    }

    /// The person did what the campaign is for. An event that was told before changes nothing, nor does one that is older than all of so
    /// many others that it cannot be told whether it was.
    pub fn convert(&mut self, event: &MessageId, at: Timestamp, value: i64) -> Recount {
        if self.conversions.contains_key(event) || !self.has_room(event, at) {
            return Recount::default();
        }
        let before = self.share();
        let conversion = Conversion { at, value, credit: self.last_touch(at).cloned() };
        let credits = Recredit::of(event, &conversion, &self.arm, None);
        self.conversions.insert(event.clone(), conversion);
        let recount = Recount { credits: credits.into_iter().collect(), ..Recount::between(before, self.share()) };
        self.forget_conversions();
        recount
    }

    /// The person's part in the figures.
    pub fn share(&self) -> Share {
        let mut outcome = self.forgotten;
        let counted = self.conversions.values().filter(|conversion| self.counts(conversion.at));
        counted.for_each(|conversion| outcome.add(conversion.value));
        Share { salt: self.salt.clone(), arm: self.arm.clone(), outcome }
    }

    /// What a conversion is credited to.
    fn last_touch(&self, at: Timestamp) -> Option<&Touch> {
        self.touches.iter().rev().find(|touch| touch.earns(&self.attribution, at))
    }

    fn has_room(&self, event: &MessageId, at: Timestamp) -> bool {
        let is_older = |(known, conversion): (&MessageId, &Conversion)| (conversion.at, known) < (at, event);
        self.conversions.len() < limits::CONVERSIONS_MAX || self.conversions.iter().any(is_older)
    }

    fn forget_touches(&mut self) {
        while self.touches.len() > limits::TOUCHES_MAX {
            self.touches.pop_first();
        }
    }

    fn forget_conversions(&mut self) {
        while self.conversions.len() > limits::CONVERSIONS_MAX {
            let oldest = self.conversions.iter().min_by_key(|(event, conversion)| (conversion.at, *event));
            let Some(oldest) = oldest.map(|(event, _)| event.clone()) else { return };
            let gone = self.conversions.remove(&oldest);
            gone.filter(|gone| self.counts(gone.at)).iter().for_each(|gone| self.forgotten.add(gone.value));
        }
    }
}

impl Touch {
    /// Whether something that happened then can be credited to it.
    fn earns(&self, attribution: &Attribution, at: Timestamp) -> bool {
        self.kind == attribution.to && attribution.covers(self.at, at)
    }
}

impl Profile {
    /// Enrols the person in an experiment. Nothing changes for who is in it already; one with another salt is over for them, and its figures
    /// stay as they are.
    pub fn enrol(&mut self, campaign: &CampaignName, trial: Trial) -> Recount {
        if self.trials.get(campaign).is_some_and(|known| known.salt == trial.salt) {
            return Recount::default();
        }
        let recount = Recount { given: vec![trial.share()], ..Recount::default() };
        self.keep_trial(campaign, trial);
        recount
    }

    fn keep_trial(&mut self, campaign: &CampaignName, trial: Trial) {
        self.trials.insert(campaign.clone(), trial);
        if self.trials.len() > limits::TRIALS_MAX {
            let oldest = self.trials.iter().min_by_key(|(name, trial)| (trial.enrolled, *name));
            oldest.map(|(name, _)| name.clone()).map(|name| self.trials.remove(&name));
        }
    }
}
