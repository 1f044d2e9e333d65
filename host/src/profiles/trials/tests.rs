//! Whatever the order in which things are told, and under whichever ids, the credits and the figures are the same.

use std::time::Duration;

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};

use super::*;
use crate::domain::{Figures, HoldOut, VariationName};

const HOUR: i64 = 3_600_000;

fn hour(hour: i64) -> Timestamp {
    Timestamp::from_millis(hour * HOUR)
}

fn arm(variation: &str) -> Arm {
    Arm { variation: Some(VariationName::parse(variation).unwrap()), hold_out: None }
}

fn window(hours: u64, to: TouchKind) -> Attribution {
    Attribution { window: Duration::from_secs(hours * 3600), to }
}

fn click(at: i64, step: &str) -> Touch {
    touch(at, TouchKind::Click, step)
}

fn touch(at: i64, kind: TouchKind, step: &str) -> Touch {
    Touch { at: hour(at), kind, step: step.into(), channel: "email".into(), revision: Revision(1) }
}

fn message(text: &str) -> MessageId {
    MessageId::parse(text).unwrap()
}

fn campaign() -> CampaignName {
    CampaignName::parse("winback").unwrap()
}

/// The steps that conversions are credited to.
fn credited(trial: &Trial) -> Vec<&str> {
    trial.conversions.values().map(|known| known.credit.as_ref().map_or("", |touch| touch.step.as_str())).collect()
}

#[test]
fn credit_goes_to_the_last_click_before_a_conversion_within_the_window() {
    for (kind, at, step) in [
        (TouchKind::Click, 10, "first"),
        (TouchKind::Click, 34, "first"),
        (TouchKind::Click, 35, ""),
        (TouchKind::Click, 9, ""),
        (TouchKind::Open, 34, "second"),
        (TouchKind::Send, 34, ""),
    ] {
        let mut trial = Trial::new("s", arm("a"), window(24, kind), hour(0));
        trial.touch(click(5, "before"));
        trial.touch(click(10, "first"));
        trial.touch(touch(20, TouchKind::Open, "second"));
        trial.touch(click(60, "later"));
        trial.convert(&message("m"), hour(at), 0);
        let before = if kind == TouchKind::Click && at == 9 { "before" } else { step };
        assert_eq!(credited(&trial), [before], "{kind:?} {at}");
    }
}

#[test]
fn a_click_that_is_told_late_takes_the_credit_over_and_says_so() {
    let mut trial = Trial::new("s", arm("a"), window(24, TouchKind::Click), hour(0));
    trial.touch(click(10, "first"));
    trial.convert(&message("m"), hour(20), 5_000_000);
    let recredits = trial.touch(click(15, "second"));
    let steps = |credit: &Option<Credit>| credit.as_ref().map(|credit| credit.touch.step.clone());
    let moved: Vec<_> = recredits.iter().map(|one| (steps(&one.from), steps(&one.to), one.value)).collect();
    assert_eq!(moved, [(Some("first".into()), Some("second".into()), 5_000_000)]);
    assert_eq!(trial.touch(click(15, "second")), [], "it is told again");
    assert_eq!(trial.touch(click(12, "between")), [], "a later one has it");
    assert_eq!(trial.touch(click(25, "after")), []);
}

#[test]
fn who_is_held_out_converts_by_the_same_rule_and_without_credit() {
    let held_out = Arm { hold_out: Some(HoldOut::Campaign), ..arm("a") };
    let mut trial = Trial::new("s", held_out, window(24, TouchKind::Click), hour(10));
    for (event, at) in [("before", 9), ("first", 10), ("last", 34), ("after", 35)] {
        trial.convert(&message(event), hour(at), 1_005_000);
    }
    let again = trial.convert(&message("first"), hour(10), 1_005_000);
    assert!(again.is_empty(), "an event counts once");
    assert_eq!(trial.share().outcome, Outcome { conversions: 2, value: 2_010_000 });
    let figures = Figures { people: 1, converted: 1, value_sum: 201, value_squares: 201 * 201 };
    assert_eq!(trial.share().figures(), figures);
}

