//! What figures mean, against other ways to the same numbers.

use proptest::prelude::*;
use statrs::function::beta::ln_beta;

use super::*;
use crate::domain::{Figures, Group, HoldOut};
use crate::experiments::{Assessed, Interval, assess};

fn counted(people: i64, converted: i64) -> Figures {
    Figures { people, converted, ..Figures::default() }
}

fn treated(name: &str, figures: Figures) -> (Group, Figures) {
    (Group::Treated(Some(variation(name))), figures)
}

fn held_out(figures: Figures) -> (Group, Figures) {
    (Group::HeldOut(HoldOut::Campaign), figures)
}

/// Evan Miller, "Formulas for Bayesian A/B Testing" (evanmiller.org/bayesian-ab-testing.html), equation 6: the probability that B's rate is
/// above A's, as a sum.
fn better(a: Figures, b: Figures) -> f64 {
    let shapes = |figures: Figures| (1.0 + figures.converted as f64, 1.0 + (figures.people - figures.converted) as f64);
    let ((a_hits, a_misses), (_, b_misses)) = (shapes(a), shapes(b));
    let term = |i: i64| {
        let i = i as f64;
        let logarithm = ln_beta(a_hits + i, a_misses + b_misses)
            - (b_misses + i).ln()
            - ln_beta(1.0 + i, b_misses)
            - ln_beta(a_hits, a_misses);
        logarithm.exp()
    };
    (0..=b.converted).map(term).sum()
}

fn is_sound(interval: Interval) -> bool {
    let Interval { low, middle, high } = interval;
    [low, middle, high].iter().all(|number| number.is_finite()) && low <= middle && middle <= high
}

