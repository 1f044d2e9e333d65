//! From a promise to a provider: signed, retried, given up, delivered again.

use std::time::Duration;

use rekindle::domain::limits;
use rekindle_tests::{House, Provider, Tenant, added, identified, ordered, track};
use reqwest::Method;
use serde_json::{Value, json};

use crate::commands::run;

const HOUR: Duration = Duration::from_secs(3600);

/// A shop whose push messages go to `provider`, at the moment at which the first is due.
async fn shop_with<'a>(house: &'a House, provider: &Provider) -> Tenant<'a> {
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    shop.connect("push", provider).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    shop
}

async fn outbox(shop: &Tenant<'_>) -> Vec<Value> {
    shop.list("/v1/outbox").await
}

#[tokio::test]
async fn a_message_goes_to_the_providers_address_signed() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = shop_with(&house, &provider).await;
    house.pass(HOUR).await;
    let received = provider.received();
    assert_eq!(received.len(), 1);
    assert!(received[0].is_signed);
    let message = &shop.list("/v1/messages").await[0];
    assert_eq!(message["id"], received[0].id);
    assert_eq!(message["provider"], "webhook");
    assert_eq!(received[0].body["data"]["profile"], "u1");
    assert_eq!(received[0].body["data"]["content"], message["content"]);
}

#[tokio::test]
async fn a_message_says_what_the_tenant_calls_the_person_by_its_last_word() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = house.tenant("shop").await;
    let hello = json!({"message": "hello", "to": [{"channel": "sms", "body": "hello"}]});
    shop.publish("journey", json!({"trigger": {"event": "Ping"}, "steps": [hello]})).await;
    shop.connect("sms", &provider).await;
    let known_as = async |event: Value| {
        shop.send(&event).await;
        let data = provider.received().last().expect("a message should have come").body["data"].clone();
        (data["profile"].clone(), data["user_id"].clone())
    };
    let mut stranger = track("", house.now(), "Ping", json!({}));
    (stranger["userId"], stranger["anonymousId"]) = (Value::Null, "a1".into());
    assert_eq!(known_as(stranger).await, (json!("anonymous:a1"), Value::Null));
    assert_eq!(known_as(track("zoe", house.now(), "Ping", json!({}))).await, (json!("zoe"), json!("zoe")));
    // The tenant renames her: she stays under the greater of her ids, and is called by the later.
    house.pass(HOUR).await;
    let at = house.now();
    let alias = json!({
        "type": "alias", "userId": "ann", "previousId": "zoe", "messageId": "renamed", "timestamp": at.to_string(),
    });
    shop.send(&alias).await;
    shop.send(&identified("ann", at, json!({}))).await;
    house.pass(HOUR).await;
    assert_eq!(known_as(track("ann", house.now(), "Ping", json!({}))).await, (json!("zoe"), json!("ann")));
}

#[tokio::test]
async fn a_failing_provider_is_tried_again_with_the_same_id() {
    let (house, provider) = (House::open().await, Provider::open().await);
    provider.will_answer([(500, None), (503, None)]);
    let shop = shop_with(&house, &provider).await;
    house.pass(HOUR).await;
    let waiting = outbox(&shop).await;
    assert_eq!((&waiting[0]["state"], &waiting[0]["attempts"]), (&json!("waiting"), &json!(1)));
    house.pass(HOUR).await;
    let ids: Vec<String> = provider.received().into_iter().map(|received| received.id).collect();
    assert_eq!(ids.len(), 3);
    assert!(ids.iter().all(|id| *id == ids[0]));
    assert_eq!(outbox(&shop).await, [] as [Value; 0]);
    assert_eq!(shop.list("/v1/messages").await.len(), 1);
}

#[tokio::test]
async fn retry_after_is_honoured() {
    let (house, provider) = (House::open().await, Provider::open().await);
    provider.will_answer([(429, Some("1800"))]);
    shop_with(&house, &provider).await;
    house.pass(HOUR).await;
    house.pass(Duration::from_secs(1_799)).await;
    assert_eq!(provider.received().len(), 1);
    house.pass(Duration::from_secs(1)).await;
    assert_eq!(provider.received().len(), 2);
}

