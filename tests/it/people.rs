//! What is known of people: where they can be reached, what they said about being written to, what they did.

use std::time::Duration;

use rekindle::domain::Timestamp;
use rekindle_tests::{House, Provider, Tenant, identified, track};
use reqwest::Method;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

/// Sends an e-mail and a push message at once to who pings.
async fn answering<'a>(house: &'a House) -> Tenant<'a> {
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"event": "Ping"},
        "steps": [
            {"message": "mail", "to": [{"channel": "email", "subject": "Hello", "body": "Hello"}]},
            {"message": "note", "to": [{"channel": "push", "title": "Hello", "body": "Hello"}]},
        ],
    });
    shop.publish("journey", journey).await;
    shop
}

/// What somebody gets who pings now.
async fn pinged(house: &House, shop: &Tenant<'_>, user: &str) -> Vec<String> {
    house.pass(MINUTE).await;
    let before = shop.sent().await.len();
    shop.send(&track(user, house.now(), "Ping", json!({}))).await;
    house.pass(MINUTE).await;
    let sent = shop.sent().await.split_off(before);
    let mut steps: Vec<String> = sent.into_iter().map(|(_, step, _)| step).collect();
    // Two of one moment stand in the order of their ids.
    steps.sort();
    steps
}

async fn person(house: &House, shop: &Tenant<'_>, user: &str) -> Value {
    house.call(Method::GET, &format!("/v1/profiles/{user}"), &shop.key, None).await
}

/// Something that a device tells.
fn told(at: Timestamp, name: &str, token: &str) -> Value {
    let mut event = track("u1", at, name, json!({}));
    event["context"]["device"] = json!({"token": token});
    event["messageId"] = format!("{name}/{token}/{at}").into();
    event
}

#[tokio::test]
async fn who_unsubscribes_in_any_spelling_gets_nothing_over_that_channel_and_the_rest_until_coming_back() {
    let house = House::open().await;
    let shop = answering(&house).await;
    let plain = ["Unsubscribed", "Email Unsubscribed", "email_unsubscribe", "Unsubscribed From Group"];
    let more = ["Hosted Unsubscribe Click", "Email Marked As Spam", "Email Reported as Spam"];
    let mut words: Vec<Value> = Vec::new();
    for name in plain.into_iter().chain(more) {
        words.push(track(&format!("u{}", words.len()), house.now(), name, json!({})));
    }
    let state = json!({"subscription_status": "Unsubscribed", "channel": "email"});
    words.push(track("u7", house.now(), "Subscription Group State Changed", state));
    words.push(identified("u8", house.now(), json!({"email_subscribe": "unsubscribed"})));
    for (number, word) in words.iter().enumerate() {
        let user = format!("u{number}");
        shop.send(word).await;
        assert_eq!(pinged(&house, &shop, &user).await, ["note"], "{word}: {:?}", shop.ledger(&user).await);
        shop.send(&track(&user, house.now(), "Resubscribed To Group", json!({}))).await;
        assert_eq!(pinged(&house, &shop, &user).await, ["mail", "note"], "{word}");
    }
}

#[tokio::test]
async fn who_is_suppressed_gets_nothing_at_all() {
    let house = House::open().await;
    let shop = answering(&house).await;
    shop.send(&track("u1", house.now(), "User Suppressed", json!({}))).await;
    assert!(pinged(&house, &shop, "u1").await.is_empty());
    shop.send(&track("u1", house.now(), "User Unsuppressed", json!({}))).await;
    assert_eq!(pinged(&house, &shop, "u1").await, ["mail", "note"]);
}

