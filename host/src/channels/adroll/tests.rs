//! AdRoll as a channel: audiences and events.

use std::time::Duration;

use expect_test::expect;
use serde_json::{Value, json};

use super::AdRoll;
use super::settings::Settings;
use crate::channels::ads::tests::deliver_all;
use crate::channels::conformance::{self, Expected, Subject, loopback, message};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Addresses, Http, Message, Provider as _, Receipt};
use crate::domain::{Json, limits};

const CARTS: &str = "48F9EA2E5ACAEE24EB766F";
const OTHERS: &str = "TESTSEGMENT1234567890X";

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &AdRoll,
    settings,
    message: |message| with(message, &json!({"action": "add", "audience": "carts"})),
    answers: Answers {
        accepted: Some(|_| r#"{"result": "success", "segment": {"emails": 101}}"#.to_owned()),
        partly: None,
    },
    expected,
    carries_id: false,
    ..Subject::PLAIN
};

/// The same, of events.
const EVENTS: Subject =
    Subject { message: |message| with(message, &an_event(&json!({}))), carries_id: true, ..SUBJECT };

fn settings(url: &str) -> Value {
    json!({
        "url": url, "token": "hush", "api_key": "hush", "tier": "basic", "audiences": {"carts": CARTS},
        "server_token": "hush", "advertisable": "6SHGRDIZUBDXLHUG4YHFGC", "pixel": "XCOW5YUNQFGR5J5VSDITAX",
    })
}

fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        Accepts | AcceptsWithoutBody | SaysNonsense | TakesAllButTheSecond => Expected::Accepted,
        BreaksOffInTheBody | DripsItsBody | AnswersWithoutEnd => Expected::Accepted,
        FindsItBad | HasItAlready | IsGone | RepeatsTheRequest => Expected::Refused,
        AsksForSeconds => Expected::RetryAfter(Duration::from_secs(120)),
        AsksForMoment => Expected::RetryAfter(Duration::from_secs(60)),
        AsksForTenYears => Expected::RetryAfter(Duration::from_secs(315_360_000)),
        Redirects | KnowsUsNot | IsBusy | AsksForGarbage | Fails | IsDown => Expected::Retry,
        StaysSilent | DripsItsHead | RefusesConnections | ResetsTheConnection => Expected::Retry,
        BreaksOffInTheHead | AnswersGarbage => Expected::Retry,
    }
}

fn with(message: Message, content: &Value) -> Message {
    Message { content: Json::from(content), ..message }
}

fn of(address: &str, content: &Value) -> Message {
    let addresses = Addresses { email: Some(address.to_owned()), ..Addresses::default() };
    Message { addresses, ..with(message(1), content) }
}

fn an_event(changes: &Value) -> Value {
    let mut event = json!({
        "event": "addToCart", "ip": "192.0.2.1", "page_location": "https://shop.example/cart", "first_party_cookie": "8d5c-a_17",
        "event_attributes": {"products": [{"product_id": "mug", "quantity": 1, "price": "9.50"}]}, "currency": "EUR",
    });
    for (key, value) in changes.as_object().unwrap() {
        event[key] = value.clone();
    }
    json!({"action": "add", "adroll": event})
}

/// Delivers all at one time to one who accepts; the requests, and who got what.
fn deliver(messages: &[Message]) -> (Vec<Request>, Vec<Receipt>) {
    let scripted = Scripted::answering(Behaviour::Accepts, SUBJECT.answers);
    let receipts = deliver_to(&settings(&format!("http://{}/", scripted.address)), messages);
    (scripted.requests(), receipts)
}

