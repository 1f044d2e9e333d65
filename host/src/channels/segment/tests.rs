//! Segment's channel against what Segment documents, and against an emulator of its Tracking API that keeps to its limits.

mod emulator;

use std::sync::Arc;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use self::emulator::Emulator;
use super::{Echo, Segment, call};
use crate::channels::conformance::{self, Expected, Subject, loopback, message};
use crate::channels::judged::{Judged, only_theirs, otherwise};
use crate::channels::scripted::{Answers, Behaviour, Scripted};
use crate::channels::{Addresses, Channel, Http, Message, Provider as _, Receipt};
use crate::domain::{EngagementKind, InstructionId, Json, ProfileId, Timestamp, is_echo_id, limits};

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Segment,
    settings: |url| json!({"write_key": "write-hush-key", "url": url}),
    message: |message| Message {
        content: Json::from(&json!({"event": "Said", "properties": {"to": "hush"}})),
        ..message
    },
    answers: Answers { accepted: Some(|_| r#"{"success": true}"#.to_owned()), partly: None },
    expected,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &Segment,
    recording: include_str!("../../../../tests/fixtures/judged/segment.json"),
    page: include_str!("../../../../docs/channels/segment.md"),
    base: |settings| super::Settings::parse(settings, &loopback()).unwrap().0.url.join("/").unwrap(),
    answers: SUBJECT.answers,
    differences: &[
        only_theirs("/body/writeKey", "it stands in the header, too"),
        only_theirs("/body/sentAt", "it corrects the clocks of devices, and ours needs none"),
        only_theirs("/body/batch/*/anonymousId", "nothing"),
        only_theirs("/body/batch/*/integrations", "nothing"),
        only_theirs("/body/batch/*/context/library", "it is the package's name"),
        otherwise("/body/batch/*/timestamp", "the same moment: `Z` is `+00:00`"),
    ],
};

fn expected(behaviour: Behaviour) -> Expected {
    use Behaviour::*;
    match behaviour {
        Accepts | AcceptsWithoutBody | SaysNonsense | TakesAllButTheSecond | BreaksOffInTheBody | DripsItsBody
        | AnswersWithoutEnd => Expected::Accepted,
        FindsItBad | HasItAlready | RepeatsTheRequest => Expected::Refused,
        AsksForSeconds => Expected::RetryAfter(Duration::from_secs(120)),
        AsksForMoment => Expected::RetryAfter(Duration::from_secs(60)),
        AsksForTenYears => Expected::RetryAfter(Duration::from_secs(315_360_000)),
        Redirects | KnowsUsNot | IsGone | IsBusy | AsksForGarbage | Fails | IsDown => Expected::Retry,
        StaysSilent | DripsItsHead | RefusesConnections | ResetsTheConnection => Expected::Retry,
        BreaksOffInTheHead | AnswersGarbage => Expected::Retry,
    }
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

fn of(content: &Value) -> Message {
    Message { content: Json::from(content), ..message(1) }
}

fn echo(kind: EngagementKind, channel: &str) -> Echo {
    Echo {
        kind,
        channel: channel.to_owned(),
        message: Some(InstructionId::parse("msg_ffeeddccbbaa99887766554433221100").unwrap()),
        variation: Some("warm".to_owned()),
        detail: None,
        by_machine: false,
        anonymous_id: None,
        at: Timestamp::from_millis(1_767_323_000_000),
    }
}

fn check(message: &Message, expected: Expect) {
    let call: Value = serde_json::from_str(&call::of(message).unwrap()).unwrap();
    expected.assert_eq(&format!("{call:#}"));
}

#[test]
fn a_message_that_went_out_is_told_by_the_specifications_names() {
    let message = Message { content: echo(EngagementKind::Sent, "email").content(), ..message(1) };
    check(
        &message,
        expect![[r#"
            {
              "context": {
                "integration": {
                  "name": "Rekindle",
                  "version": "0.1.0"
                },
                "traits": {
                  "email": "hush@example.com"
                }
              },
              "event": "Email Sent",
              "messageId": "rekindle:msg_00112233445566778899aabbccddeeff",
              "properties": {
                "campaign_id": "three-lines",
                "campaign_name": "three-lines",
                "channel": "email",
                "email_id": "msg_ffeeddccbbaa99887766554433221100",
                "message_id": "msg_ffeeddccbbaa99887766554433221100",
                "step": "push",
                "variation": "warm"
              },
              "timestamp": "2026-01-02T03:03:20.000Z",
              "type": "track",
              "userId": "user-1"
            }"#]],
    );
}

#[test]
fn a_click_names_its_link_and_a_machine_is_called_one() {
    let clicked =
        Echo { detail: Some("https://shop.example/cart".to_owned()), ..echo(EngagementKind::Clicked, "email") };
    let properties = |echo: &Echo| echo.properties(&message(1));
    assert_eq!(clicked.name(), "Email Link Clicked");
    assert_eq!(properties(&clicked)["link_url"], "https://shop.example/cart");
    let button = Echo { detail: Some("buy".to_owned()), ..echo(EngagementKind::Clicked, "push") };
    assert_eq!((&properties(&button)["link_id"], &properties(&button)["link_url"]), (&json!("buy"), &Value::Null));
    assert_eq!(properties(&button)["campaign"], json!({"name": "three-lines", "medium": "push", "content": "push"}));
    let opened = Echo { by_machine: true, ..echo(EngagementKind::Opened, "email") };
    assert_eq!(properties(&opened)["machine_open"], true);
}

#[test]
fn every_echo_reads_back() {
    for kind in EngagementKind::ALL {
        let told = Echo { detail: Some("d".into()), anonymous_id: Some("a1".into()), ..echo(kind, "sms") };
        assert_eq!(Echo::read(&told.content().value()), Some(told));
    }
    let bare = Echo { message: None, variation: None, by_machine: true, ..echo(EngagementKind::Bounced, "email") };
    assert_eq!(Echo::read(&bare.content().value()), Some(bare));
}

#[test]
fn a_campaigns_own_event_keeps_its_properties_as_they_were_written() {
    let content = r#"{"event": "Offer Chosen", "properties": {"price":1.50,"n":123456789012345680000,"é":"\"<"}}"#;
    let message = Message { content: Json::parse(content).unwrap(), ..message(1) };
    let call = call::of(&message).unwrap();
    expect![[r#"{"type":"track","event":"Offer Chosen","messageId":"rekindle:msg_00112233445566778899aabbccddeeff","userId":"user-1","timestamp":"2026-01-02T03:04:05.678Z","properties":{"price":1.50,"n":123456789012345680000,"é":"\"<"},"context":{"integration":{"name":"Rekindle","version":"0.1.0"},"traits":{"email":"hush@example.com"}}}"#]].assert_eq(&call);
}

#[test]
fn who_has_no_name_of_the_tenants_is_told_by_the_one_that_segment_gave() {
    let names = |message: Message| {
        let call: Value = serde_json::from_str(&call::of(&message).unwrap()).unwrap();
        (call["userId"].clone(), call["anonymousId"].clone())
    };
    let nameless = |profile: &str, content: &Value| Message {
        user_id: None,
        profile: ProfileId::parse(profile).unwrap(),
        ..of(content)
    };
    let own = json!({"event": "Said"});
    assert_eq!(names(of(&own)), (json!("user-1"), Value::Null));
    assert_eq!(names(nameless("anonymous:a1", &own)), (Value::Null, json!("a1")));
    assert_eq!(names(nameless("email:ada@shop.example", &own)), (Value::Null, json!("ada@shop.example")));
    let told = Echo { anonymous_id: Some("a7".to_owned()), ..echo(EngagementKind::Sent, "push") };
    assert_eq!(names(nameless("email:ada@shop.example", &told.content().value())), (Value::Null, json!("a7")));
    for nobody in ["digest:00", "anonymous:digest:00"] {
        let refused = call::of(&nameless(nobody, &own)).unwrap_err();
        assert!(refused.starts_with("Segment has no name for the person"), "{refused}");
    }
}

#[test]
fn content_that_is_no_event_is_refused_with_what_would_be_right() {
    for content in [
        json!({"title": "hush", "body": "hush"}),
        json!({"event": " "}),
        json!({"event": 7}),
        json!({"event": "Said", "properties": ["hush"]}),
        json!({"event": "Said", "properties": "{hush"}),
        json!({"echo": "opened", "channel": "email"}),
        json!({"echo": "admired", "channel": "email", "at_ms": 1}),
        json!("hush"),
        json!([{"event": "Said"}]),
        Value::Null,
    ] {
        let refused = call::of(&of(&content)).unwrap_err();
        assert_eq!(refused, r#"the content should be `{"event": "…", "properties": {…}}`"#, "{content}");
    }
    let large = json!({"event": "Said", "properties": {"text": "hush".repeat(8_000)}});
    let refused = call::of(&of(&large)).unwrap_err();
    assert!(refused.contains("and Segment takes 32000") && !refused.contains("hush"), "{refused}");
}

#[test]
fn hostile_text_stays_a_text() {
    let hostile = "\"}]},\u{0}\u{2028}\u{202e}</script>\\";
    let content = json!({"event": hostile, "properties": {hostile: hostile}});
    let message = Message { user_id: Some(hostile.to_owned()), ..of(&content) };
    let call: Value = serde_json::from_str(&call::of(&message).unwrap()).unwrap();
    assert_eq!(
        (&call["event"], &call["userId"], &call["properties"][hostile]),
        (&json!(hostile), &json!(hostile), &json!(hostile))
    );
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Segment.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({}), "`write_key` is missing");
    check(json!({"write_key": ""}), "`write_key` should be a key as the provider shows it");
    check(json!({"write_key": "hush hush"}), "`write_key` should be a key");
    check(json!({"write_key": 7}), "`write_key` should be a text");
    check(json!({"write_key": "k", "region": "hush"}), "`region` should be `us` or `eu`");
    check(json!({"write_key": "k", "url": "hush"}), "`url` is no address");
    check(json!({"write_key": "k", "writeKey": "hush"}), "`writeKey` is not known: use `write_key`, `region`, `url`");
}

#[test]
fn each_region_has_its_address_and_another_base_goes_before_it() {
    let url = |settings: Value| super::Settings::parse(&settings, &loopback()).unwrap().0.url.to_string();
    assert_eq!(url(json!({"write_key": "k"})), "https://api.segment.io/v1/batch");
    assert_eq!(url(json!({"write_key": "k", "region": "us"})), "https://api.segment.io/v1/batch");
    assert_eq!(url(json!({"write_key": "k", "region": "eu"})), "https://events.eu1.segmentapis.com/v1/batch");
    let proxy = json!({"write_key": "k", "region": "eu", "url": "http://127.0.0.1:9999/segment/?k=1"});
    assert_eq!(url(proxy), "http://127.0.0.1:9999/segment/v1/batch?k=1");
}

#[test]
fn a_request_shows_the_write_key_as_a_user_name_without_password() {
    let scripted = Scripted::answering(Behaviour::Accepts, SUBJECT.answers);
    let channel = conformance::open(&SUBJECT, &scripted, Duration::from_secs(5));
    run(channel.deliver(&(SUBJECT.message)(message(1))));
    let request = scripted.requests().remove(0);
    assert_eq!(request.line, "POST /hush/v1/batch?key=hush HTTP/1.1");
    assert_eq!(request.headers["authorization"], "Basic d3JpdGUtaHVzaC1rZXk6");
    assert_eq!(request.headers["content-type"], "application/json");
    assert_eq!(request.body, format!(r#"{{"batch":[{}]}}"#, call::of(&(SUBJECT.message)(message(1))).unwrap()));
}

fn connected(emulator: &Emulator) -> Arc<dyn Channel> {
    let settings = json!({"write_key": emulator::WRITE_KEY, "url": emulator.url});
    Segment.open(&settings, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap()
}

fn numbered(number: usize, content: &Value) -> Message {
    let addresses = Addresses { email: Some(format!("u{number}@shop.example")), ..Addresses::default() };
    let id = InstructionId::parse(&format!("msg_{number:032x}")).unwrap();
    Message { id, user_id: Some(format!("u{number}")), addresses, ..of(content) }
}

/// As many at a time as the outbox gives the channel; each is tried again until it is taken or refused.
async fn deliver_all(channel: &Arc<dyn Channel>, messages: Vec<Message>) -> Vec<Receipt> {
    let places = Arc::new(Semaphore::new(limits::GATHERED_PER_CHANNEL_MAX));
    let attempts = messages.into_iter().map(|message| {
        let (channel, places) = (Arc::clone(channel), Arc::clone(&places));
        tokio::spawn(async move {
            loop {
                let place = places.acquire().await.unwrap();
                let receipt = channel.deliver(&message).await;
                drop(place);
                let Receipt::Retry { after, .. } = receipt else { return receipt };
                tokio::time::sleep(after.unwrap_or(Duration::from_millis(30))).await;
            }
        })
    });
    let mut receipts = Vec::new();
    for attempt in attempts.collect::<Vec<_>>() {
        receipts.push(attempt.await.unwrap());
    }
    receipts
}

/// Small ones, and one in twenty of up to 30 KB.
fn flood(count: usize) -> Vec<Message> {
    let letters = |number: usize| if number.is_multiple_of(20) { number * 7_919 % 30_000 } else { 40 };
    let content = |number| json!({"event": "Said", "properties": {"text": "x".repeat(letters(number))}});
    (0..count).map(|number| numbered(number, &content(number))).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ten_thousand_events_keep_every_limit_and_none_is_lost_or_told_twice() {
    let emulator = Emulator::start(emulator::Mood::Troubled).await;
    let receipts = deliver_all(&connected(&emulator), flood(10_000)).await;
    assert!(receipts.iter().all(|receipt| matches!(receipt, Receipt::Accepted { .. })));
    let seen = emulator.seen();
    assert_eq!((seen.over_bytes, seen.over_count, seen.over_pace, seen.unauthorized), (0, 0, 0, 0));
    assert!(seen.failed > 10, "Segment should have had its troubles: {}", seen.failed);
    assert!(seen.repeated > 0, "what was taken and not answered should have come again");
    assert_eq!(seen.events.len(), 10_000);
    assert!(seen.events.keys().all(|id| is_echo_id(id)));
    assert_eq!(seen.users.len(), 10_000, "each under one id");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nobody_is_refused_for_anothers_sake() {
    let emulator = Emulator::start(emulator::Mood::Steady).await;
    let content = |number| json!({"event": if number == 33 { emulator::POISON } else { "Said" }});
    let messages = (0..100).map(|number| numbered(number, &content(number))).collect();
    let receipts = deliver_all(&connected(&emulator), messages).await;
    let refused = |receipt: &Receipt| matches!(receipt, Receipt::Refused { .. });
    assert_eq!(receipts.iter().position(refused), Some(33));
    assert_eq!(receipts.iter().filter(|receipt| refused(receipt)).count(), 1);
    assert_eq!(emulator.seen().events.len(), 99);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_who_are_to_blame_are_found_out_in_time() {
    let emulator = Emulator::start(emulator::Mood::Steady).await;
    let content = |number| json!({"event": if number % 2 == 0 { emulator::POISON } else { "Said" }});
    let messages: Vec<Message> = (0..100).map(|number| numbered(number, &content(number))).collect();
    let channel = connected(&emulator);
    let deliver = |message: &Message| {
        let (channel, message) = (Arc::clone(&channel), message.clone());
        tokio::spawn(async move { channel.deliver(&message).await })
    };
    let attempts: Vec<_> = messages.iter().map(deliver).collect();
    let mut receipts = Vec::new();
    for attempt in attempts {
        receipts.push(attempt.await.unwrap());
    }
    assert!(receipts.iter().any(|receipt| matches!(receipt, Receipt::Retry { .. })), "not all in one attempt");
    let receipts = deliver_all(&channel, messages).await;
    let refused = receipts.iter().filter(|receipt| matches!(receipt, Receipt::Refused { .. })).count();
    assert_eq!((refused, emulator.seen().events.len()), (50, 50));
}

#[tokio::test]
async fn what_segment_asks_to_wait_is_told() {
    let emulator = Emulator::start(emulator::Mood::Closed).await;
    let receipt = connected(&emulator).deliver(&numbered(1, &json!({"event": "Said"}))).await;
    let Receipt::Retry { reason, after } = receipt else { panic!("{receipt:?}") };
    assert_eq!(after, Some(Duration::from_secs(3)));
    assert_eq!(reason, "Segment answered 429 Too Many Requests");
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}
