//! What a tenant reads about a journey that cannot work: the place, what is wrong, what would do.

use journey::Configured;
use rekindle_guest::testing;
use serde_json::{Value, json};

#[track_caller]
fn refused(journey: &Value, expected: &str) {
    match testing::configure::<Configured>(journey) {
        Ok(_) => panic!("it should be refused: {expected}"),
        Err(err) => assert_eq!(err, expected),
    }
}

/// A journey with these steps.
fn with(steps: &Value) -> Value {
    json!({"trigger": {"event": "Product Added"}, "steps": steps})
}

fn sms(step: &str) -> Value {
    json!({"message": step, "to": [{"channel": "sms", "body": "hello"}]})
}

#[test]
fn a_journey_that_can_work_is_taken() {
    let manifest = testing::configure::<Configured>(&with(&json!([{"wait": "1h"}, sms("first")]))).unwrap();
    assert_eq!((manifest.steps, manifest.channels), (vec!["first".to_owned()], vec!["sms".to_owned()]));
}

#[test]
fn a_step_that_cannot_be_is_refused_at_its_place() {
    let step = |step: Value| with(&json!([step, sms("first")]));
    refused(
        &step(json!({"wait": "4m"})),
        "configuration at `steps[0]`: `wait` of 4m is too short; a journey waits 5 minutes to 90 days",
    );
    refused(
        &step(json!({"wait": "91d"})),
        "configuration at `steps[0].wait`: `91d` is out of bounds; a wait is 1 second to 90 days",
    );
    refused(
        &step(json!({"pause": "1h"})),
        "configuration at `steps[0].pause`: unknown field `pause`, expected one of `name`, `wait`, `wait_until`, `at_most`, \
         `otherwise`, `unless`, `message`, `to`, `expires`, `split`, `yes`, `no`, `exit`",
    );
    refused(
        &step(json!({})),
        "configuration at `steps[0]`: a step needs one of `wait`, `wait_until`, `message`, `split` or `exit`",
    );
    refused(
        &step(json!({"wait": "1h", "exit": "done"})),
        "configuration at `steps[0]`: `exit` does not go with the rest of this step; a step has one of `wait`, `wait_until`, \
         `message`, `split` or `exit`",
    );
    refused(
        &step(json!({"wait_until": {"event": "Order Completed"}})),
        "configuration at `steps[0]`: `wait_until` needs `at_most`: the longest that it waits",
    );
    refused(
        &step(json!({"wait_until": {"reachable": "push"}, "at_most": "1d"})),
        "configuration at `steps[0].wait_until`: nothing that happens can end this wait; name an `event`, an `engagement` or a \
         `trait` in it",
    );
    refused(
        &step(json!({"wait": "1h", "unless": "bought"})),
        "configuration at `steps[0].unless`: `\"bought\"` is no condition",
    );
    refused(
        &step(json!({"message": "zero", "to": []})),
        "configuration at `steps[0]`: a message needs `to`: at least one delivery, like `{\"channel\": \"push\", …}`",
    );
    refused(
        &step(json!({"message": "zero", "to": [{"channel": "push", "title": "hello"}]})),
        "configuration at `steps[0].to[0]`: the channel `push` needs `body`",
    );
    refused(
        &step(json!({"message": "zero", "to": [{"channel": "sms", "body": "{{cart}}"}]})),
        "configuration at `steps[0].to[0]`: the place `{{cart}}` is not known; write `{{count}}`, `{{items}}`, `{{trigger.…}}`, \
         `{{item.…}}` or `{{trait.…}}`, perhaps with `| default: \"…\"`",
    );
    refused(
        &step(json!({"message": "zero", "to": [{"channel": "sms", "body": "{{items"}]})),
        "configuration at `steps[0].to[0]`: the place that begins with `{{items` has no end: write `}}`",
    );
    refused(
        &step(json!({"message": "zero", "to": [{"channel": "sms", "body": "{{items | upcase}}"}]})),
        "configuration at `steps[0].to[0]`: the filter `upcase` is not known; write `| default: \"…\"`",
    );
}