fn check(assessed: &Assessed) {
    for lift in [assessed.rate_lift, assessed.value_lift].into_iter().flatten() {
        assert!(is_sound(lift.absolute) && lift.relative.is_none_or(is_sound), "{assessed:?}");
        assert!((0.0..=1.0).contains(&lift.better), "{assessed:?}");
    }
    for chance in [assessed.best_by_rate, assessed.best_by_value].into_iter().flatten() {
        assert!((0.0..=1.0).contains(&chance), "{assessed:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn the_probability_to_be_better_is_that_of_the_formula(
        (people, other_people) in (0..3_000_i64, 0..3_000_i64), hits in any::<prop::sample::Index>(), other_hits in any::<prop::sample::Index>()
    ) {
        let a = counted(people, hits.index(people as usize + 1) as i64 / 4);
        let b = counted(other_people, other_hits.index(other_people as usize + 1) as i64 / 4);
        let assessed = assess(&[held_out(a), treated("b", b)]);
        if people > 0 && other_people > 0 {
            let lift = assessed[1].rate_lift.unwrap();
            prop_assert!((lift.better - better(a, b)).abs() < 1e-4, "{} {}", lift.better, better(a, b));
        }
        assessed.iter().for_each(check);
    }

    #[test]
    fn every_answer_is_finite(groups in prop::collection::vec((0..5_000_i64, 0..=4_u8, -9..90_i128), 1..12)) {
        let groups: Vec<_> = groups.into_iter().enumerate().map(|(number, (people, part, worth))| {
            let converted = people * i64::from(part) / 4;
            let sum = i128::from(converted) * worth;
            let figures = Figures { people, converted, value_sum: sum, value_squares: sum * worth };
            if number == 3 { held_out(figures) } else { treated(&format!("v{number}"), figures) }
        }).collect();
        assess(&groups).iter().for_each(check);
    }
}

/// The mean of exponentials is gamma, and of two gammas the one's part is beta: a way to it that shares nothing with the table.
fn draw_share(chance: &mut fastrand::Rng, figures: Figures) -> f64 {
    let mut gamma = |shape: i64| (0..shape).map(|_| -(1.0 - chance.f64()).ln()).sum::<f64>();
    let hits = gamma(1 + figures.converted);
    hits / (hits + gamma(1 + figures.people - figures.converted))
}

#[test]
fn intervals_are_those_of_many_draws() {
    let mut chance = fastrand::Rng::with_seed(7);
    for (a, b) in
        [(counted(120, 12), counted(100, 18)), (counted(40, 0), counted(60, 1)), (counted(50, 50), counted(1, 0))]
    {
        let lift = assess(&[held_out(a), treated("b", b)])[1].rate_lift.unwrap();
        let draws: Vec<_> = (0..20_000).map(|_| (draw_share(&mut chance, a), draw_share(&mut chance, b))).collect();
        // The part of draws below an end of the interval is 2.5, 50 or 97.5 %, give or take four errors of 20,000 draws.
        let part = |is_below: &dyn Fn(f64, f64) -> bool| {
            draws.iter().filter(|(a, b)| is_below(*a, *b)).count() as f64 / draws.len() as f64
        };
        let relative = lift.relative.unwrap();
        for (due, absolute, relative) in [
            (0.025, lift.absolute.low, relative.low),
            (0.5, lift.absolute.middle, relative.middle),
            (0.975, lift.absolute.high, relative.high),
        ] {
            let margin = 4.0 * (due * (1.0 - due) / 20_000_f64).sqrt();
            assert!((part(&|a, b| b - a < absolute) - due).abs() < margin, "{a:?} {b:?} {due}");
            assert!((part(&|a, b| b / a - 1.0 < relative) - due).abs() < margin, "{a:?} {b:?} {due}");
        }
    }
}

#[test]
fn millions_of_people_are_told_apart() {
    let groups = [held_out(counted(10_000_000, 500_000)), treated("b", counted(10_000_000, 501_000))];
    let lift = assess(&groups)[1].rate_lift.unwrap();
    // The normal approximation, which is good here: an error of 97.5 hits in a million, 1.96 of them to each side.
    let error = (2.0 * 0.05_f64 * 0.95 / 1e7).sqrt();
    for (found, due) in [(lift.absolute.low, 1e-4 - 1.96 * error), (lift.absolute.high, 1e-4 + 1.96 * error)] {
        assert!((found - due).abs() < 1e-6, "{found} {due}");
    }
}

#[test]
fn values_are_compared_when_enough_people_converted() {
    let worth = |people: i64, converted: i64, each: i128| {
        let sum = i128::from(converted) * each;
        Figures { people, converted, value_sum: sum, value_squares: sum * each }
    };
    let few = assess(&[held_out(worth(1_000, 29, 5_000)), treated("b", worth(1_000, 60, 5_000))]);
    assert_eq!((few[1].value_lift, few[1].value), (None, Some(3.0)));
    let enough = assess(&[held_out(worth(1_000, 30, 5_000)), treated("b", worth(1_000, 60, 5_000))]);
    let lift = enough[1].value_lift.unwrap();
    // By hand: means of 1.5 and 3, variances of 72.75 and 141, so that the error of the difference is 0.4624.
    assert!((lift.absolute.middle - 1.5).abs() < 1e-3, "{lift:?}");
    assert!((lift.absolute.low - (1.5 - 1.96 * 0.4626)).abs() < 2e-3, "{lift:?}");
    assert!(lift.relative.is_some_and(|relative| (relative.middle - 1.0).abs() < 0.05), "{lift:?}");
}

#[test]
fn the_baseline_is_who_the_campaign_holds_out_else_the_first_variation() {
    let both = [treated("a", counted(100, 5)), treated("b", counted(100, 9))];
    let everywhere = (Group::HeldOut(HoldOut::Tenant), counted(100, 4));
    let lifts =
        |groups: &[(Group, Figures)]| assess(groups).iter().map(|one| one.rate_lift.is_some()).collect::<Vec<_>>();
    assert_eq!(
        lifts(&[&both[..], &[held_out(counted(0, 0)), everywhere.clone()]].concat()),
        [false, true, false, true]
    );
    assert_eq!(lifts(&[&both[..], &[held_out(counted(9, 0)), everywhere]].concat()), [true, true, false, true]);
    assert_eq!(lifts(&[]), Vec::<bool>::new());
}

#[test]
fn a_variation_that_nobody_got_is_no_rival() {
    let groups = [treated("a", counted(2_000, 100)), treated("b", counted(2_000, 160)), treated("c", counted(0, 0))];
    let chances: Vec<_> = assess(&groups).into_iter().map(|one| one.best_by_rate).collect();
    assert!(chances[1].is_some_and(|chance| chance > 0.99) && chances[2].is_none(), "{chances:?}");
}
