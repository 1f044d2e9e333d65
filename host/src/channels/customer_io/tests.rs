//! Customer.io against what it documents.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::CustomerIo;
use crate::channels::common::below;
use crate::channels::conformance::{self, Expected, Subject, loopback};
use crate::channels::judged::{Judged, only_ours};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Addresses, Http, Message, Provider as _, Receipt};
use crate::domain::{Json, KnownBy};

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &CustomerIo,
    settings: |url| json!({"send": "email", "app_key": "hush-key", "from": "hush@shop.example", "url": url}),
    message: email,
    answers: Answers {
        accepted: Some(|_| r#"{"delivery_id":"RPILAgUB==","queued_at":1767323045}"#.to_owned()),
        partly: None,
    },
    expected,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &CustomerIo,
    recording: include_str!("../../../../tests/fixtures/judged/customer-io.json"),
    page: include_str!("../../../../docs/channels/customer-io.md"),
    base: |settings| match super::Settings::parse(settings, &loopback()).unwrap().way {
        super::Way::Messages(messages) => messages.url,
        super::Way::Events(events) => events.url,
    },
    answers: SUBJECT.answers,
    differences: &[
        only_ours("/body/from", "of an SMS: the package has no place for its sender"),
        only_ours("/body/batch/*/*", "the package sends the events that it is given"),
    ],
};

/// The events themselves, which the package sends as it is given them.
pub(in crate::channels) const JUDGED_EVENTS: Judged = Judged {
    recording: include_str!("../../../../tests/fixtures/judged/customer-io-events.json"),
    answers: EVENTS.answers,
    differences: &[],
    ..JUDGED
};

const EVENTS: Subject = Subject {
    settings: |url| json!({"send": "event", "site_id": "hush-site", "api_key": "hush-key", "event": "reminded", "url": url}),
    answers: Answers {
        accepted: Some(|_| "{}".to_owned()),
        partly: Some(|_| {
            let error =
                json!({"batch_index": 1, "reason": "invalid", "field": "attributes", "message": "no good: hush"});
            (207, json!({ "errors": [error] }).to_string())
        }),
    },
    expected: |behaviour| match behaviour {
        Behaviour::SaysNonsense
        | Behaviour::BreaksOffInTheBody
        | Behaviour::DripsItsBody
        | Behaviour::AnswersWithoutEnd => Expected::Retry,
        _ => expected(behaviour),
    },
    ..SUBJECT
};

/// What was taken is not sent again, whatever the answer's body says.
fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        AcceptsWithoutBody | SaysNonsense | BreaksOffInTheBody | DripsItsBody | AnswersWithoutEnd => Expected::Accepted,
        _ => conformance::expected_of_api(behaviour),
    }
}

fn email(message: Message) -> Message {
    saying(&json!({"subject": "hush", "body": "hush, a < b"}), message)
}

fn saying(content: &Value, message: Message) -> Message {
    Message { content: Json::from(content), ..message }
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
    conformance::check(&EVENTS);
}

/// The request that such a content becomes, without what all requests have.
fn check(settings: Value, content: &Value, wanted: &Expect) {
    let (requests, receipt) = deliver(settings, &saying(content, conformance::message(1)));
    let [request] = <[Request; 1]>::try_from(requests).unwrap_or_else(|_| panic!("{receipt:?}"));
    wanted.assert_eq(&format!("{}\n{}", request.line, request.body));
}

