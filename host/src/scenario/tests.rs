//! Scenario files that cannot be meant, and how scenarios that went wrong read.

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::report::{Entry, Form};
use super::script::Script;
use super::stage::Stage;
use super::{ScenarioError, play, sense};
use crate::domain::{
    CampaignName, Cause, Context, Decision, Delivery, Failure, FailureKind, Instruction, Json, Manifest, Mark, Outcome,
    Revision, StateChange, Timestamp, Trigger,
};
use crate::sandbox::View;
use crate::worker::{Campaigns, Decider, Enlisted, Standing};

/// Greets who signs up, says goodbye to who leaves, and breaks on `Trouble`.
struct Greeter;

impl Decider for Greeter {
    fn decide(&self, _: &Context, cause: &Cause, _: Arc<dyn View>) -> Outcome {
        let Cause::Event(event) = cause else { panic!("it asks for events only") };
        let instruct = |step: &str| {
            let content = Json::parse(r#"{"body": "hello", "data": {"n": 1}}"#).unwrap();
            let deliveries = vec![Delivery { channel: "push".into(), content }];
            vec![Instruction { step: step.into(), deliveries, expires: None }]
        };
        let (instructions, marks) = match event.name.as_str() {
            "Signed Up" => (instruct("greeting"), vec![Mark::Entered]),
            "Left" => (Vec::new(), vec![Mark::Exited("left".into())]),
            _ => (Vec::new(), Vec::new()),
        };
        let decision = Decision { instructions, timers: Vec::new(), state: StateChange::Keep, marks };
        let failure =
            || Failure { kind: FailureKind::Trap, message: "panicked".into(), backtrace: Vec::new(), fuel_used: 1 };
        let result = if event.name == "Trouble" { Err(failure()) } else { Ok(decision) };
        Outcome { result, fuel_used: 1, log: Vec::new() }
    }
}

fn campaigns() -> Campaigns {
    let manifest = Manifest {
        name: "greeter".into(),
        version: "1".into(),
        summary: String::new(),
        triggers: ["Signed Up", "Left", "Trouble", "Ignored"].map(|name| Trigger::Event(name.into())).into(),
        channels: vec!["push".into()],
        steps: vec!["greeting".into()],
        configuration: Json::parse("{}").unwrap(),
    };
    let greeter = Enlisted {
        name: CampaignName::parse("greeter").unwrap(),
        revision: Revision(1),
        published: Timestamp::EPOCH,
        audiences: Arc::default(),
        standing: Standing::Active,
        since: Timestamp::EPOCH,
        catches_up_since: None,
        settings: Arc::default(),
        streak: Arc::default(),
        manifest: Arc::new(manifest),
        decider: Arc::new(Greeter),
    };
    Campaigns::new([greeter], [])
}

fn read(steps: Value) -> Script {
    let document = json!({"campaign": "greeter", "scenarios": [{"name": "a scenario", "steps": steps}]});
    Script::read(&document).unwrap()
}

/// Plays steps and checks what is printed of it.
fn check(steps: Value, expected: Expect) {
    let script = read(steps);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let played = runtime.block_on(async {
        let stage = Stage::open(script.start, campaigns(), Arc::clone(&script.mappings))?;
        play::play(stage, &script.scenarios[0]).await
    });
    let played = played.unwrap_or_else(|err: ScenarioError| panic!("{err}"));
    let mut printed = b"file\n".to_vec();
    let entry = Entry { file: "file", scenario: "a scenario", played: &played, took: Duration::ZERO };
    entry.write(&mut printed, Form::Human).unwrap();
    expected.assert_eq(&String::from_utf8(printed).unwrap());
}

fn signed_up(person: &str) -> Value {
    json!({"person": person, "event": "Signed Up"})
}

#[test]
fn what_goes_as_expected_takes_one_line() {
    let greeting = json!({"person": "ada", "step": "greeting", "content": {"data": {"n": 1}}, "at": "1h"});
    let left = json!({"person": "bob", "because": "Exited: LEFT"});
    let steps = json!([
        {"wait": "1h"}, signed_up("ada"), {"expect": greeting},
        {"person": "anonymous:bob", "event": "Ignored"}, {"person": "bob", "event": "Left"}, {"expect_none": left},
        {"expect_none": {"person": "anonymous:bob", "because": "nothing to do"}},
        {"expect_none": {"person": "eve", "because": "nobody was asked"}}, {"wait": "1d"},
    ]);
    check(
        steps,
        expect![[r#"
            file
              ✓ a scenario (1d 1h in 0 ms)
        "#]],
    );
}

#[test]
fn what_is_sent_and_not_expected_fails() {
    check(
        json!([signed_up("ada"), {"wait": "1h"}]),
        expect![[r#"
            file
              ✗ a scenario (1h in 0 ms)
                  at `/scenarios/0/steps/1`: ada got `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}, which nothing before this step expects
                what happened (- is missing, + was not expected):
                · +0         ada          Signed Up
                + +0         ada          `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}
                the ledger of ada:
                  +0         greeter: `greeting` is sent over push; entered
                  +0         greeter: `greeting` went out over push (preview)
        "#]],
    );
    let silence = json!({"expect_none": {"person": "ada", "because": "entered"}});
    check(
        json!([signed_up("ada"), silence]),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/1`: ada should not have got a message, and got `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}
                what happened (- is missing, + was not expected):
                · +0         ada          Signed Up
                + +0         ada          `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}
                the ledger of ada:
                  +0         greeter: `greeting` is sent over push; entered
                  +0         greeter: `greeting` went out over push (preview)
        "#]],
    );
}

#[test]
fn what_is_expected_and_not_sent_fails_with_the_ledgers_last_word() {
    let expected = |person: &str| json!({"expect": {"person": person, "step": "greeting", "channel": "push"}});
    let left = json!({"person": "ada", "event": "Left"});
    check(
        json!([{"wait": "90m"}, left, expected("ada"), expected("bob")]),
        expect![[r#"
            file
              ✗ a scenario (1h 30m in 0 ms)
                  at `/scenarios/0/steps/2`: ada should have got `greeting` over push, but did not; the ledger's last word is: exited: left
                  at `/scenarios/0/steps/3`: bob should have got `greeting` over push, but nobody was asked
                what happened (- is missing, + was not expected):
                · +1h 30m    ada          Left
                - +1h 30m    ada          `greeting` over push
                - +1h 30m    bob          `greeting` over push
                the ledger of ada:
                  +1h 30m    greeter: exited: left
                the ledger of bob:
                  nobody was asked
        "#]],
    );
}

#[test]
fn a_message_that_says_something_else_or_comes_at_another_time_is_not_the_expected_one() {
    let expected = |member: &str, value: Value| {
        let mut expected = json!({"person": "ada", "step": "greeting"});
        expected[member] = value;
        json!([signed_up("ada"), {"expect": expected}])
    };
    check(
        expected("content", json!({"data": {"n": 2}})),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/1`: ada should have got `greeting`, but `/content/data/n` is 1, not 2
                what happened (- is missing, + was not expected):
                · +0         ada          Signed Up
                - +0         ada          `greeting`: {"data":{"n":2}}
                + +0         ada          `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}
                the ledger of ada:
                  +0         greeter: `greeting` is sent over push; entered
                  +0         greeter: `greeting` went out over push (preview)
        "#]],
    );
    check(
        expected("content", json!({"title": "hello"})),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/1`: ada should have got `greeting`, but `/content/title` is not there
                what happened (- is missing, + was not expected):
                · +0         ada          Signed Up
                - +0         ada          `greeting`: {"title":"hello"}
                + +0         ada          `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}
                the ledger of ada:
                  +0         greeter: `greeting` is sent over push; entered
                  +0         greeter: `greeting` went out over push (preview)
        "#]],
    );
    check(
        expected("at", json!("1h")),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/1`: ada should have got `greeting`, but it went out at +0, not at +1h
                what happened (- is missing, + was not expected):
                · +0         ada          Signed Up
                - +0         ada          `greeting` at +1h
                + +0         ada          `greeting` over push of greeter: {"body": "hello", "data": {"n": 1}}
                the ledger of ada:
                  +0         greeter: `greeting` is sent over push; entered
                  +0         greeter: `greeting` went out over push (preview)
        "#]],
    );
}

#[test]
fn a_silence_for_another_reason_fails() {
    let silence = json!({"expect_none": {"person": "ada", "because": "bought"}});
    check(
        json!([{"person": "ada", "event": "Left"}, silence]),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/1`: `bought` is not why ada got nothing; the ledger says: exited: left
                what happened (- is missing, + was not expected):
                · +0         ada          Left
                the ledger of ada:
                  +0         greeter: exited: left
        "#]],
    );
}

#[test]
fn a_campaign_that_fails_fails_the_scenario_unless_that_is_expected() {
    let trouble = json!({"person": "ada", "event": "Trouble"});
    check(
        json!([trouble]),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/0`: greeter, asked about ada, failed (trap): panicked
                what happened (- is missing, + was not expected):
                · +0         ada          Trouble
                the ledger of ada:
                  +0         greeter: failed (trap): panicked
        "#]],
    );
    let known = json!({"expect_none": {"person": "ada", "because": "failed (trap): panicked"}});
    check(
        json!([trouble, known]),
        expect![[r#"
            file
              ✓ a scenario (0 in 0 ms)
        "#]],
    );
}

#[test]
fn a_call_that_cannot_be_read_fails_the_scenario() {
    check(
        json!([{"segment": {"type": "track", "event": "Signed Up"}}]),
        expect![[r#"
            file
              ✗ a scenario (0 in 0 ms)
                  at `/scenarios/0/steps/0`: the call goes into quarantine: it names nobody: send a `userId`, an `anonymousId` or an e-mail address
                what happened (- is missing, + was not expected):
                · +0                      {"event":"Signed Up","type":"track"}
        "#]],
    );
}

#[test]
fn a_provider_that_refuses_keeps_a_message_from_going_out() {
    let refuses = json!({"channel": "push", "answers": "refuses"});
    let silence = json!({"expect_none": {"person": "ada", "because": "`greeting` was given up"}});
    check(
        json!([refuses, signed_up("ada"), silence]),
        expect![[r#"
            file
              ✓ a scenario (0 in 0 ms)
        "#]],
    );
}

#[test]
fn two_scenarios_know_nothing_of_each_other() {
    let once = || json!([signed_up("ada"), {"expect": {"person": "ada", "step": "greeting"}}]);
    check(
        once(),
        expect![[r#"
            file
              ✓ a scenario (0 in 0 ms)
        "#]],
    );
    check(
        once(),
        expect![[r#"
            file
              ✓ a scenario (0 in 0 ms)
        "#]],
    );
}

#[test]
fn an_expectation_about_nobody_or_nothing_is_refused() {
    let silences = [
        json!({"person": "adda", "because": "left"}),
        json!({"person": "ada", "because": "left", "campaign": "greter"}),
        json!({"person": "ada", "because": "left", "step": "greting"}),
        json!({"person": "ada", "because": "left", "channel": "carrier pigeon"}),
    ];
    let said = silences.map(|silence| {
        let script = read(json!([signed_up("ada"), {"expect_none": silence}]));
        sense::check(&script, &campaigns()).unwrap_err().to_string() + "\n"
    });
    expect![[r#"
        at `/scenarios/0/steps/1/expect_none/person`: `adda` does nothing in this scenario: did you mean `ada`?
        at `/scenarios/0/steps/1/expect_none/campaign`: there is no campaign `greter` here: did you mean `greeter`?
        at `/scenarios/0/steps/1/expect_none/step`: no campaign here has the step `greting`: did you mean `greeting`?
        at `/scenarios/0/steps/1/expect_none/channel`: no campaign here has the channel `carrier pigeon`: use `push`
    "#]]
    .assert_eq(&said.concat());
    let raw = json!({"segment": {"type": "track", "event": "Signed Up", "userId": "adda"}});
    let script = read(json!([raw, {"expect": {"person": "adda", "step": "greeting"}}]));
    sense::check(&script, &campaigns()).unwrap();
}

#[test]
fn every_slip_is_reported_by_its_place() {
    let step = |step: Value| json!({"campaign": "c", "scenarios": [{"name": "n", "steps": [step]}]});
    let mapping = |mappings: Value| json!({"campaign": "c", "mappings": mappings, "scenarios": [{"name": "n", "steps": [{"wait": "1h"}]}]});
    let documents = [
        json!([]),
        json!({}),
        json!({"campaign": "c"}),
        json!({"campaign": "c", "scenarios": []}),
        json!({"campaign": "c", "scenario": []}),
        json!({"campaign": "no/name", "scenarios": []}),
        json!({"campaign": "c", "campaigns": [], "scenarios": []}),
        json!({"campaign": "c", "start": "Monday", "scenarios": []}),
        step(json!({})),
        step(json!({"wiat": "1h"})),
        step(json!({"wait": "soon"})),
        step(json!({"wait": "1h", "event": "Signed Up"})),
        step(json!({"event": "Signed Up"})),
        step(json!({"event": "Signed Up", "person": "ada", "answers": "fails"})),
        step(json!({"event": "Signed Up", "person": "ada", "properties": []})),
        step(json!({"channel": "push", "answers": "refuse"})),
        step(json!({"expect": {"person": "ada"}})),
        step(json!({"expect": {"person": "ada", "step": "first", "chanel": "push"}})),
        step(json!({"expect_none": {"person": "ada"}})),
        step(json!({"expect_none": {"person": 7, "because": "bought"}})),
        mapping(json!({"seen": {"event": "Mail Seen", "engagement": "open"}})),
        mapping(json!({"spring": {"campaign": "x", "is": {"campaign": "d"}}})),
        mapping(json!({
            "one": {"campaign": "x", "is": {"campaign": "c"}}, "two": {"campaign": "X", "is": {"campaign": "c"}},
        })),
    ];
    let said = documents.iter().map(|document| Script::read(document).unwrap_err().to_string() + "\n");
    expect![[r#"
        at `/`: a list is no object: write an object with `module`, `configuration`, `settings`, `campaign`, `campaigns`, `audiences`, `mappings`, `policy`, `start`, `items` or `scenarios`
        at `/`: `campaign` is missing: write it
        at `/`: `scenarios` is missing: write it
        at `/scenarios`: the list is empty: write at least one
        at `/scenario`: `scenario` is not known here: did you mean `scenarios`?
        at `/campaign`: campaign `no/name` is not valid: use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit: use another name
        at `/campaign`: it belongs into one of `campaigns` here: move it there
        at `/start`: `Monday` is no moment: write one like `2026-03-02T08:00:00Z`
        at `/scenarios/0/steps/0`: the step says nothing to do: a step has one of `wait`, `event`, `traits`, `segment`, `item`, `channel`, `expect` and `expect_none`
        at `/scenarios/0/steps/0/wiat`: `wiat` is not known here: did you mean `wait`?
        at `/scenarios/0/steps/0/wait`: `soon` is no span of time: write a number and a unit: `30m`, `12h`, `7d` or `2w`
        at `/scenarios/0/steps/0`: the step is two at once: a step has one of `wait`, `event`, `traits`, `segment`, `item`, `channel`, `expect` and `expect_none`
        at `/scenarios/0/steps/0`: `person` is missing: write it
        at `/scenarios/0/steps/0/answers`: `answers` is not known here: use `event`, `person`, `properties` or `ago`
        at `/scenarios/0/steps/0/properties`: it is no object: write an object, like `{"name": "mug"}`
        at `/scenarios/0/steps/0/answers`: no provider `refuse`: did you mean `refuses`?
        at `/scenarios/0/steps/0/expect`: `step` is missing: write it
        at `/scenarios/0/steps/0/expect/chanel`: `chanel` is not known here: did you mean `channel`?
        at `/scenarios/0/steps/0/expect_none`: `because` is missing: write a part of what the ledger says, like `bought`, so that it is the right silence
        at `/scenarios/0/steps/0/expect_none/person`: `7` is no text: write a text in quotes
        at `/mappings/seen/engagement`: `open` is no engagement: did you mean `opened`?
        at `/mappings/spring/is/campaign`: there is no campaign `d`: did you mean `c`?
        at `/mappings/two`: it maps the same as `one`: leave one of the two out
    "#]].assert_eq(&said.collect::<String>());
}
