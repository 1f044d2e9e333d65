//! What begins a run, where no host has to be asked: items, schedules, and what texts say of them.

use journey::Configured;
use rekindle_guest::testing::Run;
use serde_json::{Value, json};

fn journey(trigger: Value, text: &str) -> Run<Configured> {
    Run::of(json!({"trigger": trigger, "steps": [
        {"wait": "1h"}, {"message": "first", "to": [{"channel": "sms", "body": text}]},
    ]}))
}

#[test]
fn a_price_that_drops_by_enough_begins_a_run_and_the_text_speaks_of_the_item() {
    let run = journey(
        json!({"item": "price", "change": "drop", "by": "10%", "of": "cart"}),
        "{{item.name}}: {{trigger.after}} instead of {{trigger.before}}, {{items}}",
    );
    let run = run.with_item("mug", json!({"name": "Mug", "price": 20}));
    let run = run.item_becomes("mug", "price", json!(19)).item_becomes("mug", "price", json!(15)).wait("1h");
    assert_eq!(run.instructions().len(), 1);
    assert_eq!(run.last().content["body"], "Mug: 15 instead of 19, Mug");
}

#[test]
fn the_drops_of_several_items_make_one_message() {
    let run = journey(json!({"item": "price", "change": "drop"}), "{{count}}: {{items}}");
    let run =
        run.with_item("mug", json!({"name": "Mug", "price": 20})).with_item("hat", json!({"name": "Hat", "price": 9}));
    let run = run.item_becomes("mug", "price", json!(19)).item_becomes("hat", "price", json!(8)).wait("1h");
    assert_eq!(run.last().content["body"], "2: Mug and Hat");
}

#[test]
fn an_attribute_that_only_becomes_another_is_no_drop() {
    let run = journey(json!({"item": "stock", "change": "drop"}), "{{item.name}}");
    let run = run.with_item("mug", json!({"name": "Mug", "stock": "plenty"}));
    assert!(run.item_becomes("mug", "stock", json!("few")).item_becomes("mug", "price", json!(1)).timers().is_empty());
}

#[test]
fn a_moment_begins_a_run() {
    let run = journey(json!({"schedule": {"at": "2027-01-17T12:00:00Z"}}), "now").schedule().wait("1h");
    assert_eq!(run.last().content["body"], "now");
}