#[tokio::test]
async fn what_was_given_up_is_kept_with_its_cause_and_can_be_delivered_again() {
    let (house, provider) = (House::open().await, Provider::open().await);
    provider.will_answer([(410, None)]);
    let shop = shop_with(&house, &provider).await;
    house.pass(HOUR).await;
    let dead = outbox(&shop).await;
    assert_eq!(dead[0]["state"], "dead");
    assert!(dead[0]["last_error"].as_str().unwrap().contains("410"), "{dead:?}");
    let ids = json!({"ids": [dead[0]["id"]]});
    assert_eq!(redeliver(&house, &shop, &ids).await["redelivered"], 1);
    house.settle().await;
    assert_eq!(provider.received().len(), 2);
    assert_eq!(outbox(&shop).await, [] as [Value; 0]);
}

async fn redeliver(house: &House, shop: &Tenant<'_>, which: &Value) -> Value {
    house.call(Method::POST, "/v1/outbox/redeliver", &shop.key, Some(which)).await
}

#[tokio::test]
async fn what_was_given_up_is_redelivered_by_its_cause_and_never_to_who_left_meanwhile() {
    let (house, provider) = (House::open().await, Provider::open().await);
    provider.will_answer([(410, None), (410, None), (410, None)]);
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    shop.connect("push", &provider).await;
    let added: Vec<Value> = ["u1", "u2", "u3"].map(|id| added(id, house.now(), "mug", 12.5)).into();
    shop.send_batch(&added).await;
    house.pass(HOUR).await;
    let causes = house.call(Method::GET, "/v1/outbox/causes", &shop.key, None).await;
    let group = &causes["items"][0];
    assert_eq!(
        (&group["messages"], &group["cause"], &group["channel"]),
        (&json!(3), &json!("refused"), &json!("push"))
    );
    house.pass(Duration::from_secs(60)).await;
    shop.send(&ordered("u1", house.now())).await;
    shop.send(&track("u2", house.now(), "Push Notification Unsubscribed", json!({}))).await;
    house.settle().await;

    let wanted = json!({"where": {"cause": "refused", "error": "410"}, "dry_run": true});
    let foreseen = redeliver(&house, &shop, &wanted).await;
    assert_eq!(foreseen, json!({"redelivered": 1, "expired": 0, "unwanted": 1, "left": 1, "dry_run": true}));
    assert_eq!((provider.received().len(), outbox(&shop).await.len()), (3, 3), "nothing was done");
    let done = redeliver(&house, &shop, &json!({"where": {"cause": "refused", "error": "410"}})).await;
    assert_eq!(done, json!({"redelivered": 1, "expired": 0, "unwanted": 1, "left": 1, "dry_run": false}));
    house.settle().await;
    assert_eq!((provider.received().len(), outbox(&shop).await.len()), (4, 2));
    let nobodys = redeliver(&house, &shop, &json!({"where": {"cause": "exhausted"}})).await;
    assert_eq!(nobodys["redelivered"], 0);
}

#[tokio::test]
async fn a_provider_that_does_not_answer_is_left_alone_and_then_tried_with_one() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    shop.connect("push", &provider).await;
    provider.will_answer([(500, None); 45]);
    let added: Vec<Value> = (0..100).map(|n| added(&format!("u{n}"), house.now(), "mug", 12.5)).collect();
    shop.send_batch(&added).await;
    house.pass(HOUR).await;
    let tried = provider.received().len();
    assert!(tried < 50, "{tried} of 100 were tried before it was left alone");
    house.pass(8 * HOUR).await;
    assert_eq!((outbox(&shop).await.len(), shop.list("/v1/messages").await.len()), (0, 100));
}