fn deliver_to(settings: &Value, messages: &[Message]) -> Vec<Receipt> {
    let channel = AdRoll.open(settings, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    deliver_all(&channel, messages)
}

fn refusal(receipts: &[Receipt]) -> &str {
    let [Receipt::Refused { reason }] = receipts else { panic!("it should be refused: {receipts:?}") };
    reason
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
    conformance::check(&EVENTS);
}

#[test]
fn people_of_one_audience_go_out_together() {
    let to = |audience: &str| json!({"action": "add", "audience": audience});
    let (mut requests, receipts) = deliver(&[
        of("ada@example.com", &to("carts")),
        of("bob@example.com", &to(OTHERS)),
        of("eve@example.com", &to(CARTS)),
    ]);
    requests.sort_by(|one, other| one.line.cmp(&other.line));
    let [carts, others] = &requests[..] else { panic!("there should be two requests") };
    assert_eq!(carts.line, format!("POST /audience/v1/segments/{CARTS}?apikey=hush HTTP/1.1"));
    assert_eq!(carts.headers["authorization"], "Token hush");
    expect![[r#"{"data":[{"email":"ada@example.com"},{"email":"eve@example.com"}]}"#]].assert_eq(&carts.body);
    assert_eq!(others.line, format!("POST /audience/v1/segments/{OTHERS}?apikey=hush HTTP/1.1"));
    assert!(receipts.iter().all(|receipt| matches!(receipt, Receipt::Accepted { .. })), "{receipts:?}");
}

#[test]
fn an_event_goes_out_as_adroll_documents_with_the_messages_ids() {
    let (requests, _) = deliver(&[of("Ada@Example.com", &an_event(&json!({})))]);
    let [request] = &requests[..] else { panic!("there should be one request") };
    assert_eq!(request.line, "POST /api?advertisable=6SHGRDIZUBDXLHUG4YHFGC HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Token hush");
    expect![[r#"[{"advertisable_eid":"6SHGRDIZUBDXLHUG4YHFGC","currency":"EUR","event_attributes":{"products":[{"price":"9.50","product_id":"mug","quantity":1}]},"event_name":"addToCart","external_data":"{\"rekindle_campaign\":\"three-lines\",\"rekindle_message\":\"msg_00112233445566778899aabbccddeeff\",\"rekindle_profile\":\"u1\",\"rekindle_step\":\"push\"}","identifiers":{"email_sha256":"b5fc85e55755f9e0d030a10ab4429b6b2944855f9a0d60077fe832becbc41d72","first_party_cookie":"8d5c-a_17","user_id":"user-1"},"ip":"192.0.2.1","page_location":"https://shop.example/cart","pixel_eid":"XCOW5YUNQFGR5J5VSDITAX","timestamp":1767323045}]"#]].assert_eq(&request.body);
}

#[test]
fn events_go_out_a_hundred_at_a_time() {
    let messages: Vec<_> = (0..150).map(|_| of("ada@example.com", &an_event(&json!({})))).collect();
    let (requests, receipts) = deliver(&messages);
    let sizes: Vec<_> =
        requests.iter().map(|request| serde_json::from_str::<Vec<Value>>(&request.body).unwrap().len()).collect();
    assert_eq!((sizes, receipts.len()), (vec![100, 50], 150));
}

#[test]
fn what_adroll_cannot_take_is_refused_before_anything_is_sent() {
    let add = json!({"action": "add", "audience": "carts"});
    let nobody = Message { addresses: Addresses::default(), ..with(message(1), &add) };
    let address = |content: &Value| of("ada@example.com", content);
    for (message, wanted) in [
        (nobody, "no e-mail address"),
        (address(&json!({"action": "remove", "audience": "carts"})), "no call that takes a person off"),
        (address(&json!({"action": "remove", "adroll": {"event": "addToCart"}})), "no call that takes a person off"),
        (address(&json!({"action": "add", "audience": "hush"})), "`audiences`"),
        (address(&json!({"action": "add", "audience": "../hush"})), "`audiences`"),
        (address(&json!({"action": "add"})), "`audience`"),
        (address(&an_event(&json!({"event": "hush"}))), "one of pageView, homeView"),
        (address(&an_event(&json!({"event": null}))), "one of pageView, homeView"),
        (address(&an_event(&json!({"ip": null}))), "needs the content's `ip`"),
        (address(&an_event(&json!({"page_location": " "}))), "needs the content's `page_location`"),
        (address(&an_event(&json!({"first_party_cookie": ""}))), "`first_party_cookie` or `adct`"),
        (address(&an_event(&json!({"hush": 1}))), "use `event`, `first_party_cookie`"),
    ] {
        let (requests, receipts) = deliver(std::slice::from_ref(&message));
        let reason = refusal(&receipts);
        assert!(reason.contains(wanted) && !reason.contains("hush"), "{:?}: {reason}", message.content);
        assert!(requests.is_empty(), "{:?}", message.content);
    }
}

#[test]
fn a_click_is_as_good_as_a_cookie() {
    let (requests, _) =
        deliver(&[of("ada@example.com", &an_event(&json!({"first_party_cookie": null, "adct": "c1"})))]);
    let body: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body[0]["identifiers"]["adct"], "c1");
    assert_eq!(body[0]["identifiers"].get("first_party_cookie"), None);
}

#[test]
fn events_without_their_settings_are_refused() {
    let settings = json!({"token": "t", "api_key": "k", "url": "http://127.0.0.1:9999/", "tier": "basic"});
    let receipts = deliver_to(&settings, &[of("ada@example.com", &an_event(&json!({})))]);
    assert_eq!(refusal(&receipts), "events need the settings `server_token`, `advertisable` and `pixel`");
}

#[test]
fn a_success_that_tells_of_an_error_is_none() {
    let answers = Answers {
        accepted: Some(|_| r#"{"errors": [{"message": "not a list of ada@example.com", "code": 16}]}"#.to_owned()),
        partly: None,
    };
    let scripted = Scripted::answering(Behaviour::Accepts, answers);
    let settings = settings(&format!("http://{}/", scripted.address));
    let receipts = deliver_to(&settings, &[of("ada@example.com", &json!({"action": "add", "audience": "carts"}))]);
    assert_eq!(refusal(&receipts), "adroll answered 200 OK: not a list of ***");
}

#[test]
fn requests_wait_for_company_where_calls_are_scarce() {
    let gathers_for = |tier: Value| {
        let settings = json!({"token": "t", "api_key": "k", "tier": tier});
        Settings::parse(&settings, &loopback()).ok().unwrap().0.gathers_for
    };
    assert_eq!(gathers_for(Value::Null), limits::GATHERING);
    assert_eq!(gathers_for("new".into()), limits::GATHERING);
    assert_eq!(gathers_for("basic".into()), Duration::ZERO);
    assert_eq!(gathers_for("partner".into()), Duration::ZERO);
    let bound = limits::ATTEMPT_BACKSTOP.checked_sub(limits::ATTEMPT_MAX + limits::ANSWER_REST_MAX);
    assert!(bound.is_some_and(|bound| limits::GATHERING < bound), "an attempt would be broken off by the outbox");
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |changes: Value, wanted: &str| {
        let mut settings = json!({"token": "t", "api_key": "k"});
        for (key, value) in changes.as_object().unwrap() {
            settings[key] = value.clone();
        }
        let err = AdRoll.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({"token": null}), "`token` is missing");
    check(json!({"api_key": null}), "`api_key` is missing");
    check(json!({"token": "hush hush"}), "`token` should be a key");
    check(json!({"tier": "hush"}), "`tier` should be `new`, `basic` or `partner`");
    check(json!({"audiences": {"carts": "hush"}}), "`audiences` should give");
    check(json!({"advertisable": CARTS}), "`server_token` is missing");
    check(json!({"server_token": "t"}), "`advertisable` is missing");
    check(json!({"server_token": "t", "advertisable": CARTS}), "`pixel` is missing");
    check(json!({"server_token": "t", "advertisable": "hush", "pixel": CARTS}), "`advertisable` should be an id");
    check(json!({"url": "ftp://hush/"}), "`https://` or `http://`");
    check(json!({"apikey": "hush"}), "`apikey` is not known: use `token`, `api_key`, `audiences`, `tier`");
}
