//! The emulators themselves: what the documents allow is taken, and of each rule one breach is refused in the provider's form and kept.

use std::time::Duration;

use rekindle_tests::emulators::{Api, Braze, Chance, CustomerIo, Emulator, Facebook, Mishap, Tracking};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};

const DIGEST: &str = "424744f6f317d7fc68cbabde32a935f9210735c914558d38bd8cb3a8ae1a2008";

/// A call that is right.
struct Call {
    method: Method,
    path: String,
    token: Option<&'static str>,
    body: Value,
}

impl Call {
    fn request(&self, emulator: &Emulator, body: &Value) -> RequestBuilder {
        match self.token {
            Some(token) => self.of_nobody(emulator, body).bearer_auth(token),
            None => self.of_nobody(emulator, body).basic_auth(Tracking::WRITE_KEY, Some("")),
        }
    }

    /// Without credentials.
    fn of_nobody(&self, emulator: &Emulator, body: &Value) -> RequestBuilder {
        let client = Client::builder().no_proxy().timeout(Duration::from_secs(10)).build().unwrap();
        client.request(self.method.clone(), format!("{}{}", emulator.url, self.path)).json(body)
    }

    /// The same body with another value at a place; null takes it away.
    fn with(&self, place: &str, value: Value) -> Value {
        let mut body = self.body.clone();
        let (parent, name) = place.rsplit_once('/').unwrap();
        let parent = body.pointer_mut(parent).unwrap();
        match parent {
            Value::Object(members) if value.is_null() => drop(members.remove(name)),
            Value::Array(elements) => elements[name.parse::<usize>().unwrap()] = value,
            parent => parent[name] = value,
        }
        body
    }
}

/// Takes the call as it is, and refuses it with each of the breaches, in words at that place of the answer.
async fn check(api: impl Api, call: Call, breaches: &[(&str, Value)], words: &str) {
    let emulator = Emulator::open(api, Chance::never()).await;
    let taken = call.request(&emulator, &call.body).send().await.unwrap();
    assert!(taken.status().is_success(), "{:?}", emulator.faults());
    let done = emulator.executions().len();
    for (number, (place, value)) in breaches.iter().enumerate() {
        let answer = call.request(&emulator, &call.with(place, value.clone())).send().await.unwrap();
        assert!(answer.status().is_client_error(), "{place}: {value}");
        let said: Value = answer.json().await.unwrap_or_default();
        assert!(words.is_empty() || said.pointer(words).is_some_and(Value::is_string), "{place}: {said}");
        assert_eq!(emulator.faults().len(), number + 1, "{place}");
    }
    call.of_nobody(&emulator, &call.body).bearer_auth("another").send().await.unwrap();
    assert_eq!((emulator.faults().len(), emulator.executions().len()), (breaches.len() + 1, done));
}

fn repeated(value: &Value, times: usize) -> Value {
    vec![value.clone(); times].into()
}

#[tokio::test]
async fn braze_takes_fifty_people_by_one_identifier_each_and_no_broadcast() {
    let recipient = json!({"external_user_id": "ada", "trigger_properties": {"rekindle_message": "msg_1"}});
    let people: Vec<Value> =
        (0..51).map(|number| json!({"external_user_id": number.to_string(), "trigger_properties": {}})).collect();
    let body = json!({"campaign_id": Braze::CAMPAIGN_ID, "broadcast": false, "recipients": [recipient]});
    let path = "/campaigns/trigger/send".to_owned();
    let call = Call { method: Method::POST, path, token: Some(Braze::API_KEY), body };
    let breaches = [
        ("/campaign_id", Value::Null),
        ("/campaign_id", json!("another")),
        ("/broadcast", json!(true)),
        ("/broadcast", json!("false")),
        ("/recipients", Value::Null),
        ("/recipients", json!([])),
        ("/recipients", people.into()),
        ("/recipients", repeated(&recipient, 2)),
        ("/recipients/0/external_user_id", json!(7)),
        ("/recipients/0/external_id", json!("ada")),
        ("/recipients/0/email", json!("ada@shop.example")),
        ("/recipients/0/trigger_properties", json!([])),
        ("/messages", json!({})),
    ];
    check(Braze, call, &breaches, "/message").await;
}

