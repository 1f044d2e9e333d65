//! What came of an experiment: rates, values, how much better they are than the baseline's, and which is probably best.
//!
//! Of rates, before anything is known, each is as likely (Beta(1, 1)); after, the belief is exact, with one conversion as with a million. What a
//! person is worth on average is believed to be normal around the measured mean with its error: that is so for many people, whatever a
//! single one may be worth; nothing is said until [`limits::VALUE_CONVERTED_MIN`] people converted. No value is weighed against a rate.

use super::Measure;
use super::posterior::Posterior;
use crate::domain::{Figures, Group, HoldOut, limits};

/// How probable it may be that a mean is nothing, or less, for a ratio to be spoken of: that of three errors.
const NOTHING_MAX: f64 = 0.001_35;
/// The least error of a mean, as a part of it: where everybody is worth the same, none is measured.
const ERROR_PART_MIN: f64 = 1e-6;

/// What came of one group.
#[derive(Debug, Clone, PartialEq)]
pub struct Assessed {
    /// Of whom.
    pub group: Group,
    /// What was counted.
    pub figures: Figures,
    /// The share of people who converted; none of nobody.
    pub rate: Option<f64>,
    /// What a person is worth, in whole units; none of nobody.
    pub value: Option<f64>,
    /// How much the rate is above the baseline's; none for the baseline itself, and where either is nobody.
    pub rate_lift: Option<Lift>,
    /// How much the value is above the baseline's; none, too, while too few converted in either.
    pub value_lift: Option<Lift>,
    /// The probability that its rate is the best of all variations' that were tried on anybody; none where there is one, and for who
    /// is held out.
    pub best_by_rate: Option<f64>,
    /// The probability that its value is; none, too, while too few converted in any.
    pub best_by_value: Option<f64>,
}

/// How much better one group is than another.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Lift {
    /// The difference.
    pub absolute: Interval,
    /// The difference as a part of the other's (`0.1` is 10 % more); none where the other's may be nothing.
    pub relative: Option<Interval>,
    /// The probability that it is better at all.
    pub better: f64,
}

/// Where a number is with a probability of 95 %: it is below, and above, with 2.5 % each.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Interval {
    /// The lower end.
    pub low: f64,
    /// As probably below as above.
    pub middle: f64,
    /// The upper end.
    pub high: f64,
}

/// The probability of each group to be the best of those given.
pub(super) fn chances(groups: &[(Group, Figures)], by: Measure) -> Vec<Option<f64>> {
    let beliefs = beliefs(groups, by);
    (0..groups.len()).map(|own| best(groups, &beliefs, own)).collect()
}

/// Says what came of an experiment, for each group in the order given, of as many as a design can have. The baseline is who the
/// campaign holds out; where that is nobody, the first variation. Who the tenant holds out gets no campaign at all: they are
/// compared with the baseline like the others, and are none.
pub fn assess(groups: &[(Group, Figures)]) -> Vec<Assessed> {
    let groups = &groups[..groups.len().min(limits::VARIATIONS_MAX + HoldOut::ALL.len())];
    let [rates, values] = Measure::ALL.map(|by| beliefs(groups, by));
    let baseline = baseline(groups);
    let assessed = groups.iter().enumerate().map(|(own, (group, figures))| Assessed {
        group: group.clone(),
        figures: *figures,
        rate: per_person(figures, figures.converted as f64),
        value: per_person(figures, figures.value_sum as f64 / 100.0),
        rate_lift: lift(&rates, own, baseline),
        value_lift: lift(&values, own, baseline),
        best_by_rate: best(groups, &rates, own),
        best_by_value: best(groups, &values, own),
    });
    assessed.collect()
}

fn baseline(groups: &[(Group, Figures)]) -> usize {
    let is_held_out =
        |(group, figures): &(Group, Figures)| *group == Group::HeldOut(HoldOut::Campaign) && figures.people > 0;
    let is_treated = |(group, _): &(Group, Figures)| matches!(group, Group::Treated(_));
    groups.iter().position(is_held_out).or_else(|| groups.iter().position(is_treated)).unwrap_or_default()
}

fn per_person(figures: &Figures, sum: f64) -> Option<f64> {
    (figures.people > 0).then(|| sum / figures.people as f64)
}

/// What is believed of each group; nothing of nobody.
fn beliefs(groups: &[(Group, Figures)], by: Measure) -> Vec<Option<Posterior>> {
    let belief = match by {
        Measure::Rate => rate,
        Measure::Value => value,
    };
    groups.iter().map(|(_, figures)| belief(figures)).collect()
}

fn rate(figures: &Figures) -> Option<Posterior> {
    let people = figures.people;
    (people > 0).then(|| Posterior::of_share(figures.converted.clamp(0, people) as f64, people as f64))
}

fn value(figures: &Figures) -> Option<Posterior> {
    let (mean, error) = mean(figures)?;
    Some(Posterior::of_mean(mean, error))
}

/// What a person is worth on average, and the error of that; none while too few converted.
fn mean(figures: &Figures) -> Option<(f64, f64)> {
    let is_enough = figures.converted >= limits::VALUE_CONVERTED_MIN && figures.people >= figures.converted;
    if !is_enough {
        return None;
    }
    let people = figures.people as f64;
    let mean = figures.value_sum as f64 / 100.0 / people;
    let variance = (figures.value_squares as f64 / 1e4 / people - mean * mean).max(0.0) * people / (people - 1.0);
    let least = (mean.abs() * ERROR_PART_MIN).max(f64::from(f32::MIN_POSITIVE));
    Some((mean, (variance / people).sqrt().max(least)))
}

fn lift(beliefs: &[Option<Posterior>], own: usize, baseline: usize) -> Option<Lift> {
    if own == baseline {
        return None;
    }
    let (own, baseline) = (beliefs[own].as_ref()?, beliefs[baseline].as_ref()?);
    let is_clear = |belief: &Posterior| belief.at_most(0.0) < NOTHING_MAX;
    let relative = || Interval::of(|probability| own.ratio(baseline, probability) - 1.0);
    Some(Lift {
        absolute: Interval::of(|probability| own.difference(baseline, probability)),
        relative: (is_clear(own) && is_clear(baseline)).then(relative),
        better: own.chance_above([baseline].into_iter()),
    })
}

fn best(groups: &[(Group, Figures)], beliefs: &[Option<Posterior>], own: usize) -> Option<f64> {
    let is_tried = |number: &usize| matches!(groups[*number].0, Group::Treated(_)) && groups[*number].1.people > 0;
    let rivals: Vec<usize> = (0..groups.len()).filter(is_tried).filter(|number| *number != own).collect();
    if rivals.is_empty() || !is_tried(&own) {
        return None;
    }
    let others: Vec<&Posterior> = rivals.iter().map(|number| beliefs[*number].as_ref()).collect::<Option<_>>()?;
    Some(beliefs[own].as_ref()?.chance_above(others.into_iter()))
}

impl Interval {
    fn of(below: impl Fn(f64) -> f64) -> Self {
        Self { low: below(0.025), middle: below(0.5), high: below(0.975) }
    }
}
