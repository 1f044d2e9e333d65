//! What a campaign's people get, and what they don't.

use std::time::Duration;

use rekindle_tests::{House, added, engaged, identified, ordered};
use reqwest::Method;
use serde_json::json;

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);
const CAMPAIGN: &str = "three-lines";

fn sent(profile: &str, step: &str, at: &str) -> (String, String, String) {
    (profile.to_owned(), step.to_owned(), at.to_owned())
}

#[tokio::test]
async fn three_lines_one_after_the_other() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.pass(HOUR).await;
    assert_eq!(shop.sent().await, [sent("u1", "push", "09:00")]);
    shop.send(&engaged("u1", house.now(), "Push Notification Received", CAMPAIGN)).await;
    house.pass(HOUR).await;
    shop.send(&engaged("u1", house.now(), "Email Delivered", CAMPAIGN)).await;
    house.pass(HOUR).await;
    shop.send(&ordered("u1", house.now())).await;
    let all = [("push", "09:00"), ("email", "10:00"), ("ads", "11:00"), ("ads-remove", "11:00")];
    assert_eq!(shop.sent().await, all.map(|(step, at)| sent("u1", step, at)));
    house.pass(30 * 24 * HOUR).await;
    assert_eq!(shop.sent().await.len(), 4, "the run has ended: {:?}", shop.ledger("u1").await);
}

#[tokio::test]
async fn who_buys_gets_nothing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.pass(59 * MINUTE).await;
    shop.send(&ordered("u1", house.now())).await;
    house.pass(24 * HOUR).await;
    assert_eq!(shop.sent().await, []);
}

#[tokio::test]
async fn the_message_speaks_of_all_that_is_in_the_cart() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.pass(30 * MINUTE).await;
    shop.send(&added("u1", house.now(), "teapot", 20.0)).await;
    house.pass(HOUR).await;
    assert_eq!(shop.sent().await, [sent("u1", "push", "09:30")]);
    let content = shop.list("/v1/messages").await[0]["content"].to_string();
    assert!(content.contains("mug") && content.contains("teapot"), "{content}");
}

#[tokio::test]
async fn names_and_properties_are_understood_in_any_casing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&json!({
        "Type": "TRACK", "event": "product_added", "user_id": 42, "message_id": "m1",
        "timestamp": house.now().as_millis(), "properties": {"productId": "p1", "Name": "mug", "Price": "12.50"},
    }))
    .await;
    house.pass(HOUR).await;
    assert_eq!(shop.sent().await, [sent("42", "push", "09:00")]);
    let content = shop.list("/v1/messages").await[0]["content"].to_string();
    assert!(content.contains("mug"), "{content}");
}

#[tokio::test]
async fn a_channel_that_the_person_left_is_not_used() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&engaged("u1", house.now(), "Email Unsubscribed", "newsletter")).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.pass(HOUR).await;
    shop.send(&engaged("u1", house.now(), "Push Notification Received", CAMPAIGN)).await;
    house.pass(HOUR).await;
    assert_eq!(shop.sent().await, [sent("u1", "push", "09:00")]);
    let ledger = shop.ledger("u1").await.join("\n");
    assert!(ledger.contains("`email` is not sent (consent: the person left `email`"), "{ledger}");
}

#[tokio::test]
async fn old_events_update_the_person_and_start_nothing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&added("u1", house.now().minus(25 * HOUR), "mug", 12.5)).await;
    house.pass(24 * HOUR).await;
    assert_eq!(shop.sent().await, []);
    assert_eq!(shop.list("/v1/profiles").await[0]["events"], 1);
    assert!(shop.ledger("u1").await[0].contains("not asked: the event was 25 h old"));
}

#[tokio::test]
async fn a_paused_campaign_keeps_its_people_waiting() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.call(Method::POST, "/v1/campaigns/three-lines/pause", &shop.key, None).await;
    house.pass(2 * HOUR).await;
    assert_eq!(shop.sent().await, []);
    house.call(Method::POST, "/v1/campaigns/three-lines/resume", &shop.key, None).await;
    house.pass(MINUTE).await;
    assert_eq!(shop.sent().await, [sent("u1", "push", "10:01")]);
}

#[tokio::test]
async fn an_archived_campaign_sends_nothing_more_and_says_so() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.call(Method::POST, "/v1/campaigns/three-lines/archive", &shop.key, None).await;
    house.pass(2 * HOUR).await;
    assert_eq!(shop.sent().await, []);
    assert!(shop.ledger("u1").await.last().unwrap().contains("archived"));
}

#[tokio::test]
async fn a_new_revision_takes_over_the_people_of_the_old_one() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({"push": {"title": "first"}})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    shop.publish(CAMPAIGN, json!({"push": {"title": "second"}})).await;
    shop.send(&added("u2", house.now(), "mug", 12.5)).await;
    house.pass(HOUR).await;
    let titles: Vec<_> =
        shop.list("/v1/messages").await.iter().map(|message| message["content"]["title"].clone()).collect();
    assert_eq!(titles, ["second", "second"]);
    house.call(Method::POST, "/v1/campaigns/three-lines/rollback", &shop.key, Some(&json!({}))).await;
    shop.send(&added("u3", house.now(), "mug", 12.5)).await;
    house.pass(HOUR).await;
    assert_eq!(shop.list("/v1/messages").await[2]["content"]["title"], "first");
}

#[tokio::test]
async fn who_asks_to_be_forgotten_is_forgotten() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    shop.send(&identified("u1", house.now(), json!({"email": "one@example.com"}))).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    shop.send(&added("u2", house.now(), "mug", 12.5)).await;
    house.pass(HOUR).await;
    shop.send(&added("u1", house.now(), "bowl", 2.5)).await;
    shop.send(&json!({"type": "delete", "userId": "u1", "messageId": "delete-1", "context": null})).await;
    house.pass(24 * HOUR).await;
    let left: Vec<_> = shop.list("/v1/profiles").await.iter().map(|profile| profile["profile"].clone()).collect();
    assert_eq!(left, ["u2"]);
    assert_eq!(shop.sent().await, [sent("u2", "push", "09:00")]);
    assert_eq!(shop.ledger("u1").await, [] as [String; 0]);
}

#[tokio::test]
async fn an_event_as_deep_as_the_door_lets_in_is_decided() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(CAMPAIGN, json!({})).await;
    let mut event = added("u1", house.now(), "mug", 12.5);
    // The event and its properties are two levels.
    for _ in 2..rekindle::domain::limits::EVENT_DEPTH_MAX {
        event["properties"]["deep"] = json!({"deeper": event["properties"]["deep"]});
    }
    shop.send(&event).await;
    house.pass(HOUR).await;
    assert_eq!(shop.sent().await, [sent("u1", "push", "09:00")], "{:?}", shop.ledger("u1").await);
}
