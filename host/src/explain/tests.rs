//! One example of everything that is explained.

use std::fmt::Write;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::*;
use crate::domain::{Call, Consent, Event, Identities, Json, MessageId, PersonFacts, Scope, Wish};

fn name() -> CampaignName {
    CampaignName::parse("spring").unwrap()
}

fn row(at: i64, what: &Value) -> LedgerRow {
    let mut row = json!({"at": at, "campaign": "spring"});
    row.as_object_mut().unwrap().extend(what.as_object().unwrap().clone());
    LedgerRow::decode(row.to_string().as_bytes()).unwrap()
}

fn decided(verdict: &Value) -> Value {
    json!({"what": "decided", "cause": "event:m1", "revision": 1, "fuel": 1, "verdicts": [verdict]})
}

fn judged(verdict: &str, rule: &str, saw: &str) -> Value {
    json!({"id": "msg_1", "step": "first", "channel": "push", "verdict": verdict, "rule": rule, "saw": saw})
}

fn said(case: &Case<'_>, known: &Known<'_>) -> String {
    let mut text = String::new();
    for Line { at, text: line } in explain(case, known) {
        let at = at.map_or_else(|| "now".to_owned(), |at| at.to_string());
        writeln!(text, "{at}: {line}").unwrap();
    }
    text
}

/// What is said of these rows.
fn check(rows: &[Value], expected: &Expect) {
    let rows: Vec<LedgerRow> = rows.iter().zip(1..).map(|(what, at)| row(at, what)).collect();
    let name = name();
    let known = Known { name: &name, idle: None, triggers: &[], channels: Vec::new() };
    expected.assert_eq(&said(&Case { person: &Profile::default(), rows: &rows, step: None }, &known));
}

fn fate(what: &str, attempts: u32, reason: &str) -> Value {
    let reason = Some(reason).filter(|reason| !reason.is_empty());
    json!({"what": what, "id": "msg_1", "step": "first", "channel": "push", "revision": 1, "provider": "webhook",
           "attempts": attempts, "reason": reason, "next": 60_000})
}

