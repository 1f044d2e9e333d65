//! Mandrill's calls and answers.

use std::time::Duration;

use expect_test::{Expect, expect};
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Mandrill, answer};
use crate::channels::asked::Asked;
use crate::channels::conformance::{self, Expected, Subject, loopback, message};
use crate::channels::http::Answer;
use crate::channels::judged::{Judged, only_ours};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Message, Provider as _, Receipt};
use crate::domain::{Json, ProfileId};

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Mandrill,
    settings: |url| json!({"key": "hush-key", "from": "Hush <hush@shop.example>", "url": url, "callback_key": "hush"}),
    message: |message| Message { content: Json::parse(CONTENT).unwrap(), ..message },
    answers: Answers { accepted: Some(|_| SENT.to_owned()), partly: None },
    expected,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &Mandrill,
    recording: include_str!("../../../../tests/fixtures/judged/mandrill.json"),
    page: include_str!("../../../../docs/channels/mandrill.md"),
    base: |settings| super::settings::Settings::parse(settings, &loopback()).unwrap().0.url,
    answers: SUBJECT.answers,
    differences: &[
        only_ours("/body/async", "the package sends the body that it is given, with the key"),
        only_ours("/body/message", "the same"),
        only_ours("/body/template_content", "the same"),
        only_ours("/body/template_name", "the same"),
    ],
};

const CONTENT: &str = r#"{"subject": "hush", "body": "hush, hush", "data": {"hush": "hush"}}"#;
const SENT: &str = r#"[{"email": "hush@example.com", "status": "sent", "_id": "abc123", "reject_reason": null}]"#;

fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        Accepts | TakesAllButTheSecond => Expected::Accepted,
        FindsItBad | HasItAlready | IsGone | RepeatsTheRequest => Expected::Refused,
        AsksForSeconds => Expected::RetryAfter(Duration::from_secs(120)),
        AsksForMoment => Expected::RetryAfter(Duration::from_secs(60)),
        AsksForTenYears => Expected::RetryAfter(Duration::from_secs(315_360_000)),
        Redirects | KnowsUsNot | IsBusy | AsksForGarbage | Fails | IsDown => Expected::Retry,
        StaysSilent | DripsItsHead | RefusesConnections | ResetsTheConnection => Expected::Retry,
        BreaksOffInTheHead | AnswersGarbage => Expected::Retry,
        AcceptsWithoutBody | SaysNonsense | BreaksOffInTheBody | DripsItsBody | AnswersWithoutEnd => Expected::Retry,
    }
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

/// What is sent for a content, with these settings beside the key.
fn sent(settings: &Value, message: &Message) -> Result<Request, Receipt> {
    let scripted = Scripted::answering(Behaviour::Accepts, SUBJECT.answers);
    let mut all = json!({"key": "k3y", "url": format!("http://{}/api", scripted.address)});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let kept = Mandrill.validate(&all, &loopback()).unwrap();
    let http = crate::channels::Http::new(Duration::from_secs(5), loopback()).unwrap();
    let channel = Mandrill.open(&kept, &http).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let receipt = runtime.block_on(channel.deliver(message));
    scripted.requests().pop().ok_or(receipt)
}

fn saying(content: &Value) -> Message {
    Message { content: Json::from(content), ..message(1) }
}

fn check(settings: &Value, content: &Value, line: &str, wanted: &Expect) {
    let request = sent(settings, &saying(content)).unwrap();
    assert_eq!(request.line, line);
    let body: Value = serde_json::from_str(&request.body).unwrap();
    wanted.assert_eq(&serde_json::to_string_pretty(&body).unwrap());
}