#[test]
fn values_are_rounded_to_hundredths_once() {
    for (millionths, hundredths) in [(0, 0), (4_999, 0), (5_000, 1), (14_999, 1), (-5_000, -1), (-4_999, 0)] {
        let share = Share { salt: "s".into(), arm: arm("a"), outcome: Outcome { conversions: 1, value: millionths } };
        assert_eq!(share.figures().value_sum, hundredths, "{millionths}");
    }
}

#[test]
fn who_is_enrolled_stays_until_another_experiment_begins() {
    let mut person = Profile::default();
    let trial = |salt: &str, name: &str| Trial::new(salt, arm(name), Attribution::default(), hour(1));
    assert_eq!(person.enrol(&campaign(), trial("s", "a")).given.len(), 1);
    assert!(person.enrol(&campaign(), trial("s", "b")).is_empty());
    assert_eq!(person.trials[&campaign()].arm, arm("a"));
    let recount = person.enrol(&campaign(), trial("t", "b"));
    assert_eq!((recount.taken.len(), recount.given.len()), (0, 1), "what was is not taken back");
    assert_eq!(person.trials[&campaign()].arm, arm("b"));
}

#[test]
fn of_two_experiments_the_later_one_stays() {
    for is_swapped in [false, true] {
        let mut people = [Profile::default(), Profile::default()];
        people[0].enrol(&campaign(), Trial::new("old", arm("a"), Attribution::default(), hour(1)));
        people[1].enrol(&campaign(), Trial::new("new", arm("b"), Attribution::default(), hour(2)));
        if is_swapped {
            people.reverse();
        }
        let [mut stays, goes] = people;
        assert_eq!(stays.join(goes).recounts, []);
        assert_eq!(stays.trials[&campaign()].salt, "new");
    }
}

#[test]
fn what_is_kept_is_bounded_and_what_counted_stays_counted() {
    let mut trial = Trial::new("s", arm("a"), window(2_000, TouchKind::Click), hour(0));
    trial.touch(click(1, "first"));
    for at in 2..42 {
        trial.convert(&message(&format!("m{at}")), hour(at), 1_000_000);
    }
    assert_eq!(trial.conversions.len(), limits::CONVERSIONS_MAX);
    assert_eq!(trial.share().outcome, Outcome { conversions: 40, value: 40_000_000 });
    assert!(trial.convert(&message("m2"), hour(2), 1_000_000).is_empty(), "it cannot be told whether it counted");
    for at in 100..140 {
        assert_eq!(trial.touch(click(at, "later")), []);
    }
    assert_eq!(trial.touches.len(), limits::TOUCHES_MAX);
    assert_eq!(credited(&trial), ["first"; limits::CONVERSIONS_MAX], "a credit outlives its touch");
    let mut person = Profile::default();
    for number in 0..=limits::TRIALS_MAX {
        let name = CampaignName::parse(&format!("c{number}")).unwrap();
        person.enrol(&name, Trial::new("s", arm("a"), Attribution::default(), hour(number as i64)));
    }
    assert_eq!(person.trials.len(), limits::TRIALS_MAX);
    assert!(!person.trials.contains_key(&CampaignName::parse("c0").unwrap()));
}

/// What is told of one of two ids.
#[derive(Debug, Clone)]
enum Told {
    Touch(Touch),
    Conversion(Index),
}

/// Everything that recounts say, added up.
#[derive(Debug, Default, PartialEq)]
struct Counters {
    figures: BTreeMap<Arm, Figures>,
    credits: BTreeMap<Credit, (i64, i64)>,
}

impl Counters {
    fn take(&mut self, recount: Recount) {
        for share in recount.taken {
            *self.figures.entry(share.arm.clone()).or_default() -= share.figures();
        }
        for share in recount.given {
            *self.figures.entry(share.arm.clone()).or_default() += share.figures();
        }
        for Recredit { value, from, to, .. } in recount.credits {
            from.into_iter().for_each(|credit| self.credit(credit, -1, -value));
            to.into_iter().for_each(|credit| self.credit(credit, 1, value));
        }
        self.figures.retain(|_, figures| *figures != Figures::default());
        self.credits.retain(|_, sums| *sums != (0, 0));
    }

