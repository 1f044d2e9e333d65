//! Nothing goes out twice: neither what is on its way, nor what says the same as another of the moment. What waited yields to what is new.

use super::case::Case;
use super::court::Court;
use super::{Candidate, Objection, Rule};

pub(super) struct Duplicates;

impl Rule for Duplicates {
    fn name(&self) -> &'static str {
        "duplicates"
    }

    fn judge(&self, court: &Court<'_>, case: &mut Case<'_>) -> Result<(), Objection> {
        let candidate = case.candidate;
        if court.moment.profile.sends.holds(candidate.id) {
            return Err(Objection::Drop("it is on its way already, or arrived".to_owned()));
        }
        let says_the_same = |other: &&&Candidate<'_>| other.instruction.deliveries == candidate.instruction.deliveries;
        let others = court.of_step(candidate).iter().filter(|other| newness(other) > newness(candidate));
        match others.filter(says_the_same).max_by_key(|other| newness(other)) {
            Some(newer) => Err(Objection::Drop(format!("replaced by `{}`, which says the same", newer.id))),
            None => Ok(()),
        }
    }
}

fn newness<'a>(candidate: &Candidate<'a>) -> impl Ord + use<'a> {
    (candidate.since, candidate.held_by.is_none(), candidate.id)
}
