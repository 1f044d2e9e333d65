//! Batch against its documents.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Batch, answer};
use crate::channels::asked::Asked;
use crate::channels::conformance::{self, Subject, deliver_all, expected_of_api, in_words, loopback, message};
use crate::channels::http::Answer;
use crate::channels::judged::{Judged, only_ours, only_theirs, otherwise};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Channel, Http, Message, Provider as _, Receipt};
use crate::domain::Json;

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Batch,
    settings: |url| json!({"api_key": "key-hush", "project_key": "project-hush", "url": url}),
    answers: ANSWERS,
    expected: expected_of_api,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &Batch,
    recording: include_str!("../../../../tests/fixtures/judged/batch.json"),
    page: include_str!("../../../../docs/channels/batch.md"),
    base: |settings| super::Settings::parse(settings, &loopback()).unwrap().0.url,
    answers: ANSWERS,
    differences: &[
        otherwise("/url", "Segment speaks version 2.6, and Batch documents 2.11"),
        only_theirs("/body/*/attributes", "a message changes nothing of the profile"),
        only_ours(
            "/body/*/events/*/attributes/total_price",
            "Batch wants names of small letters, digits and `_`: Segment leaves that to the user",
        ),
        only_theirs("/body/*/events/*/attributes/Total Price", "the same"),
    ],
};