#[test]
fn steps_that_do_not_fit_together_are_refused() {
    let split = |yes: &str, no: &str| json!({"split": {"trait": "vip", "exists": true}, "yes": yes, "no": no});
    refused(
        &with(&json!([split("first", "secnd"), sms("first"), sms("second")])),
        "configuration at `steps[0].no`: there is no step `secnd`; there are `first`, `second`",
    );
    refused(
        &with(&json!([sms("first"), split("first", "second"), sms("second")])),
        "configuration at `steps[1].yes`: `first` comes before; a journey only goes on",
    );
    refused(
        &with(&json!([split("first", "first"), sms("first")])),
        "configuration at `steps[0]`: both ways of the split are the same: name a step for `yes`, for `no`, or two for both",
    );
    refused(
        &with(&json!([sms("first"), {"exit": "done"}, sms("second")])),
        "configuration at `steps[2]`: no way leads to this step; take it out, or go to it",
    );
    refused(
        &with(&json!([sms("first"), sms("first")])),
        "configuration at `steps[1]`: another step is called `first` too",
    );
    refused(
        &with(&json!([{"wait": "1h"}])),
        "configuration at `steps`: no step sends anything; write at least a message",
    );
    refused(&with(&json!([])), "configuration at `steps`: there is no step; write at least a message");
    let eleven: Vec<Value> = (0..11).map(|number| sms(&format!("step {number}"))).collect();
    refused(&with(&json!(eleven)), "configuration at `steps[10]`: a variation has at most 10 steps");
    refused(
        &with(&json!([
            {"wait_until": {"event": "A"}, "at_most": "1d", "otherwise": "later"},
            sms("first")
        ])),
        "configuration at `steps[0].otherwise`: there is no step `later`; there are `first`",
    );
}

#[test]
fn a_trigger_that_cannot_be_is_refused() {
    let trigger = |trigger: Value, why: &str| {
        let journey = json!({"trigger": trigger, "steps": [sms("first")]});
        refused(&journey, &format!("configuration at `trigger{why}"));
    };
    trigger(
        json!({}),
        "`: nothing says what begins a run: write one of `event`, `call`, `engagement`, `trait`, `item`, `schedule`",
    );
    trigger(json!({"event": ""}), "`: the event's name is empty");
    trigger(json!({"call": "identfy"}), "`: the call `identfy` is not known; `identify` and `page` are some");
    trigger(
        json!({"engagement": "clicked", "of": {"label": "winback", "step": "first"}}),
        "`: `of` is `\"mine\"`, or an object with `channel`, with `label`, or with `campaign` and perhaps `step`",
    );
    trigger(
        json!({"engagement": "clicked", "from": "push"}),
        "`: `from` does not go with `engagement`; these do: of, channel, detail",
    );
    trigger(json!({"trait": "plan", "channel": "push"}), "`: `channel` does not go with `trait`; these do: from, to");
    trigger(json!({"item": "price", "of": "basket"}), "`: `of` is `\"cart\"`, `\"viewed\"` or `\"any\"` for an item");
    trigger(
        json!({"item": "price", "by": "10%"}),
        "`: `by` says how far a value went: write a `change` of `drop` or `rise` with it",
    );
    trigger(
        json!({"item": "price", "change": "drop", "by": "ten"}),
        ".by`: \"ten\" is no difference; write `\"10%\"`, or a number above 0",
    );
    trigger(
        json!({"item": "price", "change": "fall"}),
        ".change`: unknown variant `fall`, expected one of `drop`, `rise`, `any`",
    );
    trigger(
        json!({"schedule": {}, "item": "price"}),
        "`: `schedule` does not go with `item`; these do: change, by, of",
    );
    refused(
        &with(&json!([{"message": "first", "to": [{"channel": "sms", "body": "{{item.name}}"}]}])),
        "configuration at `steps[0].to`: `{{item.name}}` is about an item that changed, and no `item` begins this journey",
    );
}

#[test]
fn variations_and_triggers_are_checked() {
    let journey = |more: Value| {
        let mut journey = json!({"trigger": {"event": "Product Added"}});
        journey.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        journey
    };
    let way = |name: &str, weight: u32| json!({"name": name, "weight": weight, "steps": [sms("first")]});
    refused(
        &journey(json!({"steps": [sms("first")], "variations": [way("a", 1)]})),
        "configuration at `variations`: a journey has either `steps` or `variations`",
    );
    refused(
        &journey(json!({"variations": [way("a", 1), way("a", 1)]})),
        "configuration at `variations[1].name`: the name `a` is there twice",
    );
    refused(
        &journey(json!({"variations": [way("a", 0), way("b", 0)]})),
        "configuration at `variations`: nobody gets any variation: every weight is 0",
    );
    refused(
        &journey(json!({"variations": [{"name": "a", "steps": [{"wait": "1h"}]}]})),
        "configuration at `variations[0].steps`: no step sends anything; write at least a message",
    );
    refused(
        &journey(json!({"steps": [sms("first")], "trigger": {"event": "A", "trait": "plan"}})),
        "configuration at `trigger`: `trait` does not go with `event`, which stands alone",
    );
    refused(
        &journey(json!({"steps": [sms("first")], "trigger": {"engagement": "clickd"}})),
        "configuration at `trigger`: the engagement `clickd` is not known; `delivered`, `opened` and `clicked` are some",
    );
    refused(
        &journey(json!({"steps": [sms("first")], "retrigger": "restart"})),
        "configuration at `retrigger`: unknown variant `restart`, expected one of `replace`, `ignore`, `parallel`",
    );
    refused(&json!({"steps": [sms("first")]}), "configuration: missing field `trigger`");
}
