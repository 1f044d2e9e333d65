//! SendGrid against what it documents.

use std::time::Duration;

use expect_test::{Expect, expect};
use serde_json::{Value, json};

use super::SendGrid;
use crate::channels::asked::Asked;
use crate::channels::common::below;
use crate::channels::conformance::{self, Expected, Subject, loopback};
use crate::channels::http::Answer;
use crate::channels::judged::{Judged, otherwise};
use crate::channels::scripted::{Answers, Behaviour, Request, Scripted};
use crate::channels::{Addresses, Http, Message, Provider as _, Receipt};
use crate::domain::{Json, KnownBy};

const LIST: &str = "ca7a3796-e8a8-4029-9ccb-df8937940562";
const OTHER_LIST: &str = "199abb98-0af3-4a8d-b371-6811ff85d062";

pub(in crate::channels) const SUBJECT: Subject = Subject {
    provider: &SendGrid,
    settings: |url| json!({"api_key": "hush-key", "from": "hush@shop.example", "url": url}),
    message: |message| saying(&json!({"subject": "hush", "body": "hush"}), message),
    expected,
    ..Subject::PLAIN
};

pub(in crate::channels) const JUDGED: Judged = Judged {
    provider: &SendGrid,
    recording: include_str!("../../../../tests/fixtures/judged/sendgrid.json"),
    page: include_str!("../../../../docs/channels/sendgrid.md"),
    base: |settings| match super::Settings::parse(settings, &loopback()).unwrap().way {
        super::Way::Mail(mail) => mail.url,
        super::Way::Lists(lists) => lists.url,
    },
    answers: SUBJECT.answers,
    differences: &[otherwise("/body/categories/*", "their order says nothing, and the package turns it round")],
};

/// Contacts, of which the package knows nothing.
pub(in crate::channels) const JUDGED_LISTS: Judged = Judged {
    recording: include_str!("../../../../tests/fixtures/judged/sendgrid-lists.json"),
    differences: &[],
    ..JUDGED
};

/// Adds contacts, which have no place for a message's id.
const ADDING: Subject = Subject {
    settings: |url| json!({"send": "lists", "api_key": "hush-key", "list": LIST, "url": url}),
    message: |message| saying(&json!({"action": "add", "audience": "hush"}), message),
    carries_id: false,
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

fn saying(content: &Value, message: Message) -> Message {
    Message { content: Json::from(content), ..message }
}

fn to(email: &str, message: Message) -> Message {
    Message { addresses: Addresses { email: Some(email.to_owned()), ..message.addresses }, ..message }
}

fn message(content: &Value) -> Message {
    saying(content, to("ada@shop.example", conformance::message(1)))
}

#[test]
fn keeps_the_contract_of_channels() {
    conformance::check(&SUBJECT);
    conformance::check(&ADDING);
}

fn mail(more: Value) -> Value {
    with(json!({"api_key": "k", "from": "news@shop.example"}), more)
}

fn lists(more: Value) -> Value {
    with(json!({"send": "lists", "api_key": "k"}), more)
}

fn with(mut settings: Value, more: Value) -> Value {
    settings.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    settings
}

/// All at one time, to a provider that answers so.
fn deliver(settings: Value, messages: &[Message], accepted: fn(&Request) -> String) -> (Vec<Request>, Vec<Receipt>) {
    let scripted = Scripted::answering(Behaviour::Accepts, Answers { accepted: Some(accepted), partly: None });
    deliver_to(&scripted, settings, messages)
}

fn deliver_to(scripted: &Scripted, mut settings: Value, messages: &[Message]) -> (Vec<Request>, Vec<Receipt>) {
    settings["url"] = format!("http://{}", scripted.address).into();
    let kept = SendGrid.validate(&settings, &loopback()).unwrap();
    let channel = SendGrid.open(&kept, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
    let receipts = conformance::deliver_all(&channel, messages);
    (scripted.requests(), receipts)
}

fn check(settings: Value, content: &Value, wanted: &Expect) {
    let (requests, receipts) = deliver(settings, &[message(content)], |_| String::new());
    let [request] = <[Request; 1]>::try_from(requests).unwrap_or_else(|_| panic!("{receipts:?}"));
    assert_eq!(request.headers["authorization"], "Bearer k");
    wanted.assert_eq(&format!("{}\n{}", request.line, request.body));
}

#[test]
fn an_email_has_its_subject_and_body_and_our_ids() {
    let content = json!({"subject": "Your cart", "body": "It waits.\n"});
    check(
        mail(json!({})),
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"categories":["three-lines"],"content":[{"type":"text/plain","value":"It waits.\n"}],"from":{"email":"news@shop.example"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"to":[{"email":"ada@shop.example"}]}],"subject":"Your cart"}"#]],
    );
    let settings = mail(json!({"from_name": "The Shop", "reply_to": "help@shop.example", "unsubscribe_group": 12345}));
    let content = json!({
        "subject": "Your cart", "body": "It waits.", "html": "<p>It waits.", "sendgrid": {"categories": ["carts"]},
    });
    check(
        settings,
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"asm":{"group_id":12345},"categories":["three-lines","carts"],"content":[{"type":"text/plain","value":"It waits."},{"type":"text/html","value":"<p>It waits."}],"from":{"email":"news@shop.example","name":"The Shop"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"to":[{"email":"ada@shop.example"}]}],"reply_to":{"email":"help@shop.example"},"subject":"Your cart"}"#]],
    );
}

