//! Mailchimp's requests and answers.

use std::fmt::Write as _;
use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::Mailchimp;
use crate::channels::conformance::{self, Expected, Subject, loopback, message};
use crate::channels::judged::{Judged, only_ours, otherwise};
use crate::channels::scripted::{Behaviour, Request, Scripted};
use crate::channels::{Addresses, Channel, Http, Message, Provider as _, Receipt};
use crate::domain::Json;

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &Mailchimp,
    settings: |url| json!({"key": "hush-us6", "list": "hush", "event": "hush", "url": url, "callback_key": "hush"}),
    message: |message| message,
    expected,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &Mailchimp,
    recording: include_str!("../../../../tests/fixtures/judged/mailchimp.json"),
    page: include_str!("../../../../docs/channels/mailchimp.md"),
    base: |settings| super::settings::Settings::parse(settings, &loopback()).unwrap().0.url,
    answers: SUBJECT.answers,
    differences: &[
        otherwise("/headers/authorization", "any user name goes with the key: ours says who calls"),
        otherwise("/query/skip_merge_validation", "Python's word for true"),
        only_ours("/body/*", "the package sends the body that it is given"),
    ],
};

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

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
}

fn run<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

fn open(scripted: &Scripted, settings: &Value) -> std::sync::Arc<dyn Channel> {
    let mut all = json!({"key": "k3y-us6", "url": format!("http://{}/3.0", scripted.address)});
    all.as_object_mut().unwrap().extend(settings.as_object().unwrap().clone());
    let kept = Mailchimp.validate(&all, &loopback()).unwrap();
    Mailchimp.open(&kept, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap()
}

fn saying(content: &Value) -> Message {
    let addresses = Addresses { email: Some("Ada@Example.com".to_owned()), ..Addresses::default() };
    Message { content: Json::from(content), addresses, ..message(1) }
}

/// What becomes of a content, and the requests that were made.
fn deliver(behaviour: Behaviour, settings: &Value, content: &Value) -> (Receipt, Vec<Request>) {
    let scripted = Scripted::start(behaviour);
    let receipt = run(open(&scripted, settings).deliver(&saying(content)));
    (receipt, scripted.requests())
}

fn check(settings: &Value, content: &Value, wanted: &Expect) {
    let (receipt, requests) = deliver(Behaviour::Accepts, settings, content);
    let mut seen = String::new();
    for request in requests {
        assert_eq!(request.headers["authorization"], "Basic cmVraW5kbGU6azN5LXVzNg==");
        writeln!(seen, "{}\n{}", request.line, request.body).unwrap();
    }
    writeln!(seen, "{receipt:?}").unwrap();
    wanted.assert_eq(&seen);
}

#[test]
fn who_is_added_becomes_a_member_only_where_they_never_were_one_and_is_tagged() {
    check(
        &json!({"list": "abc123", "status_if_new": "pending"}),
        &json!({"action": "add", "audience": "lapsed buyers", "mailchimp": {"merge_fields": {"FNAME": "Ada"}}}),
        &expect![[r#"
            PUT /3.0/lists/abc123/members/3e3417d7ef77d5932a6734b916515ed5?skip_merge_validation=true HTTP/1.1
            {"email_address":"Ada@Example.com","merge_fields":{"FNAME":"Ada"},"status_if_new":"pending"}
            POST /3.0/lists/abc123/members/3e3417d7ef77d5932a6734b916515ed5/tags HTTP/1.1
            {"tags":[{"name":"lapsed buyers","status":"active"}]}
            Accepted { note: Some("mailchimp: tagged") }
        "#]],
    );
}

#[test]
fn who_is_removed_stays_a_member() {
    check(
        &json!({"list": "abc123"}),
        &json!({"action": "remove", "audience": "lapsed buyers"}),
        &expect![[r#"
        POST /3.0/lists/abc123/members/3e3417d7ef77d5932a6734b916515ed5/tags HTTP/1.1
        {"tags":[{"name":"lapsed buyers","status":"inactive"}]}
        Accepted { note: Some("mailchimp: no longer tagged") }
    "#]],
    );
}

#[test]
fn an_event_tells_data_and_ids_as_texts() {
    check(
        &json!({"list": "abc123"}),
        &json!({"subject": "s", "data": {"items": 3, "first": "Hat"}, "mailchimp": {"event": "cart_waits", "list": "def456"}}),
        &expect![[r#"
            POST /3.0/lists/def456/members/3e3417d7ef77d5932a6734b916515ed5/events HTTP/1.1
            {"name":"cart_waits","occurred_at":"2026-01-02T03:04:05.678Z","properties":{"first":"Hat","items":"3","rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"}}
            Accepted { note: Some("mailchimp: the event is added") }
        "#]],
    );
}

#[test]
fn a_flow_is_triggered_for_an_address() {
    check(
        &json!({}),
        &json!({"mailchimp": {"flow": 12, "step": 34}}),
        &expect![[r#"
        POST /3.0/customer-journeys/journeys/12/steps/34/actions/trigger HTTP/1.1
        {"email_address":"Ada@Example.com"}
        Accepted { note: Some("mailchimp: the flow is triggered") }
    "#]],
    );
}

#[test]
fn content_that_names_no_task_is_the_settings_task() {
    let line = |settings: Value| {
        let (_, requests) = deliver(Behaviour::Accepts, &settings, &json!({"subject": "s", "body": "b"}));
        requests[0].line.clone()
    };
    let event = line(json!({"list": "abc123", "event": "comes_back"}));
    assert!(event.starts_with("POST /3.0/lists/abc123/members/") && event.ends_with("/events HTTP/1.1"), "{event}");
    let flow = line(json!({"flow": 1, "step": 2}));
    assert_eq!(flow, "POST /3.0/customer-journeys/journeys/1/steps/2/actions/trigger HTTP/1.1");
}

#[test]
fn a_member_is_addressed_by_the_md5_of_their_address_in_lower_case() {
    let (_, requests) =
        deliver(Behaviour::Accepts, &json!({"list": "l"}), &json!({"action": "remove", "audience": "t"}));
    // `printf ada@example.com | md5sum`
    assert_eq!(requests[0].line, "POST /3.0/lists/l/members/3e3417d7ef77d5932a6734b916515ed5/tags HTTP/1.1");
}

#[test]
fn nobody_is_tagged_who_was_not_accepted_as_a_member() {
    let (receipt, requests) =
        deliver(Behaviour::FindsItBad, &json!({"list": "l"}), &json!({"action": "add", "audience": "t"}));
    assert!(matches!(receipt, Receipt::Refused { .. }), "{receipt:?}");
    assert_eq!(requests.len(), 1);
}

#[test]
fn content_that_cannot_be_done_is_refused_before_anything_is_sent() {
    let check = |settings: Value, content: Value, wanted: &str| {
        let (receipt, requests) = deliver(Behaviour::Accepts, &settings, &content);
        let Receipt::Refused { reason } = receipt else { panic!("{content} gave {receipt:?}") };
        assert!(reason.contains(wanted) && !reason.contains("hush"), "{content} gave {reason}");
        assert_eq!(requests.len(), 0);
    };
    let list = || json!({"list": "l"});
    check(
        list(),
        json!({"subject": "hush", "body": "hush"}),
        "should have an `action` and an `audience`, or `mailchimp`",
    );
    check(list(), json!({"action": "hush", "audience": "hush"}), "`action` should be `add` or `remove`");
    check(list(), json!({"action": "add"}), "`audience` should be the name of a tag");
    check(json!({}), json!({"action": "add", "audience": "hush"}), "set `list`");
    check(json!({}), json!({"mailchimp": {"event": "hush"}}), "set `list`");
    check(list(), json!({"mailchimp": {"event": "x"}}), "`mailchimp.event` should be a name of 2 to 30 characters");
    check(list(), json!({"mailchimp": {"event": "hush".repeat(8)}}), "a name of 2 to 30 characters");
    check(list(), json!({"mailchimp": {"flow": 1}}), "an `event`, or a `flow` and its `step`");
    check(
        list(),
        json!({"mailchimp": {"event": "hush", "flow": 1, "step": 2}}),
        "an `event`, or a `flow` and its `step`",
    );
    check(list(), json!({"mailchimp": {"flow": "hush", "step": 2}}), "`mailchimp.flow` should be a whole number");
    check(list(), json!({"mailchimp": "hush"}), "`mailchimp` should be an object");
    check(list(), json!("hush"), "should be a JSON object");
}

mod answers {
    use reqwest::StatusCode;

    use super::super::answer::success;
    use super::super::task::{Flow, Task};
    use super::*;
    use crate::channels::asked::Asked;
    use crate::channels::http::Answer;

    fn problem(task: &Task, status: u16, title: &str, detail: &str) -> Result<(), Receipt> {
        let status = StatusCode::from_u16(status).unwrap();
        let body = json!({"type": "https://mailchimp.com/developer/marketing/docs/errors/", "title": title,
            "status": status.as_u16(), "detail": detail, "instance": "3b4dcb40"});
        let body = body.to_string().into_bytes();
        success(task, &Answer { status, retry_after: None, body, asked: Asked::nothing() })
    }

    fn remove() -> Task {
        Task::Remove { list: "l".to_owned(), tag: "t".to_owned() }
    }

    fn trigger() -> Task {
        Task::Trigger(Flow { flow: 1, step: 2 })
    }

    /// The error glossary.
    #[test]
    fn every_problem_has_its_receipt() {
        let lasting = [
            (400, "BadRequest"),
            (400, "InvalidAction"),
            (400, "InvalidResource"),
            (400, "JSONParseError"),
            (400, "Member In Compliance State"),
            (400, "Forgotten Email Not Subscribed"),
            (404, "ResourceNotFound"),
            (405, "MethodNotAllowed"),
            (414, "ResourceNestingTooDeep"),
            (422, "InvalidMethodOverride"),
            (422, "RequestedFieldsInvalid"),
        ];
        let passing = [
            (401, "APIKeyMissing"),
            (401, "APIKeyInvalid"),
            (403, "Forbidden"),
            (403, "UserDisabled"),
            (403, "WrongDatacenter"),
            (429, "TooManyRequests"),
            (500, "InternalServerError"),
            (403, "ComplianceRelated"),
        ];
        for (status, title) in lasting {
            let receipt = problem(&trigger(), status, title, "no");
            assert!(matches!(receipt, Err(Receipt::Refused { .. })), "{title}: {receipt:?}");
        }
        for (status, title) in passing {
            let receipt = problem(&trigger(), status, title, "no");
            assert!(matches!(receipt, Err(Receipt::Retry { .. })), "{title}: {receipt:?}");
        }
    }

    #[test]
    fn who_is_not_in_the_list_needs_not_be_taken_off_a_tag() {
        assert_eq!(problem(&remove(), 404, "Resource Not Found", "no"), Ok(()));
        assert!(problem(&remove(), 400, "Bad Request", "no").is_err());
        let Err(Receipt::Refused { reason }) = problem(&trigger(), 404, "Resource Not Found", "no such thing") else {
            panic!("nobody is there to be triggered");
        };
        expect!["mailchimp answered 404 Not Found: Resource Not Found: no such thing; is the person in the list, and the list there?"]
            .assert_eq(&reason);
    }
}

#[test]
fn the_key_says_where_the_account_is() {
    let (settings, _) =
        super::settings::Settings::parse(&json!({"key": "0123456789abcdef-us21"}), &loopback()).unwrap();
    assert_eq!(settings.url.as_str(), "https://us21.api.mailchimp.com/3.0");
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = Mailchimp.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({}), "`key` is missing");
    for key in ["hush", "hush-", "hush-evil.example/", "hush-US6", "hush-us6us6us6us6us6us6", "-"] {
        check(json!({"key": key}), "`key` should end in a hyphen and its data centre");
    }
    check(json!({"key": "k-us6", "list": "a/../b"}), "`list` should be an audience's id");
    check(
        json!({"key": "k-us6", "status_if_new": "unsubscribed"}),
        "`status_if_new` should be `subscribed`, `pending`",
    );
    check(json!({"key": "k-us6", "event": "x"}), "`event` should have 2 to 30 characters");
    check(json!({"key": "k-us6", "flow": 1}), "`step` is missing");
    check(json!({"key": "k-us6", "step": 1}), "`flow` is missing");
    check(json!({"key": "k-us6", "flow": "hush", "step": 1}), "`flow` should be a whole number");
    check(json!({"key": "k-us6", "flow": 1, "step": 1, "event": "hush"}), "`event` should not stand beside `flow`");
    check(json!({"key": "k-us6", "callback_key": "h u s h"}), "`callback_key` should be a key");
    check(json!({"key": "k-us6", "url": "http://10.0.0.1/"}), "`url` is refused");
}

#[test]
fn one_key_has_ten_connections() {
    let scripted = Scripted::start(Behaviour::Accepts);
    assert_eq!(open(&scripted, &json!({})).under_way_max(), 10);
}
