//! Braze against its documents.

use std::sync::Arc;
use std::time::Duration;

use expect_test::expect;
use reqwest::StatusCode;
use serde_json::{Value, json};

use super::{Braze, answer};
use crate::channels::asked::Asked;
use crate::channels::conformance::{self, Subject, deliver_all, expected_of_api, in_words, loopback, message};
use crate::channels::http::Answer;
use crate::channels::judged::{Judged, only_ours, only_theirs};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Addresses, Channel, Http, Message, Provider as _, Receipt};
use crate::domain::{InstructionId, Json};

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Braze,
    settings: |url| json!({"api_key": "key-hush", "url": url, "app_id": "app-hush", "from": "hush <hush@example.com>"}),
    message: |message| about(json!({"title": "hush", "braze": {"campaign_id": "campaign-hush"}}), message),
    answers: ANSWERS,
    expected: expected_of_api,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &Braze,
    recording: include_str!("../../../../tests/fixtures/judged/braze.json"),
    page: include_str!("../../../../docs/channels/braze.md"),
    base: |settings| super::Settings::parse(settings, &loopback()).unwrap().0.url,
    answers: ANSWERS,
    differences: &[
        only_ours("/body/broadcast", "said, so that no slip writes to a whole segment"),
        only_ours("/body/recipients/*/context", "the name of a Canvas's properties in Braze's documents"),
        only_theirs("/body/recipients/*/canvas_entry_properties", "their name before"),
        only_theirs("/body/events/*/app_id", "a setting of Segment's, which is empty"),
    ],
};