#[test]
fn what_a_message_says_itself_is_sent() {
    check(
        &json!({"from": "Shop <shop@shop.example>", "reply_to": "help@shop.example", "subaccount": "customer-123"}),
        &json!({
            "subject": "Your cart", "body": "It waits.", "html": "<p>It waits.</p>", "unsubscribe_url": "https://shop.example/u?t=1",
            "mandrill": {"tags": ["carts"]}, "braze": {"campaign_id": "x"},
        }),
        "POST /api/messages/send.json HTTP/1.1",
        &expect![[r#"
            {
              "async": false,
              "key": "k3y",
              "message": {
                "from_email": "shop@shop.example",
                "from_name": "Shop",
                "headers": {
                  "List-Unsubscribe": "<https://shop.example/u?t=1>",
                  "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
                  "Reply-To": "help@shop.example"
                },
                "html": "<p>It waits.</p>",
                "metadata": {
                  "rekindle_campaign": "three-lines",
                  "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                  "rekindle_profile": "u1",
                  "rekindle_step": "push"
                },
                "subaccount": "customer-123",
                "subject": "Your cart",
                "tags": [
                  "three-lines",
                  "carts"
                ],
                "text": "It waits.",
                "to": [
                  {
                    "email": "hush@example.com",
                    "type": "to"
                  }
                ]
              }
            }"#]],
    );
}

#[test]
fn a_template_gets_the_data() {
    check(
        &json!({"merge_language": "handlebars"}),
        &json!({"subject": "Your cart", "template": "cart", "data": {"name": "Ada", "items": [{"name": "Hat"}], "total": 1.5}}),
        "POST /api/messages/send-template.json HTTP/1.1",
        &expect![[r#"
            {
              "async": false,
              "key": "k3y",
              "message": {
                "global_merge_vars": [
                  {
                    "content": [
                      {
                        "name": "Hat"
                      }
                    ],
                    "name": "items"
                  },
                  {
                    "content": "Ada",
                    "name": "name"
                  },
                  {
                    "content": 1.5,
                    "name": "total"
                  }
                ],
                "merge_language": "handlebars",
                "metadata": {
                  "rekindle_campaign": "three-lines",
                  "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                  "rekindle_profile": "u1",
                  "rekindle_step": "push"
                },
                "subject": "Your cart",
                "tags": [
                  "three-lines"
                ],
                "to": [
                  {
                    "email": "hush@example.com",
                    "type": "to"
                  }
                ]
              },
              "template_content": [],
              "template_name": "cart"
            }"#]],
    );
}

#[test]
fn the_settings_template_is_for_content_that_has_nothing_to_say_but_data() {
    let name = |content: Value| {
        let settings = json!({"template": "default", "from": "shop@shop.example"});
        let body: Value = serde_json::from_str(&sent(&settings, &saying(&content)).unwrap().body).unwrap();
        body["template_name"].clone()
    };
    assert_eq!(name(json!({"data": {"a": 1}})), "default");
    assert_eq!(name(json!({"template": "cart"})), "cart");
    assert_eq!(name(json!({"subject": "s", "body": "b"})), Value::Null);
}

#[test]
fn content_that_cannot_be_sent_is_refused_before_anything_is_sent() {
    let check = |settings: Value, content: Value, wanted: &str| {
        let Err(Receipt::Refused { reason }) = sent(&settings, &saying(&content)) else { panic!("{content}") };
        assert!(reason.contains(wanted) && !reason.contains("hush"), "{content} gave {reason}");
    };
    let from = || json!({"from": "shop@shop.example"});
    for content in
        [json!({}), json!({"subject": "hush"}), json!({"body": "hush"}), json!({"subject": " ", "body": "hush"})]
    {
        check(from(), content, "should have a `template`, or a `subject` and a `body` or `html`");
    }
    check(json!({}), json!({"subject": "hush", "body": "hush"}), "set `from`, or name a `template`");
    check(from(), json!(["hush"]), "should be a JSON object");
    check(from(), json!({"subject": ["hush"]}), "`subject` should be a text");
    check(from(), json!({"template": "cart", "data": "hush"}), "`data` should be an object");
    check(from(), json!({"template": "cart", "data": {"_hush": 1}}), "begins with `_`");
    check(
        from(),
        json!({"template": "cart", "mandrill": {"tags": ["_hush"]}}),
        "`mandrill.tags` should be texts of 1 to 50",
    );
    check(from(), json!({"template": "cart", "mandrill": {"tags": ["hush".repeat(13)]}}), "`mandrill.tags` should be");
    check(
        from(),
        json!({"template": "cart", "unsubscribe_url": "http://hush"}),
        "`unsubscribe_url` should be an address",
    );
}

#[test]
fn what_of_our_ids_does_not_fit_into_metadata_is_left_out() {
    let metadata = |profile: &str| {
        let message = Message { profile: ProfileId::parse(profile).unwrap(), ..saying(&json!({"template": "cart"})) };
        let body: Value = serde_json::from_str(&sent(&json!({}), &message).unwrap().body).unwrap();
        body["message"]["metadata"].clone()
    };
    assert_eq!(metadata("u1")["rekindle_profile"], "u1");
    let without = metadata(&"u".repeat(200));
    assert!(without.get("rekindle_profile").is_none() && without["rekindle_step"] == "push", "{without}");
}

#[test]
fn every_answer_has_its_receipt() {
    let after = || Some(Duration::from_secs(7));
    let receipt = |status: u16, body: &str| {
        let status = StatusCode::from_u16(status).unwrap();
        let answer = Answer { status, retry_after: after(), body: body.as_bytes().to_vec(), asked: Asked::nothing() };
        answer::receipt(&answer, &message(1))
    };
    let told = |status: &str, why: &str| {
        receipt(200, &json!([{"email": "e", "status": status, "reject_reason": why}]).to_string())
    };
    let error = |status: u16, name: &str| {
        receipt(status, &json!({"status": "error", "code": -1, "name": name, "message": "no good"}).to_string())
    };
    let gone = |receipt| matches!(receipt, Receipt::Gone { gone, .. } if gone == ["hush@example.com"]);
    let retry = |receipt| matches!(receipt, Receipt::Retry { after: asked, .. } if asked == after());
    let refused = |receipt| matches!(receipt, Receipt::Refused { .. });

    for status in ["sent", "queued", "scheduled"] {
        assert_eq!(told(status, ""), Receipt::Accepted { note: Some(format!("mandrill: {status}")) });
    }
    assert!(gone(told("invalid", "")));
    for why in ["hard-bounce", "hard_bounce", "invalid"] {
        assert!(gone(told("rejected", why)), "{why}");
    }
    for why in ["soft-bounce", "soft_bounce", "invalid-sender", "unsigned", "test-mode-limit"] {
        assert!(retry(told("rejected", why)), "{why}");
    }
    for why in ["spam", "unsub", "custom", "rule", "something new", ""] {
        assert!(refused(told("rejected", why)), "{why}");
    }
    for name in ["Invalid_Key", "PaymentRequired", "GeneralError", "ServiceUnavailable"] {
        assert!(retry(error(500, name)) && retry(error(401, name)), "{name}");
    }
    for name in ["ValidationError", "Unknown_Template", "Unknown_Subaccount", "Invalid_Template"] {
        assert!(refused(error(500, name)) && refused(error(400, name)), "{name}");
    }
    assert!(retry(error(500, "Something_New")) && refused(error(400, "Something_New")));
    for body in ["", "{}", "[]", r#"[{"status": "new"}]"#, r#"[{"status": "sent"}, {"status": "sent"}]"#] {
        assert!(matches!(receipt(200, body), Receipt::Retry { after: None, .. }), "{body}");
    }
}

#[test]
fn reasons_name_what_happened() {
    let reason = |status: u16, body: Value| {
        let status = StatusCode::from_u16(status).unwrap();
        let body = body.to_string().into_bytes();
        let answer = Answer { status, retry_after: None, body, asked: Asked::nothing() };
        match answer::receipt(&answer, &message(1)) {
            Receipt::Retry { reason, .. } | Receipt::Refused { reason } | Receipt::Gone { reason, .. } => reason,
            taken => panic!("{taken:?}"),
        }
    };
    let error = |name: &str, message: &str| json!({"status": "error", "code": -1, "name": name, "message": message});
    expect![
        "mandrill answered 500 Internal Server Error, Invalid_Key: Invalid API key; set a `key` that is good for this"
    ]
    .assert_eq(&reason(500, error("Invalid_Key", "Invalid API key")));
    expect![r#"mandrill answered 500 Internal Server Error, Unknown_Template: No such template "cart""#]
        .assert_eq(&reason(500, error("Unknown_Template", "No such template \"cart\"")));
    expect!["mandrill rejected it: hard-bounce"]
        .assert_eq(&reason(200, json!([{"status": "rejected", "reject_reason": "hard_bounce"}])));
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Mandrill.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({}), "`key` is missing");
    check(json!({"key": "h u s h"}), "`key` should be a key");
    check(json!({"key": "k", "from": "hush"}), "`from` should be such as");
    check(
        json!({"key": "k", "from": "Hush <hush@shop.example>\r\nBcc: hush@shop.example"}),
        "`from` should be such as",
    );
    check(json!({"key": "k", "reply_to": 7}), "`reply_to` should be a text");
    check(json!({"key": "k", "merge_language": "hush"}), "`merge_language` should be `mailchimp` or `handlebars`");
    check(json!({"key": "k", "callback_key": ""}), "`callback_key` should be a key");
    check(json!({"key": "k", "url": "hush"}), "`url` is no address");
    check(json!({"key": "k", "url": "http://10.0.0.1/"}), "`url` is refused");
}

#[test]
fn secrets_are_secret() {
    assert_eq!(Mandrill.secrets(), ["key", "callback_key"]);
}