#[test]
fn html_is_enough_and_the_content_may_name_the_sender() {
    let content = json!({"subject": "Your cart", "html": "<p>It waits.", "sender": "Tea Shop <tea@shop.example>"});
    check(
        mail(json!({"from_name": "The Shop", "template": "d-1"})),
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"categories":["three-lines"],"content":[{"type":"text/html","value":"<p>It waits."}],"from":{"email":"tea@shop.example","name":"Tea Shop"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"to":[{"email":"ada@shop.example"}]}],"subject":"Your cart"}"#]],
    );
}

#[test]
fn a_template_is_given_the_data_and_the_texts() {
    let content = json!({"subject": "Your cart", "body": "…", "template": "d-1", "data": {"items": [{"name": "mug"}]}});
    check(
        mail(json!({"template": "d-2"})),
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"categories":["three-lines"],"from":{"email":"news@shop.example"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"dynamic_template_data":{"body":"…","items":[{"name":"mug"}],"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"Your cart","template":"d-1"},"to":[{"email":"ada@shop.example"}]}],"template_id":"d-1"}"#]],
    );
}

#[test]
fn mailboxes_are_shown_a_way_out() {
    let content = json!({"subject": "a", "template": "d-1"});
    check(
        mail(json!({"subscription_tracking": true})),
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"categories":["three-lines"],"from":{"email":"news@shop.example"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"dynamic_template_data":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"a","template":"d-1"},"to":[{"email":"ada@shop.example"}]}],"template_id":"d-1","tracking_settings":{"subscription_tracking":{"enable":true}}}"#]],
    );
    let content = json!({"subject": "a", "template": "d-1", "unsubscribe_url": "https://shop.example/leave?m=1>2"});
    check(
        mail(json!({})),
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"categories":["three-lines"],"from":{"email":"news@shop.example"},"headers":{"List-Unsubscribe":"<https://shop.example/leave?m=1%3E2>","List-Unsubscribe-Post":"List-Unsubscribe=One-Click"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"dynamic_template_data":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"a","template":"d-1"},"to":[{"email":"ada@shop.example"}]}],"template_id":"d-1"}"#]],
    );
    check(
        mail(json!({"subscription_tracking": true})),
        &content,
        &expect![[r#"
        POST /v3/mail/send HTTP/1.1
        {"categories":["three-lines"],"from":{"email":"news@shop.example"},"personalizations":[{"custom_args":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push"},"dynamic_template_data":{"rekindle_campaign":"three-lines","rekindle_message":"msg_00112233445566778899aabbccddeeff","rekindle_profile":"u1","rekindle_step":"push","subject":"a","template":"d-1"},"to":[{"email":"ada@shop.example"}]}],"template_id":"d-1","tracking_settings":{"subscription_tracking":{"enable":true}}}"#]],
    );
}

#[test]
fn people_are_added_to_the_list() {
    check(
        lists(json!({ "list": LIST })),
        &json!({"action": "add", "audience": "carts"}),
        &expect![[r#"
        PUT /v3/marketing/contacts HTTP/1.1
        {"contacts":[{"email":"ada@shop.example"}],"list_ids":["ca7a3796-e8a8-4029-9ccb-df8937940562"]}"#]],
    );
    let settings = lists(json!({"list": LIST, "external_id": true}));
    check(
        settings,
        &json!({"action": "add", "audience": OTHER_LIST}),
        &expect![[r#"
        PUT /v3/marketing/contacts HTTP/1.1
        {"contacts":[{"email":"ada@shop.example","external_id":"user-1"}],"list_ids":["199abb98-0af3-4a8d-b371-6811ff85d062"]}"#]],
    );
    let content = json!({"action": "add", "audience": OTHER_LIST, "sendgrid": {"list": LIST}});
    check(
        lists(json!({})),
        &content,
        &expect![[r#"
        PUT /v3/marketing/contacts HTTP/1.1
        {"contacts":[{"email":"ada@shop.example"}],"list_ids":["ca7a3796-e8a8-4029-9ccb-df8937940562"]}"#]],
    );
}

#[test]
fn an_address_that_is_no_good_keeps_nobody_else_off_the_list() {
    let add = |email: &str| to(email, message(&json!({"action": "add", "audience": "carts"})));
    let people = [add("ada@shop.example"), add("b_b@shop.example"), add("eve@shop.example")];
    let people = people.map(|message| super::lists::Person::of(&message).unwrap());
    let words = "email 'b_b@shop.example' is not valid";
    let answer = |status: u16, body: &Value| Answer {
        status: reqwest::StatusCode::from_u16(status).unwrap(),
        retry_after: None,
        body: body.to_string().into_bytes(),
        asked: Asked::nothing(),
    };
    let outcomes = |status, body: &Value| {
        let receipts = super::answer::to_contacts(&answer(status, body), &people);
        receipts.iter().map(Receipt::outcome).collect::<Vec<_>>()
    };
    let named = json!({"errors": [{"field": "contacts", "message": words}]});
    assert_eq!(outcomes(400, &named), ["retry", "refused", "retry"]);
    assert_eq!(outcomes(400, &json!({"errors": [{"message": "invalid list id"}]})), ["refused"; 3]);
    assert_eq!(outcomes(500, &named), ["retry"; 3]);
    assert_eq!(outcomes(202, &json!({"job_id": "1"})), ["accepted"; 3]);
}

/// Two of three are known.
fn knows_two(request: &Request) -> String {
    match request.line.starts_with("POST ") {
        true => json!({"result": {
            "ada@shop.example": {"contact": {"id": "c-ada", "list_ids": [], "email": "ada@shop.example"}},
            "bob@shop.example": {"error": "contact not found"},
            "eve@shop.example": {"contact": {"id": "c-eve", "list_ids": [LIST]}},
        }})
        .to_string(),
        false => json!({"job_id": "1"}).to_string(),
    }
}

#[test]
fn people_are_looked_up_and_taken_off_the_list() {
    let remove = |email: &str| to(email, message(&json!({"action": "remove", "audience": "carts"})));
    let messages = ["ada@shop.example", "bob@shop.example", "Eve@shop.example"].map(remove);
    let (requests, receipts) = deliver(lists(json!({ "list": LIST })), &messages, knows_two);
    let written: Vec<_> = requests.iter().map(|request| format!("{}\n{}", request.line, request.body)).collect();
    expect![[r#"
        POST /v3/marketing/contacts/search/emails HTTP/1.1
        {"emails":["ada@shop.example","bob@shop.example","Eve@shop.example"]}
        DELETE /v3/marketing/lists/ca7a3796-e8a8-4029-9ccb-df8937940562/contacts?contact_ids=c-ada%2Cc-eve HTTP/1.1
    "#]]
    .assert_eq(&written.join("\n"));
    let notes: Vec<_> = receipts.iter().map(|receipt| format!("{receipt:?}")).collect();
    expect![[r#"
        Accepted { note: Some("SendGrid takes the contact off the list") }
        Accepted { note: Some("SendGrid has no contact with the address") }
        Accepted { note: Some("SendGrid takes the contact off the list") }"#]]
    .assert_eq(&notes.join("\n"));
}

#[test]
fn who_is_no_contact_is_on_no_list() {
    let remove = message(&json!({"action": "remove", "audience": "carts"}));
    let (requests, receipts) =
        deliver(lists(json!({ "list": LIST })), &[remove], |_| json!({"result": {}}).to_string());
    assert_eq!(requests.len(), 1, "there is nobody to take off");
    assert!(matches!(receipts[0], Receipt::Accepted { .. }));
}

#[test]
fn a_look_up_that_fails_takes_nobody_off() {
    let remove = message(&json!({"action": "remove", "audience": "carts"}));
    for (behaviour, outcome) in [
        (Behaviour::FindsItBad, "refused"),
        (Behaviour::KnowsUsNot, "retry"),
        (Behaviour::IsBusy, "retry"),
        (Behaviour::SaysNonsense, "retry"),
        (Behaviour::DripsItsBody, "retry"),
        (Behaviour::RepeatsTheRequest, "refused"),
    ] {
        let scripted = Scripted::start(behaviour);
        let (requests, receipts) = deliver_to(&scripted, lists(json!({ "list": LIST })), std::slice::from_ref(&remove));
        assert_eq!((requests.len(), receipts[0].outcome()), (1, outcome), "{behaviour:?}");
    }
}

#[test]
fn what_cannot_be_sent_is_refused_before_anything_is() {
    let check = |settings: Value, content: Value, wanted: &str| {
        let (requests, receipts) = deliver(settings, &[message(&content)], |_| String::new());
        let Receipt::Refused { reason } = &receipts[0] else { panic!("{content} gave {receipts:?}") };
        assert!(requests.is_empty() && reason.contains(wanted) && !reason.contains("hush"), "{content} gave {reason}");
    };
    check(mail(json!({})), json!("hush"), "should be a JSON object");
    check(mail(json!({})), json!({"body": "hush"}), "`subject` should be a text");
    check(mail(json!({})), json!({"subject": "hush"}), "`body` should be a text");
    check(mail(json!({})), json!({"subject": "a", "template": "hush"}), "begins with `d-`");
    check(mail(json!({})), json!({"subject": "a", "template": "d-1", "data": "hush"}), "`data` should be an object");
    check(mail(json!({})), json!({"subject": "a", "body": "b", "html": 7}), "`html` should be a text");
    for url in
        ["http://shop.example/hush", "hush", "mailto:hush@shop.example", &format!("https://{}", "hush".repeat(300))]
    {
        check(
            mail(json!({})),
            json!({"subject": "a", "body": "b", "unsubscribe_url": url}),
            "`unsubscribe_url` should be",
        );
    }
    let categories = |categories: Value| json!({"subject": "a", "body": "b", "sendgrid": {"categories": categories}});
    check(mail(json!({})), categories(json!("hush")), "`sendgrid.categories` should be a list of texts");
    check(mail(json!({})), categories(json!(["hush".repeat(64)])), "at most 9 texts of 1 to 255");
    check(mail(json!({})), categories(json!(vec!["hush"; 10])), "at most 9 texts of 1 to 255");
    check(lists(json!({ "list": LIST })), json!({"audience": "hush"}), "`action` should be `add` or `remove`");
    check(lists(json!({ "list": LIST })), json!({"action": "hush", "audience": "a"}), "should be `add` or `remove`");
    check(lists(json!({})), json!({"action": "add", "audience": "hush"}), "set `list`");
    check(
        lists(json!({})),
        json!({"action": "add", "sendgrid": {"list": "hush"}}),
        "`sendgrid.list` should be a list's id",
    );
}

#[test]
fn who_has_no_address_or_a_long_one_is_refused() {
    let remove = json!({"action": "remove", "audience": "carts"});
    let long = to(&format!("{}@shop.example", "a".repeat(100)), message(&remove));
    let unknown = Message { addresses: Addresses::default(), ..message(&remove) };
    let (requests, receipts) = deliver(lists(json!({ "list": LIST })), &[long, unknown], |_| String::new());
    assert!(requests.is_empty() && receipts.iter().all(|receipt| receipt.outcome() == "refused"), "{receipts:?}");
    let unknown = Message { addresses: Addresses::default(), ..message(&json!({"subject": "a", "body": "b"})) };
    let (requests, receipts) = deliver(mail(json!({})), &[unknown], |_| String::new());
    assert!(requests.is_empty() && receipts[0].outcome() == "refused", "{receipts:?}");
}

#[test]
fn people_are_known_by_their_addresses() {
    for settings in [mail(json!({})), lists(json!({ "list": LIST }))] {
        let channel = SendGrid.open(&settings, &Http::new(Duration::from_secs(5), loopback()).unwrap()).unwrap();
        assert_eq!(channel.knows_people_by(), KnownBy::Address);
    }
}

#[test]
fn settings_that_cannot_work_are_refused_with_what_would() {
    let check = |settings: Value, wanted: &str| {
        let err = SendGrid.validate(&settings, &loopback()).unwrap_err().to_string();
        assert!(err.contains(wanted) && !err.contains("hush"), "{settings} gave {err}");
    };
    check(json!({}), "`api_key` is missing");
    check(json!({"api_key": "k"}), "`from` is missing");
    check(json!({"send": "hush"}), "`send` should be `email` or `lists`");
    check(mail(json!({"api_key": "hush hush"})), "`api_key` should be a key");
    check(mail(json!({"region": "hush"})), "`region` should be `us` or `eu`");
    for from in ["hush", "@hush", "Hush <hush@shop.example>", "hush@shop.example,hush@shop.example"] {
        check(mail(json!({ "from": from })), "`from` should be an e-mail address alone");
        check(mail(json!({ "reply_to": from })), "`reply_to` should be an e-mail address alone");
    }
    check(mail(json!({"template": "hush"})), "`template` should be the id of a dynamic template");
    for group in [json!(0), json!(-1), json!(1.5), json!("hush")] {
        check(mail(json!({ "unsubscribe_group": group })), "`unsubscribe_group` should be a whole number from 1 on");
    }
    check(mail(json!({"subscription_tracking": "hush"})), "`subscription_tracking` should be true or false");
    check(mail(json!({ "list": LIST })), "`list` is not known: use `send`, `api_key`");
    check(lists(json!({"from": "hush@shop.example"})), "`from` is not known: use `send`, `api_key`");
    check(lists(json!({"list": "hush"})), "`list` should be a list's id");
    check(lists(json!({"external_id": "hush"})), "`external_id` should be true or false");
    check(mail(json!({"callback_key": 7})), "`callback_key` should be a text");
}

#[test]
fn every_region_has_its_address() {
    let url = |settings: Value| match super::Settings::parse(&settings, &loopback()).unwrap().way {
        super::Way::Mail(mail) => below(&mail.url, ["v3"]).to_string(),
        super::Way::Lists(lists) => below(&lists.url, ["v3"]).to_string(),
    };
    assert_eq!(url(mail(json!({}))), "https://api.sendgrid.com/v3");
    assert_eq!(url(mail(json!({"region": "eu"}))), "https://api.eu.sendgrid.com/v3");
    assert_eq!(url(lists(json!({"region": "us"}))), "https://api.sendgrid.com/v3");
}