#[test]
fn who_got_it() {
    let send = decided(&json!({"id": "msg_1", "step": "first", "channel": "push", "verdict": "send"}));
    check(
        std::slice::from_ref(&send),
        &expect![[r#"
        1: `first` is on its way over push (because of the event `m1`)
    "#]],
    );
    check(
        &[send.clone(), fate("sent", 1, "")],
        &expect![[r#"
        2: `first` was sent over push (webhook) (because of the event `m1`)
    "#]],
    );
    check(
        &[send.clone(), fate("sent", 1, "the template found nothing for `name`")],
        &expect![[r#"
        2: `first` was sent over push (webhook): the template found nothing for `name` (because of the event `m1`)
    "#]],
    );
    check(
        &[send.clone(), fate("retried", 1, "the receiver answered 503")],
        &expect![[r#"
        2: `first` is not out yet: attempt 1 failed (the receiver answered 503); the next is at 1970-01-01T00:01:00.000Z (because of the event `m1`)
    "#]],
    );
    check(
        &[send.clone(), fate("retried", 1, "busy"), fate("sent", 2, "")],
        &expect![[r#"
        3: `first` was sent over push (webhook), at attempt 2 (because of the event `m1`)
    "#]],
    );
    check(
        &[send, fate("dead", 3, "the receiver answered 400")],
        &expect![[r#"
        2: `first` was given up: the receiver answered 400 (because of the event `m1`)
    "#]],
    );
}

#[test]
fn every_rule_has_its_words() {
    for (rule, words) in [
        ("consent", "the person does not want it"),
        ("duplicates", "it was there already"),
        ("dont-send-if", "the campaign's condition not to send it holds"),
        ("expiry", "it would have come too late"),
        ("campaign-priority", "another campaign goes before"),
        ("channel-priority", "no channel of the campaign's reaches the person"),
        ("caps", "the person got enough already"),
        ("quiet-hours", "it is night where the person is"),
        ("exit", "the person left the campaign before"),
        ("withdrawn", "the campaign is over"),
        ("held", "too many messages waited"),
        ("a-rule-to-come", "a-rule-to-come"),
    ] {
        let row = row(1, &decided(&judged("drop", rule, "why")));
        let name = name();
        let known = Known { name: &name, idle: None, triggers: &[], channels: Vec::new() };
        let case = Case { person: &Profile::default(), rows: &[row], step: None };
        let expected = format!("1: `first` was not sent: {words} (why) (because of the event `m1`)\n");
        assert_eq!(said(&case, &known), expected);
    }
}

#[test]
fn who_is_held_or_held_out() {
    let mut held = judged("hold", "quiet-hours", "21:00 to 08:00 in Europe/Berlin");
    held["until"] = json!(28_800_000);
    check(
        &[decided(&held)],
        &expect![[r#"
        1: `first` is held since 1970-01-01T00:00:00.001Z until 1970-01-01T08:00:00.000Z: it is night where the person is (21:00 to 08:00 in Europe/Berlin) (because of the event `m1`)
    "#]],
    );
    let mut released = judged("drop", "consent", "left on Monday");
    released["what"] = json!("released");
    check(
        &[decided(&held), released],
        &expect![[r#"
        2: `first` was not sent: the person does not want it (left on Monday) (because of the event `m1`)
    "#]],
    );
    let mut kept = decided(&json!({"id": "msg_1", "step": "first", "channel": "push", "verdict": "send"}));
    kept["held_out"] = json!("campaign");
    let enrolled =
        json!({"what": "enrolled", "cause": "event:m1", "revision": 1, "experiment": "spring", "held_out": "campaign"});
    check(
        &[enrolled, kept],
        &expect![[r#"
        2: `first` was kept from the person, who is held out (campaign); it would have gone over push (because of the event `m1`)
        1: takes part: held out (campaign)
    "#]],
    );
}

#[test]
fn what_went_wrong_and_what_else_happened() {
    let failed =
        json!({"what": "failed", "cause": "event:m1", "revision": 1, "kind": "trap", "message": "no", "fuel": 1});
    let not_asked = json!({"what": "not-asked", "cause": "event:m2", "reason": "the campaign is paused"});
    let nothing = json!({"what": "decided", "cause": "event:m3", "revision": 1, "fuel": 1});
    let left = json!({"what": "decided", "cause": "event:m4", "revision": 1, "fuel": 1, "marks": ["exited: bought"]});
    let opened = json!({"what": "told", "id": "m5", "kind": "opened", "step": "first", "happened": 2});
    check(
        &[failed.clone(), failed, not_asked, nothing, left, opened],
        &expect![[r#"
        2: the campaign failed (trap): no (2 times, last then)
        3: the campaign was not asked: the campaign is paused
        5: left the campaign: bought
        4: asked about `event:m3`: nothing to do
        2: `first`: opened
    "#]],
    );
}

#[test]
fn who_was_never_asked_and_what_stands_in_the_way() {
    let mut person = Profile::default();
    let consents = vec![Consent { scope: Scope::Channel("email".into()), wish: Wish::Unwanted }];
    person.apply(&Event {
        id: MessageId::parse("m1").unwrap(),
        call: Call::Track,
        name: "Unsubscribed".into(),
        at: Timestamp::from_millis(5),
        identities: Identities::default(),
        facts: PersonFacts { consents, ..PersonFacts::default() },
        engagement: None,
        test: false,
        body: Json::parse("{}").unwrap(),
    });
    person.run_mut(&name()).timers.insert("wait".into(), Timestamp::from_millis(60_000));
    let (name, triggers) = (name(), [Trigger::Event("Product Added".into()), Trigger::TraitChanged("plan".into())]);
    let channels = vec![("email", KnownBy::Id), ("push", KnownBy::Address), ("webhook", KnownBy::Id)];
    let known = Known { name: &name, idle: Some("paused".to_owned()), triggers: &triggers, channels };
    expect![[r#"
        now: the campaign is paused
        now: never asked: nothing that this campaign waits for happened to the person (it waits for the event `Product Added`, a change of the trait `plan`)
        now: waits for `wait` until 1970-01-01T00:01:00.000Z
        now: the person wants nothing over email, since 1970-01-01T00:00:00.005Z
        now: no usable address for push is known
    "#]]
    .assert_eq(&said(&Case { person: &person, rows: &[], step: None }, &known));
}

#[test]
fn one_step_alone() {
    let verdicts = json!([
        {"id": "msg_1", "step": "first", "channel": "push", "verdict": "send"},
        {"id": "msg_2", "step": "second", "channel": "push", "verdict": "send"},
    ]);
    let rows =
        [row(1, &json!({"what": "decided", "cause": "event:m1", "revision": 1, "fuel": 1, "verdicts": verdicts}))];
    let name = name();
    let known = Known { name: &name, idle: None, triggers: &[], channels: Vec::new() };
    expect![[r#"
        1: `second` is on its way over push (because of the event `m1`)
    "#]]
    .assert_eq(&said(&Case { person: &Profile::default(), rows: &rows, step: Some("second") }, &known));
}
