//! What was acknowledged survives, and happens once.

use std::time::Duration;

use rekindle_tests::{House, SECRET, added, deliver, sign};
use serde_json::json;

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
    let messages = house.call(reqwest::Method::GET, "/v1/messages", &key, None).await;
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
    let messages = house.call(reqwest::Method::GET, "/v1/messages", &key, None).await;
    assert_eq!(messages["items"][0]["at"], "2026-03-02T11:00:00.000Z", "{messages}");
}
