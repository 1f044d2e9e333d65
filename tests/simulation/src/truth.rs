//! The true effects, as they are known here and nowhere in the house, held against the intervals that the statistics give for what was reported.
//!
//! Who is held out converts with the campaign's base rate. Of a variation's people, those who would not do so by themselves and really got a message in
//! time convert with what the variation adds: so its true rate is the base and that probability, times the share of them who got one.

use std::collections::{BTreeMap, HashSet};

use rekindle::domain::{Figures as Counts, Group, HoldOut, VariationName};
use rekindle::experiments::{Interval, assess};

use crate::chance::Chance;
use crate::effects::{EFFECTS, Effect, TWICE};
use crate::figures::Figures;
use crate::judge::Belonging;
use crate::life::{destiny, number};

/// A true effect, and the interval in which it should be.
#[derive(Debug)]
pub(crate) struct Estimate {
    pub(crate) what: String,
    pub(crate) truth: f64,
    pub(crate) interval: Interval,
}

impl Estimate {
    pub(crate) fn holds(&self) -> bool {
        (self.interval.low..=self.interval.high).contains(&self.truth)
    }
}

/// What is true of a group: its rate, and what a person is worth.
#[derive(Debug, Clone, Copy)]
struct Truth {
    rate: f64,
    value: f64,
}

/// Every interval of every campaign that is tried.
pub(crate) fn estimates(
    reported: &Figures,
    parts: &[(&'static str, String, Belonging)],
    moved: &HashSet<(&'static str, u32)>,
    chance: Chance,
) -> Vec<Estimate> {
    EFFECTS.iter().flat_map(|effect| of_campaign(reported, effect, &reach(effect, parts, (moved, chance)))).collect()
}

/// Of each variation, the share of those who do not convert by themselves who got a message in time.
fn reach(
    effect: &Effect,
    parts: &[(&'static str, String, Belonging)],
    (moved, chance): (&HashSet<(&'static str, u32)>, Chance),
) -> BTreeMap<String, f64> {
    let mut reach: BTreeMap<String, (f64, f64)> = BTreeMap::new();
    for (campaign, id, belonging) in parts {
        let Some(person) = number(id).filter(|_| *campaign == effect.campaign && belonging.held_out.is_empty()) else {
            continue;
        };
        if destiny(chance, effect, person) >= effect.base.probability {
            let (all, got) = reach.entry(belonging.variation.clone()).or_default();
            *all += 1.0;
            *got += f64::from(u8::from(moved.contains(&(effect.campaign, person))));
        }
    }
    reach.into_iter().map(|(variation, (all, got))| (variation, got / all)).collect()
}

fn of_campaign(reported: &Figures, effect: &Effect, reach: &BTreeMap<String, f64>) -> Vec<Estimate> {
    let groups = groups(reported, effect);
    let base = truth(effect, None, reach);
    let mut estimates = Vec::new();
    for assessed in assess(&groups) {
        let Group::Treated(Some(variation)) = &assessed.group else { continue };
        let own = truth(effect, Some(variation.as_str()), reach);
        let lifts =
            [("rate", assessed.rate_lift, own.rate, base.rate), ("value", assessed.value_lift, own.value, base.value)];
        for (of, lift, own, base) in lifts {
            let Some(lift) = lift.filter(|_| base > 0.0) else { continue };
            let what = |as_what: &str| format!("{} {variation}: {of}, {as_what}", effect.campaign);
            estimates.push(Estimate { what: what("difference"), truth: own - base, interval: lift.absolute });
            let relative =
                lift.relative.map(|interval| Estimate { what: what("relation"), truth: own / base - 1.0, interval });
            estimates.extend(relative);
        }
    }
    estimates
}

fn truth(effect: &Effect, variation: Option<&str>, reach: &BTreeMap<String, f64>) -> Truth {
    let times = 1.0 + f64::from(TWICE) / 1_000.0;
    // A hundredth is added to each, so that none is nothing; where an event says no worth, it has none.
    let worth = |mean: f64| if mean > 0.0 { times * (mean + 0.01) } else { 0.0 };
    let pull = variation.map(|variation| (effect.pull(variation), reach.get(variation).copied().unwrap_or_default()));
    let moved = pull.map_or(0.0, |(pull, reach)| pull.probability * reach);
    let mean = pull.map_or(0.0, |(pull, _)| pull.mean);
    Truth {
        rate: effect.base.probability + moved,
        value: effect.base.probability * worth(effect.base.mean) + moved * worth(mean),
    }
}

/// Everybody's groups as they were counted.
fn groups(reported: &Figures, effect: &Effect) -> Vec<(Group, Counts)> {
    let counts = |variation: Option<&str>, held_out: &str| {
        let sum = |measure: &str| {
            reported.sum(measure, |line| {
                line.campaign == effect.campaign
                    && line.held_out == held_out
                    && line.step.is_empty()
                    && variation.is_none_or(|variation| line.variation == variation)
            })
        };
        let small = |measure: &str| i64::try_from(sum(measure)).unwrap_or(i64::MAX);
        Counts {
            people: small("people"),
            converted: small("people_converted"),
            value_sum: sum("value_hundredths"),
            value_squares: sum("value_squares"),
        }
    };
    let treated = effect.variations.iter().filter_map(|(name, _)| {
        let group = Group::Treated(Some(VariationName::parse(name).ok()?));
        Some((group, counts(Some(name), "")))
    });
    let held_out = HoldOut::ALL.map(|share| (Group::HeldOut(share), counts(None, share.as_str())));
    treated.chain(held_out).collect()
}
