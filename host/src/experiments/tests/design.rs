//! What designs say, and what they refuse.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::domain::{
    Call, CampaignName, Event, Group, HoldOut, Identities, Json, MessageId, PersonFacts, Timestamp, TouchKind, limits,
};
use crate::experiments::Metric;

const DOCUMENTATION: &str = include_str!("../../../../docs/experiments.md");

#[test]
fn the_documentations_settings_read_back_as_they_are_written() {
    let blocks = DOCUMENTATION.split("```").skip(1).step_by(2).filter_map(|block| block.strip_prefix("json\n"));
    let examples: Vec<Value> = blocks.map(|block| serde_json::from_str(block).unwrap()).collect();
    assert!(examples.len() >= 5, "the examples should have been found");
    for example in examples {
        assert_eq!(Settings::read(&example).unwrap().document(), example);
    }
}

#[test]
fn what_is_usual_is_left_out() {
    let written = json!({
        "variations": [{"name": "a"}, {"name": "b", "weight": 3}], "hold_out_percent": 0,
        "attribution": {"days": 7, "to": "click"},
        "winner": {"by": "rate", "probability_percent": 95, "days": 14, "people": 1000, "apply": false}
    });
    assert_eq!(design(&written).document(), json!({"variations": {"a": 1, "b": 3}}));
    assert_eq!(design(&json!({"attribution": {"hours": 48}})).document(), json!({"attribution": {"days": 2}}));
    assert_eq!(design(&json!({})), Design::default());
}

#[test]
fn groups_have_the_order_of_the_design() {
    let design = design(&json!({"variations": [{"name": "b"}, {"name": "a"}]}));
    let treated = |name: &str| Group::Treated(Some(variation(name)));
    let held_out = HoldOut::ALL.map(Group::HeldOut);
    assert_eq!(design.groups(), [&[treated("b"), treated("a")], &held_out[..]].concat());
    assert_eq!(Design::default().groups()[0], Group::Treated(None));
}

#[test]
fn a_conversion_is_known_by_its_event_and_worth_what_it_says() {
    let event = |call: Call, name: &str, value: Value| Event {
        id: MessageId::parse("m").unwrap(),
        call,
        name: name.to_owned(),
        at: Timestamp::EPOCH,
        identities: Identities::default(),
        facts: PersonFacts::default(),
        engagement: None,
        test: false,
        body: Json::from(&json!({"properties": {"revenue": value}})),
    };
    let metric = |value: Option<&str>| Metric { event: "Order Completed".into(), value: value.map(str::to_owned) };
    for (event, value, worth) in [
        (event(Call::Track, "Order Completed", json!(39.95)), Some("/properties/revenue"), Some(39_950_000)),
        (event(Call::Track, "order_completed", json!("39.95")), Some("revenue"), Some(39_950_000)),
        (event(Call::Track, "Order Completed", json!(-1)), Some("revenue"), Some(-1_000_000)),
        (event(Call::Track, "Order Completed", json!(1)), None, Some(0)),
        (event(Call::Track, "Order Completed", json!("much")), Some("revenue"), Some(0)),
        (event(Call::Track, "Order Completed", json!(1e300)), Some("revenue"), Some(0)),
        (event(Call::Track, "Order Refunded", json!(1)), Some("revenue"), None),
        (event(Call::Page, "Order Completed", json!(1)), Some("revenue"), None),
    ] {
        assert_eq!(metric(value).measure(&event), worth, "{event:?}");
    }
}

#[test]
fn the_salt_is_the_campaigns_name_where_nothing_is_said() {
    let campaign = CampaignName::parse("winback").unwrap();
    assert_eq!(Design::default().salt(&campaign), "winback");
    assert_eq!(design(&json!({"salt": "second"})).salt(&campaign), "second");
    assert_eq!(design(&json!({"attribution": {"to": "open"}})).attribution.to, TouchKind::Open);
}

#[test]
fn what_is_wrong_is_named_by_its_place() {
    let many: serde_json::Map<String, Value> = (0..11).map(|number| (format!("v{number}"), json!(1))).collect();
    let said = [
        json!([]),
        json!({"variation": {"a": 1, "b": 1}}),
        json!({"variations": "a"}),
        json!({"variations": {"a": 1}}),
        json!({"variations": many}),
        json!({"variations": {"a": 1, "b": 0.5}}),
        json!({"variations": {"a": 1, "b": 10_001}}),
        json!({"variations": {"a": 0, "b": 0}}),
        json!({"variations": {"a": 1, "b/c": 1}}),
        json!({"variations": [{"name": "a"}, {"name": "a"}]}),
        json!({"variations": [{"name": "a"}, {"weight": 1}]}),
        json!({"variations": [{"name": "a", "share": 1}]}),
        json!({"hold_out_percent": 51}),
        json!({"hold_out_percent": -1}),
        json!({"salt": ""}),
        json!({"salt": "s".repeat(limits::SALT_BYTES_MAX + 1)}),
        json!({"conversion": {"value": "revenue"}}),
        json!({"conversion": {"event": "e".repeat(limits::EVENT_NAME_BYTES_MAX + 1)}}),
        json!({"conversion": {"event": "e", "value": "v".repeat(limits::POINTER_BYTES_MAX + 1)}}),
        json!({"attribution": {"days": 91}}),
        json!({"attribution": {"days": 1, "hours": 1}}),
        json!({"attribution": {"to": "clicks"}}),
        json!({"winner": {"by": "sum"}}),
        json!({"winner": {"probability_percent": 100}}),
        json!({"conversion": {"event": "e"}, "winner": {"by": "value"}}),
        json!({"winner": {"apply": true}}),
    ]
    .map(|document| Settings::read(&json!({"experiment": document})).unwrap_err().to_string());
    expect![[r#""#]].assert_eq(&said.join("\n"));
}
