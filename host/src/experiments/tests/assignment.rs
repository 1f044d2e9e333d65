//! Who is put where: evenly, the same every time, and with the fewest moves.

use std::collections::BTreeMap;

use expect_test::expect;
use proptest::collection::vec;
use proptest::prelude::*;
use serde_json::json;
use statrs::distribution::{ChiSquared, ContinuousCDF};

use super::*;
use crate::domain::{Arm, CampaignName, HoldOut, ProfileId};
use crate::experiments::Variation;

const PEOPLE: u32 = 100_000;

fn weighted(weights: &[u32]) -> Design {
    let named = |(number, weight): (usize, &u32)| Variation { name: variation(&format!("v{number}")), weight: *weight };
    Design { variations: weights.iter().enumerate().map(named).collect(), ..Design::default() }
}

fn put(design: &Design, number: u32) -> Arm {
    put_in(design, "winback", number, 0)
}

fn put_in(design: &Design, campaign: &str, number: u32, tenant_hold_out_percent: u8) -> Arm {
    let profile = ProfileId::parse(&format!("user-{number}")).unwrap();
    design.arm(&CampaignName::parse(campaign).unwrap(), &profile, tenant_hold_out_percent)
}

/// The probability that shares come out so unevenly by chance.
fn evenness(counts: &[f64], expected: &[f64]) -> f64 {
    let distance: f64 = counts.iter().zip(expected).map(|(count, due)| (count - due).powi(2) / due).sum();
    ChiSquared::new(counts.len() as f64 - 1.0).unwrap().sf(distance)
}

#[test]
fn shares_are_as_weights_say() {
    for weights in [&[1, 1][..], &[1, 2, 7], &[1; 10], &[5, 0, 95]] {
        let mut counts: BTreeMap<VariationName, f64> = BTreeMap::new();
        let design = weighted(weights);
        for number in 0..PEOPLE {
            *counts.entry(put(&design, number).variation.unwrap()).or_default() += 1.0;
        }
        let whole: u32 = weights.iter().sum();
        let due = weights.iter().filter(|weight| **weight > 0);
        let due: Vec<f64> = due.map(|weight| f64::from(*weight) / f64::from(whole) * f64::from(PEOPLE)).collect();
        let counts: Vec<f64> = counts.into_values().collect();
        assert!(evenness(&counts, &due) > 0.001, "{weights:?} {counts:?}");
    }
}

#[test]
fn a_greater_share_only_adds_people_and_everybody_has_a_variation() {
    let mut held_out = 0.0;
    for number in 0..PEOPLE {
        let arms = [5, 10, 50].map(|percent| put(&Design { hold_out_percent: percent, ..weighted(&[1, 1]) }, number));
        held_out += f64::from(u8::from(arms[1].hold_out.is_some()));
        assert!(arms.is_sorted_by_key(|arm| arm.hold_out.is_some()), "{arms:?}");
        assert!(arms.iter().all(|arm| arm.variation == arms[0].variation));
    }
    let (people, due) = (f64::from(PEOPLE), f64::from(PEOPLE) / 10.0);
    assert!(evenness(&[held_out, people - held_out], &[due, people - due]) > 0.001, "{held_out}");
}

#[test]
fn the_tenant_holds_the_same_people_out_everywhere_and_campaigns_others() {
    let design = Design { hold_out_percent: 20, salt: Some("s".into()), ..Design::default() };
    let (mut both, mut everywhere) = (0.0, 0.0);
    for number in 0..PEOPLE {
        let [one, other] = ["winback", "welcome"].map(|name| put_in(&design, name, number, 10).hold_out);
        assert_eq!(one == Some(HoldOut::Tenant), other == Some(HoldOut::Tenant));
        everywhere += f64::from(u8::from(one == Some(HoldOut::Tenant)));
        both += f64::from(u8::from(one == Some(HoldOut::Campaign) && one == other));
    }
    let people = f64::from(PEOPLE);
    assert!(evenness(&[everywhere, people - everywhere], &[people * 0.1, people * 0.9]) > 0.001, "{everywhere}");
    let (due, rest) = (people * 0.9 * 0.04, people * 0.964);
    assert!(evenness(&[both, people - both], &[due, rest]) > 0.001, "campaigns draw apart: {both}");
}

