//! What was acknowledged survives, and happens once.

use std::time::Duration;

use rekindle_tests::{Answer, House, SECRET, added, deliver, sign, text};
use reqwest::Method;
use serde_json::value::RawValue;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

#[tokio::test]
async fn timers_survive_a_restart() {
    let mut house = House::open().await;
    let (inlet, key) = {
        let shop = house.tenant("shop").await;
        shop.publish("three-lines", json!({})).await;
        shop.send(&added("u1", house.now(), "mug", 12.5)).await;
        (shop.inlet.clone(), shop.key.clone())
    };
    house.stop().await;
    house.start().await;
    house.pass(HOUR).await;
    let messages = house.call(Method::GET, "/v1/messages", &key, None).await;
    assert_eq!(messages["items"].as_array().unwrap().len(), 1, "{messages}");
    let again = added("u1", house.now().minus(HOUR), "mug", 12.5).to_string();
    let answer = deliver(&house, &inlet, again.clone().into_bytes(), Some(&sign(SECRET, &again))).await;
    assert_eq!(answer.body, json!({"accepted": 0, "duplicate": 1, "quarantined": 0}));
}

#[tokio::test]
async fn repeated_deliveries_change_nothing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    let event = added("u1", house.now(), "mug", 12.5);
    shop.send(&event).await;
    for _ in 0..3 {
        shop.send(&event).await;
        shop.send_batch(&[event.clone(), event.clone()]).await;
    }
    house.pass(HOUR).await;
    assert_eq!(shop.sent().await.len(), 1);
    assert_eq!(shop.list("/v1/profiles").await[0]["events"], 1);
}

#[tokio::test]
async fn a_timer_that_came_due_while_the_server_was_down_fires_when_it_is_back() {
    let mut house = House::open().await;
    let key = {
        let shop = house.tenant("shop").await;
        shop.publish("three-lines", json!({})).await;
        shop.send(&added("u1", house.now(), "mug", 12.5)).await;
        shop.key.clone()
    };
    house.stop().await;
    house.let_time_pass_outside(3 * HOUR);
    house.start().await;
    house.settle().await;
    let messages = house.call(Method::GET, "/v1/messages", &key, None).await;
    assert_eq!(messages["items"][0]["at"], "2026-03-02T11:00:00.000Z", "{messages}");
}

/// Events with every oddity that Segment's users produce; see `tests/fixtures`.
fn oddities() -> Vec<String> {
    let lines = include_str!("../fixtures/oddities.jsonl").lines();
    let raw = |line: &str| text(&serde_json::from_str(line).unwrap(), "raw");
    // An empty request holds no element.
    lines.map(raw).filter(|raw| !raw.is_empty()).collect()
}

/// What a tenant has: people with their numbers of events, and quarantined elements.
async fn belongings(house: &House, key: &str) -> (Vec<Value>, usize) {
    let list = async |path: &str| {
        let page = house.call(Method::GET, path, key, None).await;
        page["items"].as_array().unwrap().clone()
    };
    (list("/v1/profiles?limit=250").await, list("/v1/quarantine?limit=250").await.len())
}

fn count(answers: &[Answer], member: &str) -> usize {
    answers.iter().map(|answer| usize::try_from(answer.body[member].as_u64().unwrap()).unwrap()).sum()
}

/// Delivers everything, one request each or all in one, to a source that asks for no signature.
async fn deliver_all(house: &House, path: &str, events: &[String], as_batch: bool) -> Vec<Answer> {
    let bodies = if as_batch { vec![format!("[{}]", events.join(","))] } else { events.to_vec() };
    let mut answers = Vec::new();
    for body in bodies {
        answers.push(deliver(house, path, body.into_bytes(), None).await);
    }
    house.settle().await;
    answers
}

#[tokio::test]
async fn every_oddity_is_kept_once_with_a_reason_where_it_is_no_event() {
    let mut house = House::open().await;
    for (name, as_batch) in [("singly", false), ("batched", true)] {
        let (key, path) = {
            let tenant = house.tenant(name).await;
            let source = json!({"name": "unsigned", "unsigned": true});
            let source = house.call(Method::POST, "/v1/sources", &tenant.key, Some(&source)).await;
            let url = text(&source, "url");
            (tenant.key.clone(), url[url.find("/in/").unwrap()..].to_owned())
        };
        // What never ends would swallow the rest of its batch.
        let ends = |raw: &String| !as_batch || serde_json::from_str::<&RawValue>(raw).is_ok();
        let events: Vec<String> = oddities().into_iter().filter(ends).collect();
        let first = deliver_all(&house, &path, &events, as_batch).await;
        let sum = ["accepted", "duplicate", "quarantined"].map(|member| count(&first, member)).iter().sum::<usize>();
        assert_eq!(sum, events.len(), "{name}");
        let kept = belongings(&house, &key).await;
        let counted: u64 = kept.0.iter().map(|profile| profile["events"].as_u64().unwrap()).sum();
        assert_eq!((counted, kept.1), (count(&first, "accepted") as u64, count(&first, "quarantined")), "{name}");
        house.stop().await;
        house.start().await;
        for _ in 0..3 {
            let again = deliver_all(&house, &path, &events, as_batch).await;
            assert_eq!(count(&again, "duplicate"), events.len(), "{name}");
            assert_eq!(belongings(&house, &key).await, kept, "{name}");
        }
    }
}