/// The second element of a request is bad, in words that repeat the request.
const ANSWERS: Answers = Answers {
    accepted: Some(|_| r#"{"message":"success","dispatch_id":"0123abcd"}"#.to_owned()),
    partly: Some(|request| {
        let body: Value = serde_json::from_str(&request.body).unwrap();
        let several =
            ["recipients", "events"].iter().find(|name| body[**name].as_array().is_some_and(|all| all.len() > 1));
        let errors: Vec<_> = several
            .map(|name| json!({"type": format!("bad: {}", request.body), "input_array": name, "index": 1}))
            .into_iter()
            .collect();
        (201, json!({"message": "success", "errors": errors}).to_string())
    }),
};

fn about(content: Value, message: Message) -> Message {
    Message { content: Json::from(&content), ..message }
}

#[test]
fn keeps_the_contract_of_channels_with_campaigns() {
    conformance::check(&SUBJECT);
}

#[test]
fn keeps_the_contract_of_channels_with_canvases() {
    let message = |message| about(json!({"title": "hush", "braze": {"canvas_id": "canvas-hush"}}), message);
    conformance::check(&Subject { message, ..SUBJECT });
}

#[test]
fn keeps_the_contract_of_channels_with_events() {
    let message = |message| about(json!({"title": "hush", "braze": {"event": "hush"}}), message);
    conformance::check(&Subject { message, ..SUBJECT });
}

#[test]
fn keeps_the_contract_of_channels_with_texts() {
    let push = |message| about(json!({"title": "hush", "body": "hush", "data": {"cart": "hush"}}), message);
    let email = |message| about(json!({"subject": "hush", "body": "hush"}), message);
    let answers = Answers { partly: None, ..ANSWERS };
    conformance::check(&Subject { message: push, answers, ..SUBJECT });
    conformance::check(&Subject { message: email, answers, ..SUBJECT });
}

#[test]
fn a_campaign_is_triggered_for_its_recipients_with_the_content_as_their_properties() {
    let content = json!({
        "title": "Your cart", "body": "It waits", "deep_link": "shop://cart", "data": {"items": [{"name": "mug"}], "price": 3.5},
        "braze": {"campaign_id": "c1", "send_id": "s1"},
    });
    let request = sent(&json!({}), &about(content, message(1)));
    assert_eq!(request.line, "POST /campaigns/trigger/send HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Bearer k1");
    assert_eq!(request.headers["content-type"], "application/json");
    expect![[r#"
        {
          "broadcast": false,
          "campaign_id": "c1",
          "recipients": [
            {
              "external_user_id": "user-1",
              "trigger_properties": {
                "body": "It waits",
                "deep_link": "shop://cart",
                "items": [
                  {
                    "name": "mug"
                  }
                ],
                "price": 3.5,
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push",
                "title": "Your cart"
              }
            }
          ],
          "send_id": "s1"
        }"#]]
    .assert_eq(&pretty(&request));
}

#[test]
fn a_canvas_is_triggered_by_the_settings_where_the_content_names_nothing() {
    let request = sent(&json!({"canvas_id": "v1"}), &about(json!({"title": "Your cart"}), message(1)));
    assert_eq!(request.line, "POST /canvas/trigger/send HTTP/1.1");
    expect![[r#"
        {
          "broadcast": false,
          "canvas_id": "v1",
          "recipients": [
            {
              "context": {
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push",
                "title": "Your cart"
              },
              "external_user_id": "user-1"
            }
          ]
        }"#]]
    .assert_eq(&pretty(&request));
}

#[test]
fn somebody_without_a_user_id_is_found_by_their_address() {
    let nameless = Message { user_id: None, ..message(1) };
    let campaign = about(json!({"braze": {"campaign_id": "c1"}}), nameless.clone());
    let recipient = &body(&sent(&json!({}), &campaign))["recipients"][0];
    assert_eq!(recipient["email"], "hush@example.com");
    assert_eq!(recipient["prioritization"], json!(["identified", "most_recently_updated"]));
    assert_eq!(recipient["external_user_id"], Value::Null);

    let event = about(json!({"braze": {"event": "cart"}}), nameless);
    let event = &body(&sent(&json!({}), &event))["events"][0];
    assert_eq!((&event["email"], &event["external_id"]), (&json!("hush@example.com"), &Value::Null));
}

#[test]
fn an_event_is_of_the_moment_of_the_promise_and_makes_nobody_up() {
    let content = json!({"body": "It waits", "data": {"cart": 7}, "braze": {"event": "cart abandoned"}});
    let request = sent(&json!({"campaign_id": "c1"}), &about(content, message(2)));
    assert_eq!(request.line, "POST /users/track HTTP/1.1");
    expect![[r#"
        {
          "events": [
            {
              "_update_existing_only": true,
              "external_id": "user-1",
              "name": "cart abandoned",
              "properties": {
                "body": "It waits",
                "cart": 7,
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push"
              },
              "time": "2026-01-02T03:04:05.678Z"
            }
          ]
        }"#]]
    .assert_eq(&pretty(&request));
}

#[test]
fn a_push_message_of_its_own_texts_is_for_both_platforms() {
    let content = json!({
        "title": "Your cart", "body": "It waits", "deep_link": "shop://cart", "image": "https://example.com/Mug.JPEG?w=1",
        "data": {"price": 3.5, "items": ["mug"]},
    });
    let request = sent(&json!({}), &about(content, message(1)));
    assert_eq!(request.line, "POST /messages/send HTTP/1.1");
    expect![[r#"
        {
          "broadcast": false,
          "external_user_ids": [
            "user-1"
          ],
          "messages": {
            "android_push": {
              "alert": "It waits",
              "custom_uri": "shop://cart",
              "extra": {
                "appboy_image_url": "https://example.com/Mug.JPEG?w=1",
                "items": "[\"mug\"]",
                "price": "3.5",
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push"
              },
              "title": "Your cart"
            },
            "apple_push": {
              "alert": {
                "body": "It waits",
                "title": "Your cart"
              },
              "asset_file_type": "jpg",
              "asset_url": "https://example.com/Mug.JPEG?w=1",
              "custom_uri": "shop://cart",
              "extra": {
                "items": "[\"mug\"]",
                "price": "3.5",
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push"
              }
            }
          }
        }"#]]
    .assert_eq(&pretty(&request));
}

#[test]
fn a_push_message_on_the_channel_web_push_is_for_browsers() {
    let content = json!({"title": "Your cart", "body": "It waits", "image": "https://example.com/mug"});
    let message = Message { channel: "web-push".to_owned(), ..about(content, message(1)) };
    expect![[r#"
        {
          "broadcast": false,
          "external_user_ids": [
            "user-1"
          ],
          "messages": {
            "web_push": {
              "alert": "It waits",
              "extra": {
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push"
              },
              "large_image_url": "https://example.com/mug",
              "title": "Your cart"
            }
          }
        }"#]]
    .assert_eq(&pretty(&sent(&json!({}), &message)));
}

#[test]
fn an_e_mail_of_its_own_texts_is_html_that_says_the_same() {
    let sender = json!({"app_id": "a1", "from": "Shop <shop@example.com>"});
    let content = json!({"subject": "Your cart", "body": "Mug & <b>cup</b>\nwait"});
    expect![[r#"
        {
          "broadcast": false,
          "external_user_ids": [
            "user-1"
          ],
          "messages": {
            "email": {
              "app_id": "a1",
              "body": "Mug &amp; &lt;b&gt;cup&lt;/b&gt;<br>\nwait",
              "extras": {
                "rekindle_campaign": "three-lines",
                "rekindle_message": "msg_00112233445566778899aabbccddeeff",
                "rekindle_profile": "u1",
                "rekindle_step": "push"
              },
              "from": "Shop <shop@example.com>",
              "plaintext_body": "Mug & <b>cup</b>\nwait",
              "subject": "Your cart"
            }
          }
        }"#]]
    .assert_eq(&pretty(&sent(&sender, &about(content, message(1)))));

    let template = json!({"subject": "Your cart", "body": "It waits", "template": "t1"});
    let email = &body(&sent(&sender, &about(template, message(1))))["messages"]["email"];
    assert_eq!((&email["email_template_id"], &email["body"]), (&json!("t1"), &Value::Null));
    assert_eq!(email["plaintext_body"], "It waits");
}

#[test]
fn html_is_sent_as_it_is_and_the_content_may_name_the_sender() {
    let sender = json!({"app_id": "a1", "from": "shop@example.com"});
    let content = json!({"subject": "Your cart", "html": "<p>It waits", "sender": "Tea <tea@example.com>"});
    let email = &body(&sent(&sender, &about(content, message(1))))["messages"]["email"];
    assert_eq!((&email["body"], &email["from"]), (&json!("<p>It waits"), &json!("Tea <tea@example.com>")));
    assert_eq!(email["plaintext_body"], Value::Null);
}

#[test]
fn what_a_message_says_is_never_a_template() {
    let text = "{{${email_address}}}{% connected_content http://x/ %}";
    let content =
        json!({"title": text, "body": text, "deep_link": text, "image": text, "data": {"d": text, "e": [text]}});
    let body = sent(&json!({}), &about(content, message(1))).body;
    assert!(!body.contains("{{$") && !body.contains("{% "), "{body}");
    let sender = json!({"app_id": "a1", "from": "shop@example.com"});
    let body = sent(&sender, &about(json!({"subject": text, "body": text, "data": {"d": text}}), message(1))).body;
    assert!(!body.contains("{{$") && !body.contains("{% "), "{body}");
}

#[test]
fn texts_of_its_own_go_out_alone_and_so_does_what_is_tried_again() {
    let deliver = |content: Value, attempt| {
        let scripted = Scripted::answering(Behaviour::Accepts, ANSWERS);
        let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
        let messages = people().map(|person| about(content.clone(), Message { attempt, ..person }));
        deliver_all(&channel, &messages);
        scripted.requests().len()
    };
    let campaign = json!({"braze": {"campaign_id": "c1"}});
    assert_eq!((deliver(campaign.clone(), 1), deliver(campaign, 2)), (1, 3));
    assert_eq!(deliver(json!({"title": "t", "body": "b"}), 1), 3);
}

#[test]
fn of_two_recipients_that_are_one_person_the_second_is_told_to_come_again() {
    let scripted = Scripted::answering(Behaviour::Accepts, ANSWERS);
    let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
    let deliver = |content: Value| {
        let [first, second, _] = people().map(|person| about(content.clone(), person));
        let second = Message { user_id: first.user_id.clone(), ..second };
        let receipts = deliver_all(&channel, &[first, second]);
        let request = body(scripted.requests().last().unwrap());
        (receipts, ["recipients", "events"].iter().find_map(|name| Some(request[*name].as_array()?.len())))
    };
    let (receipts, recipients) = deliver(json!({"braze": {"campaign_id": "c1"}}));
    assert_eq!(recipients, Some(1));
    assert!(matches!(&receipts[..], [Receipt::Accepted { .. }, Receipt::Retry { after: None, .. }]), "{receipts:?}");

    let (receipts, events) = deliver(json!({"braze": {"event": "cart"}}));
    assert_eq!(events, Some(2), "two events of one person are two");
    assert!(matches!(&receipts[..], [Receipt::Accepted { .. }, Receipt::Accepted { .. }]), "{receipts:?}");
}

#[test]
fn whom_an_answer_names_is_refused_and_the_others_are_accepted() {
    let check = |body: Value, wanted: &[&str]| assert_eq!(said(201, &body, wanted.len()), wanted);
    check(json!({"message": "success"}), &["accepted: Braze took it"]);
    let dispatched = "accepted: Braze took it as dispatch d1";
    check(json!({"message": "success", "dispatch_id": "d1"}), &[dispatched, dispatched]);
    let missing = json!({"type": "'name' is required", "input_array": "events", "index": 1});
    check(
        json!({"message": "success", "events_processed": 1, "errors": [missing]}),
        &["accepted: Braze took it", "refused: Braze did not take it: 'name' is required"],
    );
    check(json!({"message": "success", "errors": ["no such app"]}), &["accepted: Braze took it: no such app"]);
    check(json!({"message": "success", "errors": "none"}), &["accepted: Braze took it"]);
}

#[test]
fn a_canvas_that_sends_nothing_is_tried_again() {
    let notice = |notice: &str| {
        let [receipt] =
            said(201, &json!({"notice": notice, "dispatch_id": "d1", "message": "success"}), 1).try_into().unwrap();
        receipt
    };
    let paused = "The Canvas is paused. Resume the Canvas to ensure trigger requests will take effect.";
    assert_eq!(notice(paused), format!("retry: Braze sent nothing: {paused}"));
    let archived = "The Canvas is archived. Unarchive the Canvas to ensure trigger requests will take effect.";
    assert_eq!(notice(archived), format!("retry: Braze sent nothing: {archived}"));
    assert_eq!(notice("There is a new version."), "accepted: Braze took it as dispatch d1");
}

#[test]
fn a_failure_is_told_in_brazes_words() {
    let check = |status, body: Value, wanted: &str| assert_eq!(said(status, &body, 1), [wanted]);
    let message = |text: &str| json!({"message": text});
    check(200, json!({"ok": true}), "retry: Braze answered what cannot be read");
    check(400, message("Invalid Campaign ID"), "refused: Braze answered 400 Bad Request: Invalid Campaign ID");
    check(401, message("bad"), "retry: Braze answered 401 Unauthorized: bad; set a key that is good for this");
    check(404, json!({}), "refused: Braze answered 404 Not Found");
    check(429, message("too many"), "retry: Braze answered 429 Too Many Requests: too many");
    check(500, message("oh"), "retry: Braze answered 500 Internal Server Error: oh");

    let of_both = "retry: Braze answered 400 Bad Request: no (said of 2 messages at once: each goes alone now)";
    assert_eq!(said(400, &message("no"), 2), [of_both, of_both]);
}

#[test]
fn content_that_braze_cannot_take_is_refused_with_what_it_takes() {
    let check = |content: Value, wanted: &str| {
        let message = about(content.clone(), message(1));
        check_refused(&message, wanted);
    };
    check(json!("hush"), "should be a JSON object");
    check(json!({"title": "hush"}), "`title` and `body`");
    check(json!({"body": "hush"}), "`title` and `body`");
    check(json!({"title": ["hush"], "body": "b"}), "`title` should be a text");
    check(json!({"subject": "hush"}), "a `body` or a `template`");
    check(json!({"title": "t", "body": "b", "data": "hush"}), "`data` should be an object");
    check(json!({"title": "t", "body": "b", "data": {"aps": {}}}), "no member `ab` or `aps`");
    check(json!({"braze": "hush"}), "`braze` should be an object");
    check(json!({"braze": {"campain_id": "hush"}}), "`braze` should hold one of `campaign_id`");
    check(json!({"braze": {"campaign_id": "hush", "event": "hush"}}), "`braze` should hold one of `campaign_id`");
    check(json!({"braze": {"campaign_id": 7}}), "`braze.campaign_id` should be a text");
    check(json!({"braze": {"canvas_id": "hush", "send_id": "hush"}}), "should go with a `campaign_id`");
    check(json!({"braze": {"event": "hush"}, "data": {"time": "hush"}}), "no member `time`");
    check(json!({"braze": {"event": "hush"}, "data": {"$hush": 1}}), "begins with `$`");

    let nobody = Message { user_id: None, addresses: Addresses::default(), ..message(1) };
    check_refused(&about(json!({"braze": {"campaign_id": "c1"}}), nobody), "neither");
    let nameless = Message { user_id: None, ..message(1) };
    check_refused(&about(json!({"title": "t", "body": "b"}), nameless), "only for people with a user id");
}

#[test]
fn e_mail_of_its_own_texts_needs_a_sender() {
    let (channel, scripted) = opened(&json!({}));
    let receipts = deliver_all(&channel, &[about(json!({"subject": "s", "body": "b"}), message(1))]);
    assert!(
        matches!(&receipts[0], Receipt::Refused { reason } if reason.contains("`app_id` and `from`")),
        "{receipts:?}"
    );
    assert!(scripted.requests().is_empty());
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Braze.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({"cluster": "us-01"}), "`api_key` is missing");
    check(json!({"api_key": "hush hush", "cluster": "us-01"}), "`api_key` should be a key");
    check(json!({"api_key": "k"}), "`cluster` should be the instance of your dashboard");
    check(json!({"api_key": "k", "cluster": "hush"}), "`cluster` should be the instance of your dashboard");
    check(json!({"api_key": "k", "url": "hush"}), "`url` is no address");
    check(
        json!({"api_key": "k", "cluster": "us-01", "campaign_id": " "}),
        "`campaign_id` should be as the provider shows it",
    );
    check(
        json!({"api_key": "k", "cluster": "us-01", "event": "x".repeat(256)}),
        "`event` should be as the provider shows it",
    );
    check(json!({"api_key": "k", "cluster": "us-01", "campaign_id": "hush", "canvas_id": "hush"}), "set one of");
    check(json!({"api_key": "k", "cluster": "us-01", "from": "hush@example.com"}), "`app_id` is missing");
    check(json!({"api_key": "k", "cluster": "us-01", "app_id": "hush"}), "`from` is missing");
    check(json!({"api_key": "k", "cluster": "us-01", "app_id": "hush", "from": "hush"}), "`from` should be an address");
}

#[test]
fn every_cluster_is_an_address_of_brazes() {
    let host = |cluster: &str| {
        let settings = json!({"api_key": "k", "cluster": cluster});
        super::Settings::parse(&settings, &loopback()).ok().unwrap().0.url.host_str().unwrap().to_owned()
    };
    assert_eq!((host("us-01").as_str(), host("eu-02").as_str()), ("rest.iad-01.braze.com", "rest.fra-02.braze.eu"));
    assert_eq!((host("us-10").as_str(), host("jp-01").as_str()), ("rest.us-10.braze.com", "rest.jp-01.braze.com"));
}

fn check_refused(message: &Message, wanted: &str) {
    let scripted = Scripted::answering(Behaviour::Accepts, ANSWERS);
    let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
    let receipts = deliver_all(&channel, std::slice::from_ref(message));
    let Receipt::Refused { reason } = &receipts[0] else { panic!("{:?} gave {receipts:?}", message.content) };
    assert!(reason.contains(wanted) && !reason.contains("hush"), "{:?} gave {reason}", message.content);
    assert!(scripted.requests().is_empty(), "nothing should be sent before it is refused");
}

/// Three messages for three people.
fn people() -> [Message; 3] {
    [1, 2, 3].map(|number| Message {
        id: InstructionId::parse(&format!("msg_{number:032x}")).unwrap(),
        user_id: Some(format!("user-{number}")),
        ..message(1)
    })
}

fn opened(more: &Value) -> (Arc<dyn Channel>, Scripted) {
    let scripted = Scripted::answering(Behaviour::Accepts, ANSWERS);
    let mut settings = json!({"api_key": "k1", "url": format!("http://{}/", scripted.address)});
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let kept = Braze.validate(&settings, &loopback()).unwrap();
    (Braze.open(&kept, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap(), scripted)
}

/// The request that a message comes to, with settings that are added to those that are needed.
fn sent(more: &Value, message: &Message) -> Request {
    let (channel, scripted) = opened(more);
    let receipts = deliver_all(&channel, std::slice::from_ref(message));
    assert!(matches!(receipts[0], Receipt::Accepted { .. }), "{receipts:?}");
    let [request] = scripted.requests().try_into().unwrap();
    request
}

fn body(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

fn pretty(request: &Request) -> String {
    serde_json::to_string_pretty(&body(request)).unwrap()
}

/// The receipts that an answer comes to.
fn said(status: u16, body: &Value, messages: usize) -> Vec<String> {
    let status = StatusCode::from_u16(status).unwrap();
    let answer = Answer { status, retry_after: None, body: body.to_string().into_bytes(), asked: Asked::nothing() };
    answer::receipts(&answer, messages).iter().map(in_words).collect()
}