#[test]
fn another_salt_puts_everybody_anew() {
    let [one, other] = ["one", "other"].map(|salt| Design { salt: Some(salt.into()), ..weighted(&[1, 1]) });
    let stay = (0..PEOPLE).filter(|number| put(&one, *number) == put(&other, *number)).count() as f64;
    let half = f64::from(PEOPLE) / 2.0;
    assert!(evenness(&[stay, f64::from(PEOPLE) - stay], &[half, half]) > 0.001, "{stay}");
}

#[test]
fn the_winner_gets_everybody_and_who_is_held_out_stays_so() {
    let before = Design { hold_out_percent: 10, ..weighted(&[1, 1, 2]) };
    let after = before.with_all_on(&variation("v1"));
    for number in 0..1_000 {
        assert_eq!(put(&after, number).variation, Some(variation("v1")));
        assert_eq!(put(&after, number).hold_out, put(&before, number).hold_out);
    }
}

/// Who is where once is there for ever: a change of this test is a change of everybody's experiments.
#[test]
fn nobody_is_put_elsewhere_by_a_later_version() {
    let design = design(&json!({"variations": {"a": 1, "b": 2, "c": 3}, "hold_out_percent": 20}));
    let arms = (0..8).map(|number| {
        let Arm { variation, hold_out } = put_in(&design, "winback", number, 20);
        format!("{} {}", variation.unwrap(), hold_out.map_or("-", HoldOut::as_str))
    });
    expect![[r#"
        a campaign
        b -
        c -
        c tenant
        a campaign
        a campaign
        c -
        c -"#]]
    .assert_eq(&arms.collect::<Vec<_>>().join("\n"));
}

/// How much of all weights each has.
fn shares(weights: &[u32]) -> Vec<f64> {
    let whole: u32 = weights.iter().sum();
    weights.iter().map(|weight| f64::from(*weight) / f64::from(whole)).collect()
}

/// The least share of people that has to move, and the share that does.
fn moves(before: &[u32], after: &[u32]) -> (f64, f64) {
    let least = shares(before).iter().zip(shares(after)).map(|(one, other)| (one - other).abs()).sum::<f64>() / 2.0;
    let (one, other) = (weighted(before), weighted(after));
    let people = 4_000;
    let moved = (0..people).filter(|number| put(&one, *number) != put(&other, *number)).count();
    (least, moved as f64 / f64::from(people))
}

/// Four standard deviations of a share of 4,000 people.
const CHANCE: f64 = 4.0 * 0.5 / 63.0;

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn one_changed_weight_moves_the_fewest_people(weights in vec(1..50_u32, 2..6), at in any::<prop::sample::Index>(), weight in 0..90_u32) {
        let mut after = weights.clone();
        after[at.index(weights.len())] = weight;
        let (least, moved) = moves(&weights, &after);
        prop_assert!((moved - least).abs() <= CHANCE, "{weights:?} to {after:?}: {moved} moved, {least} have to");
    }

    /// Nobody can tell without asking who was where, so that no rule moves the fewest whatever changes: this one never moves twice as many.
    #[test]
    fn many_changed_weights_move_less_than_twice_the_fewest(
        (before, after) in (2..6_usize).prop_flat_map(|count| (vec(1..50_u32, count), vec(1..50_u32, count)))
    ) {
        let (least, moved) = moves(&before, &after);
        prop_assert!(moved <= 2.0 * least / (1.0 + least) + CHANCE, "{before:?} to {after:?}: {moved}, {least}");
    }

    #[test]
    fn nobody_moves_to_a_variation_whose_weight_did_not_grow_against_their_own(
        (before, after) in (2..6_usize).prop_flat_map(|count| (vec(1..50_u32, count), vec(1..50_u32, count)))
    ) {
        let (one, other) = (weighted(&before), weighted(&after));
        let number = |arm: Arm| arm.variation.unwrap().as_str()[1..].parse::<usize>().unwrap();
        for person in 0..500 {
            let (from, to) = (number(put(&one, person)), number(put(&other, person)));
            let has_grown = after[to] * before[from] > before[to] * after[from];
            prop_assert!(from == to || has_grown, "{before:?} to {after:?}: from {from} to {to}");
        }
    }
}
