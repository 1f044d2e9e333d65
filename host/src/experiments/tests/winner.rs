//! When an experiment is decided, and what is said until then.

use expect_test::{Expect, expect};
use serde_json::json;

use super::*;
use crate::domain::{Figures, Group, Timestamp};
use crate::experiments::{Standing, winner};

const DAY: i64 = 24 * 3_600_000;

#[track_caller]
fn check(document: &Value, days: i64, figures: &[(i64, i64)], expected: Expect) {
    let design = design(document);
    let named = design.groups().into_iter().zip(figures);
    let groups: Vec<(Group, Figures)> = named
        .map(|(group, (people, converted))| {
            let value_sum = i128::from(*converted) * 1_000;
            (group, Figures { people: *people, converted: *converted, value_sum, value_squares: value_sum * 1_000 })
        })
        .collect();
    let since = Timestamp::from_millis(1_700_000_000_000);
    let now = Timestamp::from_millis(since.as_millis() + days * DAY);
    let said = match winner(&design, &groups, since, now) {
        Standing::Settled => "there is nothing to decide".to_owned(),
        Standing::Won(variation) => format!("`{variation}` has won"),
        Standing::Open(lacks) => lacks.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    };
    expected.assert_eq(&said);
}

#[test]
fn a_variation_wins_when_nothing_lacks() {
    let two = json!({"variations": {"a": 1, "b": 1}});
    check(&two, 14, &[(1_000, 50), (1_000, 80)], expect!["`b` has won"]);
    check(&two, 14, &[(1_000, 80), (1_000, 50)], expect!["`a` has won"]);
}

#[test]
fn what_lacks_is_said() {
    let two = json!({"variations": {"a": 1, "b": 1}});
    check(
        &two,
        13,
        &[(999, 50), (1_000, 55)],
        expect![[r#"
        it has run for 13 of 14 days
        `a` has 999 of 1000 people
        `b` is the best with a probability of 68.9 %, and 95 % are needed"#]],
    );
    let by_value = json!({"variations": {"a": 1, "b": 1}, "winner": {"by": "value", "people": 100}});
    check(&by_value, 14, &[(1_000, 50), (1_000, 29)], expect!["too little is known of one of them to compare it"]);
    check(
        &two,
        0,
        &[(0, 0), (0, 0)],
        expect![[r#"
        it has run for 0 of 14 days
        `a` has 0 of 1000 people
        `b` has 0 of 1000 people
        too little is known of one of them to compare it"#]],
    );
}

#[test]
fn what_is_out_of_the_race_decides_nothing() {
    let three = json!({"variations": {"a": 1, "b": 1, "c": 0}});
    check(&three, 14, &[(1_000, 50), (1_000, 80), (5, 5)], expect!["`b` has won"]);
    let settled = json!({"variations": {"a": 0, "b": 1}});
    check(&settled, 14, &[(1_000, 50), (1_000, 80)], expect!["there is nothing to decide"]);
    check(&json!({}), 14, &[(1_000, 50)], expect!["there is nothing to decide"]);
}