    fn credit(&mut self, credit: Credit, count: i64, value: i64) {
        let sums = self.credits.entry(credit).or_default();
        *sums = (sums.0 + count, sums.1 + value);
    }

    /// What they should be, looked at from the end.
    fn of(trial: &Trial, touches: &[Touch], conversions: &BTreeMap<MessageId, (Timestamp, i64)>) -> Self {
        let Trial { attribution, enrolled, .. } = trial;
        let covers = |start: Timestamp, at: Timestamp| start <= at && at.minus(attribution.window) <= start;
        let mut counters = Self::default();
        let mut outcome = Outcome::default();
        for (at, value) in conversions.values() {
            if covers(*enrolled, *at) {
                outcome.add(*value);
            }
            let earns = |touch: &&Touch| touch.kind == attribution.to && covers(touch.at, *at);
            if let Some(touch) = touches.iter().filter(earns).max() {
                counters.credit(Credit { arm: trial.arm.clone(), touch: touch.clone() }, 1, *value);
            }
        }
        let share = Share { salt: trial.salt.clone(), arm: trial.arm.clone(), outcome };
        counters.figures.insert(trial.arm.clone(), share.figures());
        counters
    }
}

fn told() -> impl Strategy<Value = Told> {
    let kind = select(&TouchKind::ALL[..]);
    let touch = (0..60_i64, kind, select(&["first", "second"][..])).prop_map(|(at, kind, step)| touch(at, kind, step));
    prop_oneof![touch.prop_map(Told::Touch), any::<Index>().prop_map(Told::Conversion)]
}

proptest! {
    #[test]
    fn any_order_and_any_split_over_two_ids_come_to_the_same(
        tellings in vec((told(), 0..2_usize), 0..24),
        known in vec((0..60_i64, -3..9_i64), 1..6),
        (enrolled, joined, first) in ([0..30_i64, 0..30_i64], any::<Index>(), 0..2_usize),
        (names, to) in ([select(&["a", "b"][..]), select(&["a", "b"][..])], select(&TouchKind::ALL[..])),
    ) {
        let attribution = window(20, to);
        let mut counters = Counters::default();
        let (mut touches, mut conversions) = (Vec::new(), BTreeMap::new());
        let mut people = vec![Profile::default(), Profile::default()];
        for (number, person) in people.iter_mut().enumerate() {
            let trial = Trial::new("s", arm(names[number]), attribution, hour(enrolled[number]));
            counters.take(person.enrol(&campaign(), trial));
        }
        let joined = joined.index(tellings.len() + 1);
        for number in 0..=tellings.len() {
            if number == joined {
                let other = people.remove(first);
                people[0].join(other).recounts.into_iter().for_each(|(_, recount)| counters.take(recount));
            }
            let Some((told, whom)) = tellings.get(number) else { continue };
            let whom = if people.len() == 1 { 0 } else { *whom };
            let trial = people[whom].trials.get_mut(&campaign()).unwrap();
            match told {
                Told::Touch(touch) => {
                    touches.push(touch.clone());
                    let credits = trial.touch(touch.clone());
                    counters.take(Recount { credits, ..Recount::default() });
                }
                Told::Conversion(which) => {
                    let which = which.index(known.len());
                    let (at, value) = (hour(known[which].0), known[which].1 * 1_000_000);
                    conversions.insert(message(&format!("m{which}")), (at, value));
                    counters.take(trial.convert(&message(&format!("m{which}")), at, value));
                }
            }
        }
        let trial = &people[0].trials[&campaign()];
        let earlier = (0..2).map(|number| (hour(enrolled[number]), arm(names[number]))).min().unwrap();
        prop_assert_eq!((trial.enrolled, trial.arm.clone()), earlier);
        prop_assert_eq!(counters, Counters::of(trial, &touches, &conversions));
    }
}