#[tokio::test]
async fn a_provider_that_comes_back_to_thousands_of_messages_is_asked_with_one_and_with_twice_as_many_after_each_answer()
 {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = house.tenant("shop").await;
    let hello = json!({"message": "hello", "to": [{"channel": "sms", "body": "hello"}]});
    shop.publish("journey", json!({"trigger": {"event": "Ping"}, "steps": [hello]})).await;
    shop.connect("sms", &provider).await;
    provider.usually_answers(503);
    let pings: Vec<Value> = (0..2_000).map(|n| track(&format!("u{n}"), house.now(), "Ping", json!({}))).collect();
    shop.send_batch(&pings).await;
    let tried = provider.received().len();
    assert!(tried < 50, "{tried} of 2000 were tried before it was left alone");

    provider.usually_answers(200);
    provider.hold();
    let come_back = async {
        for waiting in [1, 2, 4, 8, 16, 32] {
            provider.until_waiting(waiting).await;
            provider.let_one_go();
        }
        provider.let_all_go();
    };
    tokio::join!(house.pass(limits::LINE_REST_MIN), come_back);
    for (number, received) in provider.received()[tried..].iter().enumerate() {
        let answered = number + 1 - received.waiting;
        let window = 1 << answered.min(5);
        assert!(received.waiting <= window, "{} at one time after {answered} answers", received.waiting);
    }
    house.pass(HOUR).await;
    assert_eq!((outbox(&shop).await.len(), shop.list("/v1/messages").await.len()), (0, 2_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_channel_that_is_left_alone_says_since_when_until_when_and_why() {
    let (house, provider) = (House::open().await, Provider::open().await);
    provider.will_answer([(503, Some("60"))]);
    let shop = shop_with(&house, &provider).await;
    let other = house.tenant("other").await;
    other.connect("push", &provider).await;
    house.pass(HOUR).await;
    let rest = async |tenant: &Tenant<'_>| {
        let channel = &tenant.list("/v1/channels").await[0];
        ["rests_since", "rests_until", "rests_because"].map(|member| channel[member].clone())
    };
    let (since, until) = (house.now(), house.now().plus(Duration::from_secs(60)));
    let because = "the receiver answered 503 Service Unavailable";
    assert_eq!(rest(&shop).await, [json!(since.to_string()), json!(until.to_string()), json!(because)]);
    assert_eq!(rest(&other).await, [Value::Null, Value::Null, Value::Null], "another tenant's is another line");
    let listed = run(&[("REKINDLE_URL", &house.url("")), ("REKINDLE_KEY", &shop.key)], &["channel", "list"]);
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains(&format!("{since}  {until}  {because}")), "{listed}");
    house.pass(Duration::from_secs(60)).await;
    assert_eq!((provider.received().len(), rest(&shop).await), (2, [Value::Null, Value::Null, Value::Null]));
}

#[tokio::test]
async fn a_key_that_expires_among_messages_loses_none_of_them() {
    let (house, provider) = (House::open().await, Provider::open().await);
    provider.will_answer([(200, None), (401, None), (401, None), (401, None)]);
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    shop.connect("push", &provider).await;
    let added: Vec<Value> = (0..8).map(|n| added(&format!("u{n}"), house.now(), "mug", 12.5)).collect();
    shop.send_batch(&added).await;
    house.pass(HOUR).await;
    assert!(outbox(&shop).await.iter().all(|entry| entry["state"] == "waiting"));
    house.pass(HOUR).await;
    assert_eq!((outbox(&shop).await.len(), shop.list("/v1/messages").await.len()), (0, 8));
}

#[tokio::test]
async fn a_channel_without_a_provider_keeps_what_would_have_gone_out() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    shop.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.pass(HOUR).await;
    let messages = shop.list("/v1/messages").await;
    assert_eq!((messages.len(), &messages[0]["provider"]), (1, &json!("preview")));
}

#[tokio::test]
async fn more_messages_than_a_channel_takes_at_once_all_go_out() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    shop.connect("push", &provider).await;
    let events: Vec<Value> = (0..150).map(|n| added(&format!("u{n}"), house.now(), "mug", 12.5)).collect();
    shop.send_batch(&events).await;
    house.pass(HOUR).await;
    assert_eq!((provider.received().len(), outbox(&shop).await.len()), (150, 0));
}

#[tokio::test]
async fn a_channel_keeps_its_secret_when_its_address_changes() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let set = |url: &str| json!({"provider": "webhook", "settings": {"url": url}});
    let put = async |settings: Value| house.call(Method::PUT, "/v1/channels/push", &shop.key, Some(&settings)).await;
    assert!(put(set("http://127.0.0.1:9999/one")).await["secret"].is_string());
    assert!(put(set("http://127.0.0.1:9999/two")).await["secret"].is_null());
}

#[tokio::test]
async fn a_channel_leads_to_no_address_inside_but_those_that_the_operator_allowed() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    for (url, said) in [
        ("http://169.254.169.254/latest/meta-data", "the address `169.254.169.254` is not public (link-local, "),
        ("http://2852039166/latest/meta-data", "the address `169.254.169.254` is not public (link-local, "),
        ("http://[::1]:8080/", "the address `::1` is not public (loopback, "),
        ("https://example.com:25/", "port `25` is not for HTTP"),
    ] {
        let settings = json!({"provider": "webhook", "settings": {"url": url}});
        let answer = house.request(Method::PUT, "/v1/channels/push", &shop.key, Some(&settings)).await;
        assert_eq!(answer.status, 422, "{url}: {answer:?}");
        assert!(answer.body.to_string().contains(said), "{url}: {answer:?}");
    }
    assert!(shop.list("/v1/channels").await.is_empty());
}
