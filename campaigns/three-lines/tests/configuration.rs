//! What a tenant may set, and what a tenant is told about mistakes.

use rekindle_guest::EngagementKind::Delivered;
use rekindle_guest::testing::{self, Run};
use serde_json::{Value, json};
use three_lines::ThreeLines;

fn refusal(configuration: Value) -> String {
    testing::configure::<ThreeLines>(&configuration).expect_err("it should be refused")
}

#[test]
fn nothing_needs_to_be_set() {
    let manifest = testing::configure::<ThreeLines>(&json!({})).unwrap();
    assert_eq!(manifest.steps, ["push", "email", "ads", "ads-remove"]);
    assert_eq!(manifest.channels, ["push", "email", "ads"]);
}

#[test]
fn everything_can_be_set() {
    let run = Run::of::<ThreeLines>(json!({
        "wait": "2h",
        "coupon": "TEN",
        "push": {
            "channel": "batch", "wait": 1800, "title": "{{count}} left", "body": "{{first_item}}: {{total}}",
            "deep_link": "shop://cart?coupon={{coupon}}",
        },
        "email": { "channel": "braze", "subject": "{{ items }}", "template": "cart" },
        "ads": { "channel": "facebook", "wait": "3d", "audience": "almost" },
    }))
    .event("Product Added", json!({ "name": "Hat", "price": 20, "quantity": 2, "currency": "EUR" }))
    .wait("10d")
    .engagement(Delivered, "push")
    .wait("10d")
    .engagement(Delivered, "email")
    .wait("10d");
    assert_eq!(
        run.timeline(),
        "+0s entered\n\
         +30m push over batch\n\
         +242h email over braze\n\
         +23d ads over facebook\n\
         +23d exited: all lines used\n"
    );
    let [push, email, ads] = run.instructions() else {
        panic!("three messages should have gone out");
    };
    assert_eq!(push.content["title"], "2 left");
    assert_eq!(push.content["body"], "Hat: 40.00 EUR");
    assert_eq!(push.content["deep_link"], "shop://cart?coupon=TEN");
    assert_eq!((&email.content["subject"], &email.content["template"]), (&json!("Hat × 2"), &json!("cart")));
    assert_eq!(email.content.get("body"), None);
    assert_eq!(ads.content["audience"], "almost");
}

#[test]
fn a_misspelt_key_is_refused_with_its_place_and_the_right_ones() {
    let err = refusal(json!({ "push": { "titel": "Hi" } }));
    assert!(err.contains("`push") && err.contains("`titel`") && err.contains("`title`"), "{err}");
}

#[test]
fn a_misspelt_placeholder_is_refused_with_its_place() {
    let err = refusal(json!({ "email": { "subject": "{{itmes}} wait" } }));
    assert!(err.starts_with("configuration at `email.subject`: unknown placeholder `{{itmes}}`"), "{err}");
}

#[test]
fn a_wait_out_of_bounds_is_refused_with_its_place() {
    let err = refusal(json!({ "ads": { "wait": "91d" } }));
    assert_eq!(err, "configuration at `ads.wait`: `91d` is out of bounds; a wait is 1 second to 90 days");
}

#[test]
fn a_wrong_type_is_refused_with_its_place() {
    let err = refusal(json!({ "push": { "title": 5 } }));
    assert!(err.starts_with("configuration at `push.title`: invalid type"), "{err}");
    let err = refusal(json!([]));
    assert!(err.contains("should be an object"), "{err}");
}

#[test]
fn an_empty_name_is_refused() {
    let err = refusal(json!({ "ads": { "audience": " " } }));
    assert!(err.starts_with("configuration at `ads.audience`: a name is needed"), "{err}");
}

#[test]
fn without_a_coupon_no_text_may_offer_one() {
    let err = refusal(json!({ "coupon": "" }));
    assert!(err.starts_with("configuration at `push.body`"), "{err}");
    let texts = json!({ "coupon": "", "push": { "body": "{{items}}" }, "email": { "body": "{{items}}" } });
    let run = Run::of::<ThreeLines>(texts).event("Product Added", json!({})).wait("1h");
    assert_eq!(run.last().content["data"].get("coupon"), None);
}

#[test]
fn the_schema_tells_the_defaults_and_describes_every_key() {
    let schema = testing::schema::<ThreeLines>();
    assert_eq!(schema["properties"]["wait"]["default"], "1h");
    assert_eq!(schema["properties"]["ads"]["default"]["audience"], "abandoned-cart");
    assert_eq!(schema["additionalProperties"], false);
    for (key, property) in schema["properties"].as_object().unwrap() {
        assert!(property["description"].is_string(), "`{key}` lacks a description");
    }
}