/// The second of several updates is bad, in words that repeat the request.
const ANSWERS: Answers = Answers {
    accepted: Some(|_| r#"{"code":"SUCCESS"}"#.to_owned()),
    partly: Some(|request| match serde_json::from_str::<Vec<Value>>(&request.body).unwrap().len() {
        1 => (202, r#"{"code":"SUCCESS"}"#.to_owned()),
        _ => {
            let error = json!({"category": "EVENT", "bulk_index": 1, "reason": format!("bad: {}", request.body)});
            (202, json!({"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error]}).to_string())
        }
    }),
};

fn about(content: Value, message: Message) -> Message {
    Message { content: Json::from(&content), ..message }
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

#[test]
fn a_message_is_an_event_of_its_persons_profile() {
    let content = json!({
        "title": "Your cart", "body": "It waits", "image": "https://example.com/mug.png",
        "data": {"Total Price": 3.5, "ends": "2026-01-02T03:04:05Z", "items": [{"name": "mug", "link": "https://example.com/mug"}]},
        "batch": {"event": "Cart abandoned"},
    });
    let request = sent(&json!({}), &about(content, message(1)));
    assert_eq!(request.line, "POST /2.11/profiles/update HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer k1");
    assert_eq!(request.headers["x-batch-project"], "p1");
    assert_eq!(request.headers["content-type"], "application/json");
    expect![[r#"
        [
          {
            "events": [
              {
                "attributes": {
                  "body": "It waits",
                  "date(ends)": "2026-01-02T03:04:05Z",
                  "items": [
                    {
                      "name": "mug",
                      "url(link)": "https://example.com/mug"
                    }
                  ],
                  "rekindle_campaign": "three-lines",
                  "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                  "rekindle_profile": "u1",
                  "rekindle_step": "push",
                  "title": "Your cart",
                  "total_price": 3.5,
                  "url(image)": "https://example.com/mug.png"
                },
                "name": "cart_abandoned"
              }
            ],
            "identifiers": {
              "custom_id": "user-1"
            }
          }
        ]"#]]
    .assert_eq(&pretty(&request));
}

#[test]
fn the_event_is_the_contents_or_the_settings_or_the_usual_one() {
    let name = |settings: Value, content: Value| {
        let body: Value = serde_json::from_str(&sent(&settings, &about(content, message(1))).body).unwrap();
        body[0]["events"][0]["name"].as_str().unwrap().to_owned()
    };
    assert_eq!(name(json!({}), json!({})), "rekindle_message");
    assert_eq!(name(json!({"event": "Win back"}), json!({})), "win_back");
    assert_eq!(name(json!({"event": "Win back"}), json!({"batch": {"event": "cart"}})), "cart");
}

#[test]
fn every_documented_answer_has_its_meaning() {
    let check = |status, body: Value, wanted: &[&str]| assert_eq!(said(status, &body, wanted.len()), wanted);
    let taken = "accepted: Batch took it";
    check(202, json!({"code": "SUCCESS"}), &[taken, taken]);
    let error = json!({"category": "EVENT", "bulk_index": 1, "reason": "name is required", "attribute": "name"});
    check(
        202,
        json!({"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error]}),
        &[taken, "refused: Batch did not take it: name is required"],
    );
    let error = json!({"bulk_index": 0});
    check(202, json!({"code": "SUCCESS_WITH_PARTIAL_ERRORS", "errors": [error]}), &["refused: Batch did not take it"]);
    check(200, json!({"code": "OK"}), &["retry: Batch answered what cannot be read"]);
    let of_both = "retry: Batch answered 400 Bad Request: no array (said of 2 messages at once: each goes alone now)";
    check(400, json!({"error_code": "MALFORMED", "error_message": "no array"}), &[of_both, of_both]);
    let refused = "retry: Batch answered 401 Unauthorized: no such key; set a key that is good for this";
    check(401, json!({"error_code": "AUTHENTICATION_INVALID", "error_message": "no such key"}), &[refused]);
    check(429, json!({}), &["retry: Batch answered 429 Too Many Requests"]);
}

#[test]
fn content_and_people_that_batch_cannot_take_are_refused_with_what_it_takes() {
    let check = |message: &Message, wanted: &str| {
        let scripted = Scripted::answering(Behaviour::Accepts, ANSWERS);
        let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
        let receipts = deliver_all(&channel, std::slice::from_ref(message));
        let Receipt::Refused { reason } = &receipts[0] else { panic!("{message:?} gave {receipts:?}") };
        assert!(reason.contains(wanted) && !reason.contains("hush"), "{message:?} gave {reason}");
        assert!(scripted.requests().is_empty(), "nothing should be sent before it is refused");
    };
    check(&about(json!(["hush"]), message(1)), "should be a JSON object");
    check(&about(json!({"title": 7}), message(1)), "`title` should be a text");
    check(&about(json!({"data": "hush"}), message(1)), "`data` should be an object");
    check(&about(json!({"batch": "hush"}), message(1)), "`batch` should be an object");
    check(&about(json!({"batch": {"event": {}}}), message(1)), "`batch.event` should be a text");
    check(&Message { user_id: None, ..message(1) }, "by a user id");
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Batch.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({"project_key": "hush"}), "`api_key` is missing");
    check(json!({"api_key": "hush"}), "`project_key` is missing");
    check(json!({"api_key": "hush hush", "project_key": "hush"}), "`api_key` should be a key");
    check(json!({"api_key": "hush", "project_key": 7}), "`project_key` should be a text");
    check(json!({"api_key": "hush", "project_key": "hush", "event": ""}), "`event` should be as the provider shows it");
    check(json!({"api_key": "hush", "project_key": "hush", "url": "hush"}), "`url` is no address");
}

#[test]
fn without_an_address_of_the_tenants_it_is_batchs() {
    let (settings, _) = super::Settings::parse(&json!({"api_key": "k", "project_key": "p"}), &loopback()).ok().unwrap();
    assert_eq!(settings.url.as_str(), "https://api.batch.com/");
}

/// The request that a message comes to, with settings that are added to those that are needed.
fn sent(more: &Value, message: &Message) -> Request {
    let scripted = Scripted::answering(Behaviour::Accepts, ANSWERS);
    let mut settings = json!({"api_key": "k1", "project_key": "p1", "url": format!("http://{}/", scripted.address)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let kept = Batch.validate(&settings, &loopback()).unwrap();
    let channel: Arc<dyn Channel> = Batch.open(&kept, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    let receipts = deliver_all(&channel, std::slice::from_ref(message));
    assert!(matches!(receipts[0], Receipt::Accepted { .. }), "{receipts:?}");
    let [request] = scripted.requests().try_into().unwrap();
    request
}

fn pretty(request: &Request) -> String {
    serde_json::to_string_pretty(&serde_json::from_str::<Value>(&request.body).unwrap()).unwrap()
}

/// The receipts that an answer comes to.
fn said(status: u16, body: &Value, messages: usize) -> Vec<String> {
    let status = StatusCode::from_u16(status).unwrap();
    let answer = Answer { status, retry_after: None, body: body.to_string().into_bytes(), asked: Asked::nothing() };
    answer::receipts(&answer, messages).iter().map(in_words).collect()
}
