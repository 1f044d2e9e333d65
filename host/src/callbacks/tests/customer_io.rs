//! Customer.io's words, and a signature that its users published.

use expect_test::expect;
use serde_json::{Value, json};

use super::*;
use crate::callbacks::customer_io::{CustomerIo, SIGNATURE, TIMESTAMP, WORDS};

/// healthjoy/async-customerio, `tests/test_validate_signature.py`.
const KEY: &str = "755781b5e03a973f3405a85474d5a032a60fd56fabaad66039b12eadd83955fa";
const VECTOR: &str = "c097b83a7d57a0810625180a61213eab7e0389a54b33dd11c3a6f17790c8427a";
const BODY: &str = "{\"data\":{\"action_id\":42,\"campaign_id\":23,\"content\":\"Welcome to the club, we are with you.\",\
    \"customer_id\":\"user-123\",\"delivery_id\":\"RAECAAFwnUSneIa0ZXkmq8EdkAM==\",\"headers\":{\"Custom-Header\":[\"custom-value\"]},\
    \"identifiers\":{\"id\":\"user-123\"},\"recipient\":\"test@example.com\",\"subject\":\"Thanks for signing up\"},\
    \"event_id\":\"01E2EMRMM6TZ12TF9WGZN0WJQT\",\"metric\":\"sent\",\"object_type\":\"email\",\"timestamp\":1692633432}";

#[test]
fn a_published_vector_verifies_and_nothing_near_it() {
    let vector = request(&[(SIGNATURE, VECTOR), (TIMESTAMP, "1692633432")], BODY.as_bytes());
    check_signature(&CustomerIo, KEY, "other", &vector);
    for (signature, timestamp) in
        [(VECTOR, "1692633433"), ("", "1692633432"), (&VECTOR[1..], "1692633432"), ("zz", "1692633432")]
    {
        let forged = request(&[(SIGNATURE, signature), (TIMESTAMP, timestamp)], BODY.as_bytes());
        assert!(matches!(CustomerIo.verify(KEY, &forged), Err(Unverified::Wrong { .. })), "{signature} {timestamp}");
    }
    assert_eq!(
        picture(&CustomerIo, BODY),
        "email sent [23 42 -] of user-123 at 2023-08-21T15:57:12 as callback:customer-io:01E2EMRMM6TZ12TF9WGZN0WJQT\n"
    );
}

#[test]
fn every_word_has_its_meaning() {
    check_words(&CustomerIo, WORDS, |word| {
        let (object, metric) = word.split_once(' ').unwrap();
        json!({"object_type": object, "metric": metric, "data": {"identifiers": {"id": "u1"}}}).to_string()
    });
}

fn event(object: &str, metric: &str, data: Value) -> String {
    let mut event = json!({
        "event_id": format!("{object}-{metric}"), "object_type": object, "metric": metric, "timestamp": 1_767_322_800,
        "data": {"identifiers": {"id": "u1", "email": "ada@example.com", "cio_id": "c"}, "delivery_id": "d1", "transactional_message_id": 7},
    });
    let members = data.as_object().unwrap().clone();
    event["data"].as_object_mut().unwrap().extend(members);
    event.to_string()
}

#[test]
fn what_is_told_is_about_the_channel_that_it_names() {
    let device = |id: &str| json!({"device_id": id, "device_platform": "ios"});
    let told = [
        event(
            "email",
            "clicked",
            json!({"recipient": "ada@example.com", "href": "https://shop.example/", "link_id": 1}),
        ),
        event("email", "bounced", json!({"recipient": "ada@example.com", "failure_message": "unknown"})),
        event("email", "spammed", json!({"recipient": "ada@example.com"})),
        event("push", "opened", json!({"recipients": [device("t1")]})),
        event("push", "bounced", json!({"recipients": [device("t1")]})),
        event("push", "bounced", json!({"recipients": [device("t1"), device("t2")]})),
        event("sms", "bounced", json!({"recipient": "+491701234567"})),
        event("in_app", "clicked", json!({})),
        event("customer", "unsubscribed", json!({})),
        event("customer", "subscribed", json!({})),
        event("customer", "subscription_preferences_changed", json!({})),
        event("email", "attempted", json!({})),
        event("slack", "sent", json!({})),
    ];
    let pictures: String = told.iter().map(|event| picture(&CustomerIo, event)).collect();
    expect![[r#"
        email clicked [7 - https://shop.example/] of u1 at 2026-01-02T03:00:00 as callback:customer-io:email-clicked
        email bounced [7 - -], lost email ada@example.com of u1 at 2026-01-02T03:00:00 as callback:customer-io:email-bounced
        email complained [7 - -] of u1 at 2026-01-02T03:00:00 as callback:customer-io:email-spammed
        push opened [7 - -] of u1 at 2026-01-02T03:00:00 as callback:customer-io:push-opened
        push bounced [7 - -], lost push t1 of u1 at 2026-01-02T03:00:00 as callback:customer-io:push-bounced
        push failed [7 - -] of u1 at 2026-01-02T03:00:00 as callback:customer-io:push-bounced
        sms bounced [7 - -], lost phone +491701234567 of u1 at 2026-01-02T03:00:00 as callback:customer-io:sms-bounced
        in-app clicked [7 - -] of u1 at 2026-01-02T03:00:00 as callback:customer-io:in_app-clicked
        everything unwanted of u1 at 2026-01-02T03:00:00 as callback:customer-io:customer-unsubscribed
        everything welcome of u1 at 2026-01-02T03:00:00 as callback:customer-io:customer-subscribed
        ignored: no_message
        ignored: on_the_way
        ignored: unknown
    "#]]
    .assert_eq(&pictures);
}
