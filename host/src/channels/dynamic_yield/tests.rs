//! Dynamic Yield against its documents.

use std::time::Duration;

use expect_test::expect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::DynamicYield;
use crate::channels::asked::Asked;
use crate::channels::conformance::{self, Expected, Subject, deliver_all, expected_of_api, loopback, message};
use crate::channels::http::Answer;
use crate::channels::scripted::{Behaviour, Request, Scripted};
use crate::channels::{Http, Message, Provider as _, Receipt};
use crate::domain::Json;

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &DynamicYield,
    settings: |url| json!({"api_key": "key-hush", "url": url}),
    expected,
    ..Subject::PLAIN
};

/// Of a success, nobody knows what it says.
fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        AcceptsWithoutBody | SaysNonsense | BreaksOffInTheBody | DripsItsBody | AnswersWithoutEnd => Expected::Accepted,
        behaviour => expected_of_api(behaviour),
    }
}

fn about(content: Value, message: Message) -> Message {
    Message { content: Json::from(&content), ..message }
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

#[test]
fn a_message_is_an_event_of_its_person() {
    let content = json!({
        "title": "Your cart 🛒", "body": "It waits – still", "data": {"price": 3.5, "tags": ["a🛒"], "more": {"b🛒": "c🛒"}},
        "dynamic-yield": {"event": "Cart abandoned"},
    });
    let request = sent(&json!({}), &about(content, message(1)));
    assert_eq!(request.line, "POST /v2/collect/user/event HTTP/1.1");
    assert_eq!(request.headers["dy-api-key"], "k1");
    assert_eq!(request.headers["content-type"], "application/json");
    let body: Value = serde_json::from_str(&request.body).unwrap();
    expect![[r#"
        {
          "events": [
            {
              "name": "Cart abandoned",
              "properties": {
                "body": "It waits – still",
                "more": {
                  "b": "c"
                },
                "price": 3.5,
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push",
                "tags": [
                  "a"
                ],
                "title": "Your cart "
              }
            }
          ],
          "session": {
            "custom": "msg_00112233445566778899aabbccddeeff"
          },
          "user": {
            "id": "user-1"
          }
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&body).unwrap());
}

#[test]
fn the_event_is_the_contents_or_the_settings_or_the_usual_one() {
    let name = |settings: Value, content: Value| {
        let body: Value = serde_json::from_str(&sent(&settings, &about(content, message(1))).body).unwrap();
        body["events"][0]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(name(json!({}), json!({})), "Rekindle Message");
    assert_eq!(name(json!({"event": "Win back"}), json!({})), "Win back");
    assert_eq!(name(json!({"event": "Win back"}), json!({"dynamic-yield": {"event": "Cart"}})), "Cart");
}

#[test]
fn a_failure_is_told_in_dynamic_yields_words() {
    let said = |status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, retry_after: None, body: body.as_bytes().to_vec(), asked: Asked::nothing() };
        super::receipt(&answer)
    };
    assert_eq!(said(200, ""), Receipt::Accepted { note: Some("Dynamic Yield answered 200 OK".to_owned()) });
    let refused = "Dynamic Yield answered 422 Unprocessable Entity: user is missing";
    assert_eq!(said(422, r#"{"message": "user is missing"}"#), Receipt::Refused { reason: refused.to_owned() });
    assert!(
        matches!(said(401, r#"{"error": "unknown key"}"#), Receipt::Retry { reason, .. } if reason.contains("unknown key"))
    );
    assert!(matches!(said(429, ""), Receipt::Retry { .. }));
}

#[test]
fn content_and_people_that_dynamic_yield_cannot_take_are_refused_with_what_it_takes() {
    let check = |message: &Message, wanted: &str| {
        let scripted = Scripted::start(Behaviour::Accepts);
        let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
        let receipts = deliver_all(&channel, std::slice::from_ref(message));
        let Receipt::Refused { reason } = &receipts[0] else { panic!("{message:?} gave {receipts:?}") };
        assert!(reason.contains(wanted) && !reason.contains("hush"), "{message:?} gave {reason}");
        assert!(scripted.requests().is_empty(), "nothing should be sent before it is refused");
    };
    check(&about(json!("hush"), message(1)), "should be a JSON object");
    check(&about(json!({"data": ["hush"]}), message(1)), "`data` should be an object");
    check(&about(json!({"dynamic-yield": {"event": 7}}), message(1)), "`dynamic-yield.event` should be a text");
    check(&Message { user_id: None, ..message(1) }, "by a user id");
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = DynamicYield.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({"region": "eu"}), "`api_key` is missing");
    check(json!({"api_key": "hush"}), "`region` should be where your account is");
    check(json!({"api_key": "hush", "region": "hush"}), "`region` should be where your account is");
    check(json!({"api_key": "hush", "region": "us", "event": " "}), "`event` should be as the provider shows it");
    check(json!({"api_key": "hush", "url": "hush"}), "`url` is no address");
}

#[test]
fn each_data_centre_has_an_address_of_its_own() {
    let url = |region: &str| {
        let settings = json!({"api_key": "k", "region": region});
        super::Settings::parse(&settings, &loopback()).ok().unwrap().0.url.to_string()
    };
    assert_eq!((url("us").as_str(), url("eu").as_str()), ("https://dy-api.com/", "https://dy-api.eu/"));
}

/// The request that a message comes to, with settings that are added to those that are needed.
fn sent(more: &Value, message: &Message) -> Request {
    let scripted = Scripted::start(Behaviour::Accepts);
    let mut settings = json!({"api_key": "k1", "url": format!("http://{}/", scripted.address)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let kept = DynamicYield.validate(&settings, &loopback()).unwrap();
    let channel = DynamicYield.open(&kept, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    let receipts = deliver_all(&channel, std::slice::from_ref(message));
    assert!(matches!(receipts[0], Receipt::Accepted { .. }), "{receipts:?}");
    let [request] = scripted.requests().try_into().unwrap();
    request
}
