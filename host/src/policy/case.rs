//! A candidate before the judge: the ways over which it still could go, and what closed the others.

use std::cmp::{Ordering, Reverse};

use super::court::Court;
use super::{Candidate, Exemption, Objection, Rule, Verdict, expiry, takes_attention};
use crate::domain::Membership;

/// A candidate, and how it stands.
pub(crate) struct Case<'a> {
    /// Its place among the candidates.
    pub(super) place: usize,
    pub(super) candidate: &'a Candidate<'a>,
    /// Deliveries over which it still could go, the preferred first.
    pub(super) ways: Vec<usize>,
    /// What closed the others.
    closed: Vec<String>,
    /// Whether it takes the person out of an audience.
    is_owed: bool,
    objection: Option<(&'static str, Objection)>,
}

impl<'a> Case<'a> {
    pub(super) fn new((place, candidate): (usize, &'a Candidate<'a>)) -> Self {
        let deliveries = &candidate.instruction.deliveries;
        let mut ways: Vec<usize> = (0..deliveries.len()).collect();
        ways.sort_by_key(|way| candidate.settings.preference(&deliveries[*way].channel));
        let is_owed =
            !deliveries.is_empty() && deliveries.iter().all(|delivery| Membership::is_ended_by(&delivery.content));
        Self { place, candidate, ways, closed: Vec::new(), is_owed, objection: None }
    }

    /// Who is heard first: the highest priority, then the first campaign by name, then what was instructed first. An order of the
    /// candidates themselves, not of the list in which they come.
    pub(super) fn compare(&self, other: &Self) -> Ordering {
        let rank = |case: &Self| {
            let Candidate { campaign, settings, id, instruction, since, .. } = *case.candidate;
            (Reverse(settings.priority), campaign, since, &instruction.step, id)
        };
        rank(self).cmp(&rank(other))
    }

    /// Hears it about one rule after another, until one objects. Nothing speaks against taking somebody out of an audience.
    pub(super) fn hear(&mut self, rules: &[&dyn Rule], court: &Court<'_>) {
        if self.is_owed {
            return;
        }
        for rule in rules {
            if self.objection.is_none() {
                let objection = rule.judge(court, self).err();
                self.objection = objection.map(|objection| self.in_time(rule.name(), objection));
            }
        }
    }

    /// What is worthless before its wait would end need not wait.
    fn in_time(&self, rule: &'static str, objection: Objection) -> (&'static str, Objection) {
        match (objection, self.candidate.instruction.expires) {
            (Objection::Hold { until, saw }, Some(expires)) if until > expires => {
                let saw =
                    format!("it was worth sending until {expires}, and `{rule}` would hold it until {until}: {saw}");
                (expiry::EXPIRY, Objection::Drop(saw))
            }
            (objection, _) => (rule, objection),
        }
    }

    /// The channel of a way.
    pub(super) fn channel(&self, way: usize) -> &'a str {
        &self.candidate.instruction.deliveries[way].channel
    }

    /// The channel that it goes over if no other rule closes that.
    pub(super) fn preferred(&self) -> Option<&'a str> {
        self.ways.first().map(|way| self.channel(*way))
    }

    /// Closes the ways to which something is objected. When none is left, the message is dropped for all that closed them.
    pub(super) fn close(&mut self, mut object: impl FnMut(usize) -> Option<String>) -> Result<(), Objection> {
        let closed = &mut self.closed;
        self.ways.retain(|way| {
            let saw = object(*way);
            let is_open = saw.is_none();
            closed.extend(saw.filter(|saw| !closed.contains(saw)).as_slice().iter().cloned());
            is_open
        });
        match (self.ways.is_empty(), self.closed.is_empty()) {
            (false, _) => Ok(()),
            (true, false) => Err(Objection::Drop(self.closed.join("; "))),
            (true, true) => Err(Objection::Drop("the instruction names no delivery".to_owned())),
        }
    }

    pub(super) fn is_exempt(&self, from: Exemption) -> bool {
        self.candidate.settings.exempt_from.contains(&from)
    }

    /// The priority with which it competes for the person's attention, if it does.
    pub(super) fn competes(&self) -> Option<u32> {
        let takes_part =
            !self.is_owed && self.preferred().is_some_and(takes_attention) && !self.is_exempt(Exemption::Priority);
        self.candidate.settings.priority.filter(|_| takes_part)
    }

    /// Whether nothing speaks against it yet.
    pub(super) fn is_open(&self) -> bool {
        self.objection.is_none()
    }

    /// Whether it goes out, now or later.
    pub(super) fn is_alive(&self) -> bool {
        !matches!(self.objection, Some((_, Objection::Drop(_))))
    }

    pub(super) fn verdict(self) -> Verdict {
        match self.objection {
            None => Verdict::Send { delivery: self.ways[0] },
            Some((rule, Objection::Hold { until, saw })) => Verdict::Hold { until, rule, saw },
            Some((rule, Objection::Drop(saw))) => Verdict::Drop { rule, saw },
        }
    }
}
