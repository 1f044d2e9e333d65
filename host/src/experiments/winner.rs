//! Whether an experiment is decided, and if not, why not yet.

use std::fmt;

use super::statistics::chances;
use super::{Design, Measure};
use crate::domain::{Figures, Group, Timestamp, VariationName};

/// How an experiment stands.
#[derive(Debug, Clone, PartialEq)]
pub enum Standing {
    /// There is nothing to decide: the campaign has no variations, or all weight is on one.
    Settled,
    /// Not decided yet; what lacks.
    Open(Vec<Lack>),
    /// This one has won.
    Won(VariationName),
}

/// Why an experiment is not decided yet.
#[derive(Debug, Clone, PartialEq)]
pub enum Lack {
    /// It has not run for long enough.
    Days {
        /// Whole days that it ran.
        run: u64,
        /// Days that it has to.
        needed: u16,
    },
    /// A variation has too few people.
    People {
        /// Which.
        variation: VariationName,
        /// How many it has.
        people: i64,
        /// How many it has to have.
        needed: u32,
    },
    /// Not enough is known of each to compare them: of values, until enough people converted.
    Unknown,
    /// None is probable enough to be the best.
    Probability {
        /// The most probable one.
        variation: VariationName,
        /// How probable it is, in percent.
        percent: f64,
        /// How probable it has to be.
        needed: u8,
    },
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Days { run, needed } => write!(f, "it has run for {run} of {needed} days"),
            Self::People { variation, people, needed } => {
                write!(f, "`{variation}` has {people} of {needed} people")
            }
            Self::Unknown => f.write_str("too little is known of one of them to compare it"),
            Self::Probability { variation, percent, needed } => {
                write!(f, "`{variation}` is the best with a probability of {percent:.1} %, and {needed} % are needed")
            }
        }
    }
}

/// How an experiment stands that began at `since`. Variations without weight are out of the race.
pub fn winner(design: &Design, groups: &[(Group, Figures)], since: Timestamp, now: Timestamp) -> Standing {
    let rule = &design.winner;
    let runners: Vec<(Group, Figures)> = groups.iter().filter(|(group, _)| runs(design, group)).cloned().collect();
    if runners.len() < 2 {
        return Standing::Settled;
    }
    let run = now.since(since).as_secs() / (24 * 3600);
    let days = (run < u64::from(rule.days)).then_some(Lack::Days { run, needed: rule.days });
    let mut lacks: Vec<Lack> = days.into_iter().chain(few(&runners, rule.people)).collect();
    match leader(&runners, rule.by) {
        None => lacks.push(Lack::Unknown),
        Some((variation, chance)) if 100.0 * chance >= f64::from(rule.probability_percent) => {
            if lacks.is_empty() {
                return Standing::Won(variation);
            }
        }
        Some((variation, chance)) => {
            let needed = rule.probability_percent;
            lacks.push(Lack::Probability { variation, percent: 100.0 * chance, needed });
        }
    }
    Standing::Open(lacks)
}

fn runs(design: &Design, group: &Group) -> bool {
    let has_weight =
        |name: &VariationName| design.variations.iter().any(|known| known.name == *name && known.weight > 0);
    variation(group).is_some_and(has_weight)
}

fn variation(group: &Group) -> Option<&VariationName> {
    match group {
        Group::Treated(variation) => variation.as_ref(),
        Group::HeldOut(_) => None,
    }
}

/// Who has too few people.
fn few(runners: &[(Group, Figures)], needed: u32) -> impl Iterator<Item = Lack> {
    let small = runners.iter().filter(move |(_, figures)| figures.people < i64::from(needed));
    small.filter_map(move |(group, figures)| {
        Some(Lack::People { variation: variation(group)?.clone(), people: figures.people, needed })
    })
}

/// Who is the most probable to be the best; none while that cannot be said of all.
fn leader(runners: &[(Group, Figures)], by: Measure) -> Option<(VariationName, f64)> {
    let known = runners.iter().zip(chances(runners, by));
    let all: Option<Vec<_>> = known.map(|((group, _), chance)| Some((variation(group)?.clone(), chance?))).collect();
    all?.into_iter().max_by(|(_, one), (_, other)| one.total_cmp(other))
}