fn deliver(settings: Value, message: &Message) -> (Vec<Request>, Receipt) {
    let scripted = Scripted::answering(Behaviour::Accepts, SUBJECT.answers);
    let mut settings = settings;
    settings["url"] = format!("http://{}", scripted.address).into();
    let kept = CustomerIo.validate(&settings, &loopback()).unwrap();
    let channel = CustomerIo.open(&kept, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let receipt = runtime.block_on(channel.deliver(message));
    (scripted.requests(), receipt)
}

fn app(send: &str, more: Value) -> Value {
    with(json!({"send": send, "app_key": "k"}), more)
}

fn track(more: Value) -> Value {
    with(json!({"send": "event", "site_id": "site", "api_key": "k"}), more)
}

fn with(mut settings: Value, more: Value) -> Value {
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

#[test]
fn an_email_goes_out_as_it_is_written() {
    let settings = app("email", json!({"from": "Shop <news@shop.example>", "reply_to": "help@shop.example"}));
    let content = json!({"subject": "Your cart & you", "body": "2 < 3\n20 % off", "data": {"price": 1.5}});
    check(
        settings,
        &content,
        &expect![[r#"
        POST /v1/send/email HTTP/1.1
        {"body":"2 &lt; 3<br>\n20 % off","body_plain":"2 < 3\n20 % off","from":"Shop <news@shop.example>","headers":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"identifiers":{"id":"user-1"},"message_data":{"body":"2 < 3\n20 % off","price":1.5,"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"Your cart & you"},"reply_to":"help@shop.example","send_to_unsubscribed":false,"subject":"Your cart & you","to":"hush@example.com"}"#]],
    );
}

#[test]
fn html_is_enough_and_the_content_may_name_the_sender() {
    let content = json!({"subject": "Your cart", "html": "<p>{{ it }} waits", "sender": "Tea <tea@shop.example>"});
    check(
        app("email", json!({"template": "7"})),
        &content,
        &expect![[r#"
        POST /v1/send/email HTTP/1.1
        {"body":"<p>{{ '{{' }} it }} waits","from":"Tea <tea@shop.example>","headers":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"identifiers":{"id":"user-1"},"message_data":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"Your cart"},"send_to_unsubscribed":false,"subject":"Your cart","to":"hush@example.com"}"#]],
    );
}

#[test]
fn an_email_of_a_template_has_the_templates_body() {
    let content = json!({"subject": "Your cart", "body": "…", "template": "cart", "data": {"items": ["mug"]}});
    check(
        app("email", json!({})),
        &content,
        &expect![[r#"
        POST /v1/send/email HTTP/1.1
        {"headers":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"identifiers":{"id":"user-1"},"message_data":{"body":"…","items":["mug"],"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"Your cart","template":"cart"},"send_to_unsubscribed":false,"subject":"Your cart","to":"hush@example.com","transactional_message_id":"cart"}"#]],
    );
    let content = json!({"subject": "Your cart", "customer-io": {"template": "44"}});
    check(
        app("email", json!({"template": "default"})),
        &content,
        &expect![[r#"
        POST /v1/send/email HTTP/1.1
        {"headers":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"identifiers":{"id":"user-1"},"message_data":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"Your cart"},"send_to_unsubscribed":false,"subject":"Your cart","to":"hush@example.com","transactional_message_id":"44"}"#]],
    );
}

#[test]
fn a_push_message_is_written_over_its_template() {
    let content = json!({
        "title": "Still there?", "body": "Your cart waits", "deep_link": "shop://cart", "image": "https://shop.example/a.png",
        "data": {"cart": "c1", "items": 2},
    });
    check(
        app("push", json!({"template": "push"})),
        &content,
        &expect![[r#"
        POST /v1/send/push HTTP/1.1
        {"custom_data":{"cart":"c1","items":"2","rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"identifiers":{"id":"user-1"},"image_url":"https://shop.example/a.png","link":"shop://cart","message":"Your cart waits","message_data":{"body":"Your cart waits","cart":"c1","deep_link":"shop://cart","image":"https://shop.example/a.png","items":2,"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","title":"Still there?"},"send_to_unsubscribed":false,"title":"Still there?","transactional_message_id":"push"}"#]],
    );
    check(
        app("push", json!({"template": "push"})),
        &json!({"title": "a", "body": "b"}),
        &expect![[r#"
        POST /v1/send/push HTTP/1.1
        {"identifiers":{"id":"user-1"},"message":"b","message_data":{"body":"b","rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","title":"a"},"send_to_unsubscribed":false,"title":"a","transactional_message_id":"push"}"#]],
    );
}

#[test]
fn sms_and_in_app_messages_hand_their_words_to_a_template() {
    check(
        app("sms", json!({"template": "7", "from": "+4930111"})),
        &json!({"body": "Your cart waits"}),
        &expect![[r#"
            POST /v1/send/sms HTTP/1.1
            {"from":"+4930111","identifiers":{"id":"user-1"},"message_data":{"body":"Your cart waits","rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"send_to_unsubscribed":false,"to":"+4930000hush","transactional_message_id":"7"}"#]],
    );
    let content = json!({"title": "a", "body": "b", "customer-io": {"template": "banner"}});
    check(
        app("in_app", json!({})),
        &content,
        &expect![[r#"
        POST /v1/send/in_app HTTP/1.1
        {"identifiers":{"id":"user-1"},"message_data":{"body":"b","rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","title":"a"},"transactional_message_id":"banner"}"#]],
    );
}

#[test]
fn an_event_has_an_id_that_stays_and_says_what_the_content_says() {
    let content = json!({"title": "a", "data": {"cart": "c1"}, "customer-io": {"event": "cart_left"}});
    check(
        track(json!({"event": "reminded"})),
        &content,
        &expect![[r#"
        POST /api/v2/batch HTTP/1.1
        {"batch":[{"action":"event","attributes":{"cart":"c1","rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","title":"a"},"id":"01KDYAK3SE008J4CT4ANK7F24S","identifiers":{"id":"user-1"},"name":"cart_left","timestamp":1767323045,"type":"person"}]}"#]],
    );
}

#[test]
fn keys_go_where_each_api_wants_them() {
    let header = |settings, content: &Value| {
        let (requests, _) = deliver(settings, &saying(content, conformance::message(1)));
        requests[0].headers["authorization"].clone()
    };
    let content = json!({"title": "a", "body": "b"});
    assert_eq!(header(app("in_app", json!({"template": "t"})), &content), "Bearer k");
    assert_eq!(header(track(json!({"event": "e"})), &content), "Basic c2l0ZTpr");
}

#[test]
fn the_channels_name_says_what_to_send_where_the_settings_do_not() {
    let line = |channel: &str| {
        let message = Message { channel: channel.to_owned(), ..conformance::message(1) };
        let message = saying(&json!({"subject": "a", "title": "a", "body": "b"}), message);
        let (requests, receipt) = deliver(json!({"app_key": "k", "template": "t"}), &message);
        requests.first().map_or_else(|| format!("{receipt:?}"), |request| request.line.clone())
    };
    assert_eq!(line("email"), "POST /v1/send/email HTTP/1.1");
    assert_eq!(line("push"), "POST /v1/send/push HTTP/1.1");
    assert_eq!(line("sms"), "POST /v1/send/sms HTTP/1.1");
    assert_eq!(line("in-app"), "POST /v1/send/in_app HTTP/1.1");
    assert!(line("ads").contains("set `send`"));
}

#[test]
fn people_are_known_by_exactly_one_identifier() {
    let identifiers = |user_id: Option<&str>, email: Option<&str>, by: &str| {
        let addresses = Addresses { email: email.map(str::to_owned), ..Addresses::default() };
        let message = Message { user_id: user_id.map(str::to_owned), addresses, ..conformance::message(1) };
        let settings = app("in_app", json!({"template": "t", "identify_by": by}));
        let (requests, _) = deliver(settings, &saying(&json!({}), message));
        requests.first().map(|request| serde_json::from_str::<Value>(&request.body).unwrap()["identifiers"].clone())
    };
    let ada = Some("ada@shop.example");
    assert_eq!(identifiers(Some("u1"), ada, "id"), Some(json!({"id": "u1"})));
    assert_eq!(identifiers(Some("cio_03000001"), ada, "id"), Some(json!({"cio_id": "03000001"})));
    assert_eq!(identifiers(ada, None, "id"), Some(json!({"email": "ada@shop.example"})));
    assert_eq!(identifiers(None, ada, "id"), Some(json!({"email": "ada@shop.example"})));
    assert_eq!(identifiers(Some("u1"), ada, "email"), Some(json!({"email": "ada@shop.example"})));
    assert_eq!(identifiers(None, None, "id"), None);
    assert_eq!(identifiers(Some("u1"), None, "email"), None);
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let check = |settings: Value, content: Value, wanted: &str| {
        let (requests, receipt) = deliver(settings, &saying(&content, conformance::message(1)));
        let Receipt::Refused { reason } = receipt else { panic!("{content} gave {receipt:?}") };
        assert!(requests.is_empty() && reason.contains(wanted) && !reason.contains("hush"), "{content} gave {reason}");
    };
    let from = || json!({"from": "news@shop.example"});
    let template = || json!({"template": "t"});
    check(app("email", from()), json!("hush"), "should be a JSON object");
    check(app("email", from()), json!({"body": "hush"}), "`subject` should be a text");
    check(app("email", from()), json!({"subject": "hush"}), "`body` should be a text");
    check(app("email", json!({})), json!({"subject": "hush", "body": "hush"}), "set `from`");
    check(app("email", from()), json!({"subject": "hush", "template": ["hush"]}), "`template` should be a text");
    check(app("email", from()), json!({"subject": "a", "customer-io": {"event": "hush"}}), "names an event");
    check(app("push", json!({})), json!({"title": "hush", "body": "hush"}), "set `template`");
    check(app("push", template()), json!({"body": "hush"}), "`title` should be a text");
    check(app("push", template()), json!({"title": "a", "body": "hush", "data": "hush"}), "`data` should be an object");
    check(app("sms", template()), json!({"body": 7}), "`body` should be a text");
    check(track(json!({})), json!({"title": "hush"}), "set `event`");
    check(track(json!({"event": "e"})), json!({"data": {"recipient": "hush@example.com"}}), "use another name");
    check(track(json!({"event": "e"})), json!({"title": "hush".repeat(9_000)}), "at most 32 kB");
}

#[test]
fn an_address_that_is_a_list_reaches_nobody() {
    for email in ["ada@shop.example,eve@shop.example", "<eve@shop.example>", "{{customer.id}}@shop.example"] {
        let addresses = Addresses { email: Some(email.to_owned()), ..Addresses::default() };
        let message = Message { addresses, ..email_message() };
        let (requests, receipt) = deliver(app("email", json!({"from": "news@shop.example"})), &message);
        assert!(requests.is_empty() && matches!(receipt, Receipt::Refused { .. }), "{email}: {receipt:?}");
    }
}

fn email_message() -> Message {
    email(conformance::message(1))
}

#[test]
fn hostile_texts_stay_texts() {
    let content =
        json!({"subject": "{{customer.email}}", "body": "{% if x %}<script>\"&amp;\"", "data": {"a": "{{b}}"}});
    let (requests, _) =
        deliver(app("email", json!({"from": "news@shop.example"})), &saying(&content, conformance::message(1)));
    let body: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(body["subject"], "{{ '{{' }}customer.email}}");
    assert_eq!(body["body"], "{{ '{%' }} if x %}&lt;script&gt;&quot;&amp;amp;&quot;");
    assert_eq!(body["body_plain"], "{{ '{%' }} if x %}<script>\"&amp;\"");
    assert_eq!(body["message_data"]["a"], "{{b}}", "data is no template");
}

#[test]
fn headers_carry_only_what_headers_can() {
    let message = Message { step: "erste Erinnerung".to_owned(), ..email_message() };
    let (requests, _) = deliver(app("email", json!({"from": "news@shop.example"})), &message);
    let body: Value = serde_json::from_str(&requests[0].body).unwrap();
    assert_eq!(
        body["headers"],
        json!({"rekindle_message": message.id.as_str(), "rekindle_campaign": "three-lines", "rekindle_profile": "u1"})
    );
    assert_eq!(body["message_data"]["rekindle_step"], "erste Erinnerung");
}

#[test]
fn a_receipt_names_the_delivery() {
    let (_, receipt) = deliver(app("email", json!({"from": "news@shop.example"})), &email_message());
    assert_eq!(receipt, Receipt::Accepted { note: Some("Customer.io took it as delivery RPILAgUB==".to_owned()) });
}

#[test]
fn who_has_no_address_is_passed_over_where_one_is_needed() {
    let known_by = |settings: Value| {
        let http = Http::new(Duration::from_secs(5), loopback()).unwrap();
        CustomerIo.open(&settings, &http).unwrap().knows_people_by()
    };
    assert_eq!(known_by(app("email", json!({}))), KnownBy::Address);
    assert_eq!(known_by(app("sms", json!({}))), KnownBy::Address);
    for settings in [app("push", json!({})), app("in_app", json!({})), json!({"app_key": "k"}), track(json!({}))] {
        assert_eq!(known_by(settings), KnownBy::Id);
    }
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = CustomerIo.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({}), "`app_key` is missing");
    check(json!({"send": "push"}), "`app_key` is missing");
    check(json!({"send": "event"}), "`site_id` is missing");
    check(json!({"send": "event", "site_id": "s"}), "`api_key` is missing");
    check(json!({"send": "event", "app_key": "hush"}), "`app_key` is not known: use `send`, `site_id`, `api_key`");
    check(json!({"send": "email", "app_key": "k", "site_id": "hush"}), "`site_id` is not known: use `send`, `app_key`");
    check(json!({"send": "fax", "app_key": "k"}), "`send` should be `email`, `push`, `sms`, `in_app` or `event`");
    check(json!({"app_key": "hush hush"}), "`app_key` should be a key");
    check(json!({"app_key": "k", "region": "hush"}), "`region` should be `us` or `eu`");
    check(json!({"app_key": "k", "identify_by": "hush"}), "`identify_by` should be `id` or `email`");
    check(json!({"app_key": "k", "template": 7}), "`template` should be a text");
    check(json!({"app_key": "k", "callback_key": 7}), "`callback_key` should be a text");
    check(json!({"app_key": "k", "url": "ftp://hush"}), "`url` should begin with");
}

#[test]
fn every_region_has_its_address_in_both_apis() {
    let url =
        |settings: Value, path: [&'static str; 1]| match super::Settings::parse(&settings, &loopback()).unwrap().way {
            super::Way::Messages(messages) => below(&messages.url, path).to_string(),
            super::Way::Events(events) => below(&events.url, path).to_string(),
        };
    assert_eq!(url(app("push", json!({})), ["v1"]), "https://api.customer.io/v1");
    assert_eq!(url(app("push", json!({"region": "eu"})), ["v1"]), "https://api-eu.customer.io/v1");
    assert_eq!(url(track(json!({"region": "us"})), ["api"]), "https://track.customer.io/api");
    assert_eq!(url(track(json!({"region": "eu"})), ["api"]), "https://track-eu.customer.io/api");
}

#[tokio::test]
async fn large_events_go_out_few_at_a_time() {
    let scripted = Scripted::answering(Behaviour::Accepts, EVENTS.answers);
    let channel = conformance::open(&EVENTS, &scripted, Duration::from_secs(5));
    let deliver = |text: &str, attempt: u32| {
        let (channel, message) = (channel.clone(), saying(&json!({ "title": text }), conformance::message(attempt)));
        tokio::spawn(async move { channel.deliver(&message).await })
    };
    let large = "x".repeat(20_000);
    let tasks: Vec<_> =
        (1..=20).map(|attempt| deliver(&large, attempt)).chain((1..=20).map(|n| deliver("x", n))).collect();
    for task in tasks {
        assert!(matches!(task.await.unwrap(), Receipt::Accepted { .. }));
    }
    let size =
        |request: &Request| serde_json::from_str::<Value>(&request.body).unwrap()["batch"].as_array().unwrap().len();
    let mut sizes: Vec<_> = scripted.requests().iter().map(size).collect();
    sizes.sort_unstable();
    assert_eq!(sizes, [5, 15, 20]);
}