#[tokio::test]
async fn a_hard_bounce_takes_the_address_and_a_new_one_is_used() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = answering(&house).await;
    shop.connect("email", &provider).await;
    let addressed = async || {
        pinged(&house, &shop, "u1").await;
        provider.received().last().expect("a message should have come").body["data"]["addresses"]["email"].clone()
    };
    shop.send(&identified("u1", house.now(), json!({"email": "old@example.com"}))).await;
    assert_eq!(addressed().await, "old@example.com");
    let bounce = |name: &str| track("u1", house.now(), name, json!({"email": "old@example.com"}));
    shop.send(&bounce("Email Soft Bounced")).await;
    assert_eq!(addressed().await, "old@example.com", "a soft bounce passes");
    shop.send(&bounce("Email Bounced")).await;
    assert_eq!(addressed().await, Value::Null);
    shop.send(&identified("u1", house.now(), json!({"email": "new@example.com"}))).await;
    assert_eq!(addressed().await, "new@example.com");
    let lost = &person(&house, &shop, "u1").await["lost_addresses"]["email"];
    assert!(lost["old@example.com"].is_string(), "{lost}");
}

#[tokio::test]
async fn a_message_goes_to_every_device_but_those_that_are_gone() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = answering(&house).await;
    shop.connect("push", &provider).await;
    for token in ["phone", "tablet", "watch"] {
        house.pass(MINUTE).await;
        shop.send(&told(house.now(), "Application Opened", token)).await;
    }
    let tokens = async || {
        pinged(&house, &shop, "u1").await;
        provider.received().last().expect("a message should have come").body["data"]["addresses"]["push_tokens"].clone()
    };
    provider.will_say(r#"{"gone": ["phone"]}"#);
    assert_eq!(tokens().await, json!(["watch", "tablet", "phone"]));
    assert_eq!(tokens().await, json!(["watch", "tablet"]), "the provider said that the phone is gone");
    shop.send(&told(house.now(), "Application Uninstalled", "watch")).await;
    assert_eq!(tokens().await, json!(["tablet"]));
    shop.send(&told(house.now(), "Application Opened", "phone")).await;
    assert_eq!(tokens().await, json!(["phone", "tablet"]), "it was heard of again");
    shop.send(&track("u1", house.now(), "Push Notification Bounced", json!({}))).await;
    assert_eq!(tokens().await, Value::Null, "it named none, so all are meant");
}

#[tokio::test]
async fn what_two_sources_tell_of_one_click_is_one_click() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"engagement": "clicked", "of": {"campaign": "spring"}},
        "steps": [{"message": "thanks", "to": [{"channel": "push", "title": "Thanks", "body": "Thanks"}]}],
    });
    shop.publish("journey", journey).await;
    let click = |id: &str, dispatch: &str| {
        let properties =
            json!({"campaign_name": "spring", "link_url": "https://shop.example/", "dispatch_id": dispatch});
        let mut click = track("u1", house.now(), "Email Link Clicked", properties);
        click["messageId"] = id.into();
        click
    };
    for id in ["vendor-1", "segment-1"] {
        shop.send(&click(id, "d-1")).await;
    }
    house.pass(MINUTE).await;
    shop.send(&click("late", "d-1")).await;
    house.pass(MINUTE).await;
    assert_eq!(shop.sent().await.len(), 1);
    shop.send(&click("vendor-2", "d-2")).await;
    house.pass(MINUTE).await;
    assert_eq!(shop.sent().await.len(), 2, "another message's click is another");
}

#[tokio::test]
async fn an_older_trait_that_comes_late_changes_nothing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"trait": "plan"},
        "steps": [{"message": "plan", "to": [{"channel": "push", "title": "Plan", "body": "Plan"}]}],
    });
    shop.publish("journey", journey).await;
    let said = async |at: Timestamp, plan: Value| {
        shop.send(&identified("u1", at, json!({"plan": plan}))).await;
        house.pass(MINUTE).await;
        shop.sent().await.len()
    };
    let then = house.now();
    house.pass(10 * MINUTE).await;
    assert_eq!(said(house.now(), json!("Silver")).await, 1);
    assert_eq!(said(then, json!("Bronze")).await, 1, "it was said before");
    assert_eq!(said(house.now(), json!("Silver")).await, 1, "nothing changed");
    assert_eq!(person(&house, &shop, "u1").await["traits"]["plan"], "Silver");
    assert_eq!(said(house.now(), json!(null)).await, 2, "it was taken away");
    assert_eq!(said(then, json!("Bronze")).await, 2, "and stays so");
}
