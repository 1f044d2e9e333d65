//! What each row counts, and that figures taken back come to nothing.

use std::fmt::Write;

use expect_test::{Expect, expect};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;

/// A row's figures, a line for each subject.
fn check(what: Value, expected: &Expect) {
    let mut row = json!({"at": 3_600_001, "campaign": "spring"});
    row.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    let row = LedgerRow::decode(row.to_string().as_bytes()).unwrap();
    let mut text = String::new();
    for (hour, subject, figures) in fold(&row) {
        let counts = figures.iter().map(|(measure, count)| format!("{} {count}", measure.as_str()));
        let counts: Vec<String> = counts.collect();
        writeln!(text, "{hour} {}: {}", subject.encode(), counts.join(", ")).unwrap();
    }
    expected.assert_eq(&text);
}

fn judged(verdict: &str, rule: &str) -> Value {
    json!({"id": "msg_1", "step": "first", "channel": "push", "verdict": verdict, "rule": rule, "saw": "why"})
}

#[test]
fn a_decision_counts_its_verdicts_and_marks() {
    let verdicts = json!([judged("send", ""), judged("drop", "consent"), judged("hold", "quiet-hours")]);
    let marks = ["entered", "exited: bought", "converted: 12.5", "entered: not quite"];
    check(
        json!({"what": "decided", "cause": "event:m1", "revision": 3, "variation": "b", "verdicts": verdicts,
               "marks": marks, "fuel": 7}),
        &expect![[r#"
            3600000 [3,"","b","","",""]: entered 1, exited 1, marked 1, marked_micros 12500000
            3600000 [3,"","b","","first","push"]: instructed 1
            3600000 [3,"","b","","first","push"]: instructed 1, consent 1
            3600000 [3,"","b","","first","push"]: instructed 1, held 1
        "#]],
    );
}

#[test]
fn who_is_held_out_is_sent_nothing_whatever_would_have_been_said() {
    check(
        json!({"what": "decided", "cause": "event:m1", "revision": 3, "held_out": "campaign",
               "verdicts": [judged("send", "")], "fuel": 7}),
        &expect![[r#"
            3600000 [3,"","","campaign","first","push"]: instructed 1, hold-out 1
        "#]],
    );
}

#[test]
fn a_held_message_counts_again_only_where_it_is_not_sent_in_the_end() {
    let released = |verdict: &str| {
        let mut released = judged(verdict, "caps");
        let more = json!({"what": "released", "revision": 3});
        released.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        released
    };
    check(
        released("drop"),
        &expect![[r#"
        3600000 [3,"","","","first","push"]: caps 1
    "#]],
    );
    ["send", "hold"].iter().for_each(|verdict| check(released(verdict), &expect![""]));
}

#[test]
fn what_became_of_a_message_counts_once() {
    let fate = |what: &str| {
        json!({"what": what, "id": "msg_1", "step": "first", "channel": "push", "revision": 2, "provider": "webhook",
               "attempts": 1})
    };
    check(
        fate("sent"),
        &expect![[r#"
        3600000 [2,"","","","first","push"]: sent 1
    "#]],
    );
    check(
        fate("dead"),
        &expect![[r#"
        3600000 [2,"","","","first","push"]: given_up 1
    "#]],
    );
    check(fate("retried"), &expect![""]);
}

#[test]
fn what_was_told_counts_when_it_happened() {
    let told = |kind: &str, by_machine: bool| {
        json!({"what": "told", "id": "m2", "kind": kind, "step": "first", "channel": "email", "by_machine": by_machine,
               "happened": 59_999})
    };
    check(
        told("opened", false),
        &expect![[r#"
        0 [0,"","","","first","email"]: opened 1
    "#]],
    );
    check(
        told("opened", true),
        &expect![[r#"
        0 [0,"","","","first","email"]: opened_by_machines 1
    "#]],
    );
    check(
        told("unsubscribed", false),
        &expect![[r#"
        0 [0,"","","","first","email"]: unsubscribed 1
    "#]],
    );
    let others = ["sent", "converted", "held-out", "unheard-of"];
    others.iter().for_each(|kind| check(told(kind, false), &expect![""]));
}

/// A conversion that is worth so much, of somebody who had converted so often.
fn converted(before: (u64, i64), value_micros: i64) -> Value {
    let outcome =
        |(conversions, value_micros): (u64, i64)| json!({"conversions": conversions, "value_micros": value_micros});
    json!({"what": "converted", "id": "m3", "revision": 2, "experiment": "spring", "variation": "a",
           "value_micros": value_micros, "before": outcome(before), "after": outcome((before.0 + 1, before.1 + value_micros)),
           "credit": {"step": "first", "channel": "email", "revision": 1, "variation": "a"}, "happened": 0})
}

#[test]
fn a_conversion_counts_for_its_person_and_for_the_message() {
    check(
        converted((0, 0), 12_500_000),
        &expect![[r#"
        0 [2,"spring","a","","",""]: people_converted 1, conversions 1, value_micros 12500000, value_hundredths 1250, value_squares 1562500
        0 [1,"","a","","first","email"]: credited 1, credited_micros 12500000
    "#]],
    );
    // The second of the same person: (12.50 + 1.00)² − 12.50², in hundredths.
    check(
        converted((1, 12_500_000), 1_000_000),
        &expect![[r#"
        0 [2,"spring","a","","",""]: conversions 1, value_micros 1000000, value_hundredths 100, value_squares 260000
        0 [1,"","a","","first","email"]: credited 1, credited_micros 1000000
    "#]],
    );
}

#[test]
fn a_credit_moves_from_one_message_to_another() {
    check(
        json!({"what": "credited", "cause": "m4", "id": "m3", "value_micros": 5, "happened": 0,
               "from": {"step": "first", "channel": "email", "revision": 1}, "to": {"step": "second", "channel": "push", "revision": 1}}),
        &expect![[r#"
            0 [1,"","","","first","email"]: credited -1, credited_micros -5
            0 [1,"","","","second","push"]: credited 1, credited_micros 5
        "#]],
    );
}

#[test]
fn two_who_are_one_count_once() {
    let part = |conversions: u64, value_micros: i64| json!({"experiment": "spring", "revision": 1, "variation": "a", "conversions": conversions, "value_micros": value_micros});
    check(
        json!({"what": "recounted", "cause": "told:1", "taken": [part(1, 10_000), part(0, 0)], "given": [part(1, 10_000)]}),
        &expect![[r#"
            3600000 [1,"spring","a","","",""]: people -1, people_converted -1, conversions -1, value_micros -10000, value_hundredths -1, value_squares -1
            3600000 [1,"spring","a","","",""]: people -1
            3600000 [1,"spring","a","","",""]: people 1, people_converted 1, conversions 1, value_micros 10000, value_hundredths 1, value_squares 1
        "#]],
    );
}

#[test]
fn who_takes_part_is_one_of_the_people_of_an_arm() {
    check(
        json!({"what": "enrolled", "cause": "event:m1", "revision": 1, "experiment": "spring", "variation": "a", "held_out": "tenant"}),
        &expect![[r#"
            3600000 [1,"spring","a","tenant","",""]: people 1
        "#]],
    );
}

proptest! {
    #[test]
    fn figures_that_are_added_and_taken_back_come_to_nothing(counts in prop::collection::vec((0..29_usize, any::<i64>()), 0..20)) {
        let mut figures = Figures::default();
        counts.iter().for_each(|(measure, count)| figures.add(Measure::PLAIN[*measure].clone(), i128::from(*count)));
        let mut sum = figures.clone();
        sum -= &figures;
        prop_assert!(sum.is_empty());
        let counted = crate::reports::Counted { all: figures, ..crate::reports::Counted::default() };
        prop_assert_eq!(crate::reports::Counted::decode(&counted.encode()).unwrap(), counted);
    }
}

#[test]
fn every_measure_is_listed_once() {
    let mut listed = Measure::PLAIN.to_vec();
    listed.sort();
    listed.dedup();
    assert_eq!(listed.len(), Measure::PLAIN.len());
}