#[tokio::test]
async fn customer_io_takes_an_address_a_person_and_a_template_or_all_that_an_email_needs() {
    let body = json!({
        "to": "Ada <ada@shop.example>", "identifiers": {"id": "ada"}, "transactional_message_id": CustomerIo::TEMPLATE,
        "message_data": {"rekindle_message": "msg_1"}, "headers": {"rekindle_step": "email"}, "send_to_unsubscribed": false,
    });
    let path = "/v1/send/email".to_owned();
    let call = Call { method: Method::POST, path, token: Some(CustomerIo::APP_KEY), body };
    let breaches = [
        ("/to", Value::Null),
        ("/to", json!("ada")),
        ("/to", json!(["ada@shop.example"])),
        ("/identifiers", Value::Null),
        ("/identifiers/email", json!("ada@shop.example")),
        ("/identifiers/user_id", json!("ada")),
        ("/transactional_message_id", json!("another")),
        ("/transactional_message_id", Value::Null),
        ("/message_data", json!("text")),
        ("/headers/rekindle_step", json!("two words")),
        ("/headers/rekindle_step", json!(7)),
        ("/send_to_unsubscribed", json!(0)),
        ("/template", json!("cart")),
    ];
    check(CustomerIo, call, &breaches, "/meta/error").await;
}

#[tokio::test]
async fn facebook_takes_rows_of_digests_under_known_columns() {
    let row = json!(["ada", DIGEST, ""]);
    let body = json!({"payload": {"schema": ["EXTERN_ID", "EMAIL", "MADID"], "data": [row]}});
    for method in [Method::POST, Method::DELETE] {
        let path = format!("/v25.0/{}/users", Facebook::AUDIENCE_ID);
        let call = Call { method, path, token: Some(Facebook::ACCESS_TOKEN), body: body.clone() };
        let breaches = [
            ("/payload", Value::Null),
            ("/payload/schema", json!(["EXTERN_ID", "EMAIL"])),
            ("/payload/schema/1", json!("EXTERN_ID")),
            ("/payload/schema/1", json!("email")),
            ("/payload/data", json!([])),
            ("/payload/data", repeated(&row, 10_001)),
            ("/payload/data/0", json!(["ada", DIGEST])),
            ("/payload/data/0/1", json!("ada@shop.example")),
            ("/payload/data/0/1", json!(DIGEST.to_uppercase())),
            ("/payload/data/0/1", json!(7)),
            ("/payload/data/0", json!(["", "", ""])),
            ("/payload/rows", json!([])),
            ("/session", json!({"session_id": 7, "last_batch_flag": true})),
            ("/data", json!([])),
        ];
        check(Facebook, call, &breaches, "/error/fbtrace_id").await;
    }
}

#[tokio::test]
async fn segment_takes_calls_that_say_what_of_whom_and_when_under_an_id() {
    let track = json!({
        "type": "track", "event": "Email Sent", "messageId": "m1", "userId": "ada", "timestamp": "2026-03-02T08:00:00.000Z",
        "properties": {}, "context": {},
    });
    let body = json!({ "batch": [track] });
    let call = Call { method: Method::POST, path: "/v1/batch".to_owned(), token: None, body };
    let breaches = [
        ("/batch", Value::Null),
        ("/batch", repeated(&track, 2_501)),
        ("/batch/0/type", json!("tracks")),
        ("/batch/0/event", json!(" ")),
        ("/batch/0/messageId", Value::Null),
        ("/batch/0/messageId", json!("m".repeat(101))),
        ("/batch/0/userId", Value::Null),
        ("/batch/0/timestamp", json!("yesterday")),
        ("/batch/0/properties", json!([])),
        ("/batch/0/properties", json!({"text": "x".repeat(32_001)})),
        ("/batch/0/user", json!("ada")),
    ];
    check(Tracking, call, &breaches, "").await;
}

#[tokio::test]
async fn what_goes_wrong_is_kept_apart_from_what_was_done() {
    let emulator = Emulator::open(Tracking, Chance::never()).await;
    let track = json!({
        "type": "track", "event": "Email Sent", "messageId": "m1", "userId": "ada", "timestamp": "2026-03-02T08:00:00Z",
        "properties": {},
    });
    let call =
        Call { method: Method::POST, path: "/v1/batch".to_owned(), token: None, body: json!({ "batch": [track] }) };
    emulator.will([Mishap::Answers(429), Mishap::BreaksOff, Mishap::LosesAnswer]);
    let busy = call.request(&emulator, &call.body).send().await.unwrap();
    assert_eq!((busy.status().as_u16(), &busy.headers()["retry-after"]), (429, &"1".parse().unwrap()));
    for _ in 0..2 {
        assert!(call.request(&emulator, &call.body).send().await.is_err());
    }
    emulator.next_life();
    assert!(call.request(&emulator, &call.body).send().await.unwrap().status().is_success());
    let done: Vec<_> = emulator.executions().iter().map(|done| (done.number, done.is_answered, done.life)).collect();
    assert_eq!(done, [(3, false, 0), (4, true, 1)]);
    assert_eq!(emulator.faults(), [] as [String; 0]);
}
