//! Journeys without code, through the whole house: waits, exits, exceptions, splits, and what peers get wrong.

use std::time::Duration;

use rekindle_tests::{House, Tenant, added, engaged, identified, ordered, track};
use reqwest::Method;
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

fn sms(step: &str, body: &str) -> Value {
    json!({"message": step, "to": [{"channel": "sms", "body": body}]})
}

fn cart(steps: Value) -> Value {
    json!({
        "trigger": {"event": "Product Added"},
        "exit": [{"when": {"event": "Order Completed"}, "reason": "bought"}],
        "steps": steps,
    })
}

/// Who got which step, and what it said, sorted.
async fn said(shop: &Tenant<'_>) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let messages = shop.list("/v1/messages").await;
    let one = |one: &Value| (text(&one["profile"]), text(&one["step"]), text(&one["content"]["body"]));
    let mut said: Vec<_> = messages.iter().map(one).collect();
    said.sort();
    said
}

fn line(profile: &str, step: &str, body: &str) -> (String, String, String) {
    (profile.to_owned(), step.to_owned(), body.to_owned())
}

#[tokio::test]
async fn who_comes_back_for_more_is_told_once_of_everything() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish(
        "journey",
        cart(json!([{"wait": "1h"}, sms("first", "{{count}}: {{items}}, {{trait.name | default: \"you\"}}")])),
    )
    .await;
    // Two events of the same moment make one message.
    let mut second = added("ada", house.now(), "hat", 1.0);
    second["messageId"] = "another".into();
    shop.send_batch(&[added("ada", house.now(), "mug", 1.0), second]).await;
    shop.send(&added("bob", house.now(), "mug", 1.0)).await;
    house.pass(HOUR / 2).await;
    shop.send(&ordered("bob", house.now())).await;
    house.pass(DAY).await;
    assert_eq!(said(&shop).await, [line("ada", "first", "2: mug and hat, you")]);
    assert!(shop.ledger("bob").await.iter().any(|row| row.contains("bought")), "{:?}", shop.ledger("bob").await);
}

#[tokio::test]
async fn a_person_with_two_devices_and_two_addresses_enters_once() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("journey", cart(json!([{"wait": "1h"}, sms("first", "{{count}}: {{items}}")]))).await;
    let mut anonymous = added("somebody", house.now(), "mug", 1.0);
    anonymous.as_object_mut().unwrap().remove("userId");
    anonymous["anonymousId"] = "device".into();
    shop.send(&anonymous).await;
    for email in ["ada@home.example", "ada@work.example"] {
        house.pass(HOUR / 60).await;
        let mut identify = identified("ada", house.now(), json!({"email": email}));
        identify["anonymousId"] = "device".into();
        shop.send(&identify).await;
    }
    shop.send(&added("ada", house.now(), "hat", 1.0)).await;
    house.pass(DAY).await;
    assert_eq!(said(&shop).await, [line("ada", "first", "2: mug and hat")]);
}

#[tokio::test]
async fn an_exit_on_the_first_day_of_a_long_wait_ends_it_that_day() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("journey", cart(json!([{"wait": "30d"}, sms("late", "still there?")]))).await;
    shop.send(&added("ada", house.now(), "mug", 1.0)).await;
    house.pass(DAY).await;
    shop.send(&ordered("ada", house.now())).await;
    let person = house.call(Method::GET, "/v1/profiles/ada", &shop.key, None).await;
    assert!(!person.to_string().contains("run-0"), "the timer should be cancelled: {person}");
    house.pass(60 * DAY).await;
    assert_eq!(said(&shop).await, []);
}

#[tokio::test]
async fn an_order_that_arrives_before_its_cart_ends_it() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("journey", cart(json!([{"wait": "1h"}, sms("first", "still there?")]))).await;
    let then = house.now();
    house.pass(HOUR / 4).await;
    shop.send(&ordered("ada", house.now())).await;
    shop.send(&added("ada", then, "mug", 1.0)).await;
    house.pass(DAY).await;
    assert_eq!(said(&shop).await, []);
}

#[tokio::test]
async fn an_exception_counts_only_while_it_is_waited() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({"trigger": {"event": "Product Added"}, "steps": [
        {"wait": "1h", "unless": {"event": "Cart Viewed"}}, sms("first", "still there?"),
        {"wait": "1h", "unless": {"engagement": "opened", "of": "mine"}}, sms("second", "really?"),
    ]});
    shop.publish("journey", journey).await;
    for person in ["ada", "bob", "eve"] {
        shop.send(&track(person, house.now(), "Cart Viewed", json!({}))).await;
    }
    house.pass(HOUR).await;
    for person in ["ada", "bob", "eve"] {
        shop.send(&added(person, house.now(), "mug", 1.0)).await;
    }
    house.pass(HOUR / 2).await;
    shop.send(&track("eve", house.now(), "Cart Viewed", json!({}))).await;
    house.pass(HOUR).await;
    shop.send(&engaged("bob", house.now(), "SMS Delivered", "journey")).await;
    shop.send(&engaged("bob", house.now(), "Email Opened", "journey")).await;
    house.pass(DAY).await;
    let [first, second] = ["still there?", "really?"];
    assert_eq!(
        said(&shop).await,
        [line("ada", "first", first), line("ada", "second", second), line("bob", "first", first)]
    );
}

#[tokio::test]
async fn a_wait_ends_with_the_order_of_this_cart_only() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"event": "Product Added"},
        "retrigger": {"parallel": "cart_id"},
        "steps": [
            {"wait_until": {"all": [
                {"happening": {"event": "Order Completed"}}, {"property": "cart_id", "equals": {"trigger": "cart_id"}},
            ]}, "at_most": "2h", "otherwise": "reminder"},
            {"exit": "bought"},
            sms("reminder", "{{trigger.cart_id}}"),
        ],
    });
    shop.publish("journey", journey).await;
    for cart in ["c-1", "c-2"] {
        shop.send(&track("ada", house.now(), "Product Added", json!({"cartId": cart}))).await;
        house.pass(HOUR / 4).await;
    }
    shop.send(&track("ada", house.now(), "Order Completed", json!({"cart_id": "c-1"}))).await;
    house.pass(DAY).await;
    assert_eq!(said(&shop).await, [line("ada", "reminder", "c-2")]);
}

#[tokio::test]
async fn a_click_on_one_campaigns_message_begins_another() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"engagement": "clicked", "of": {"campaign": "welcome"}},
        "steps": [
            {"wait": "7d", "unless": {"event": "Order Completed"}},
            {"split": {"event": "Product Added", "since": "30d"}, "yes": "cart", "no": "offer"},
            sms("offer", "the next offer"),
            {"exit": "offered"},
            sms("cart", "your cart"),
        ],
    });
    shop.publish("journey", journey).await;
    shop.send(&added("bob", house.now(), "mug", 1.0)).await;
    for (person, campaign) in [("ada", "Welcome"), ("bob", "welcome"), ("eve", "another")] {
        let clicked = track(person, house.now(), "Push Link Clicked", json!({"campaign": {"name": campaign}}));
        shop.send(&clicked).await;
    }
    house.pass(8 * DAY).await;
    assert_eq!(said(&shop).await, [line("ada", "offer", "the next offer"), line("bob", "cart", "your cart")]);
}

#[tokio::test]
async fn a_trait_that_changes_begins_a_journey() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"trait": "plan", "from": "Bronze", "to": "Silver"},
        "steps": [sms("welcome", "{{trigger.before}} to {{trigger.after}}")],
    });
    shop.publish("journey", journey).await;
    for (person, plans) in [("ada", ["Bronze", "Silver"]), ("bob", ["Gold", "Silver"]), ("eve", ["Bronze", "Bronze"])] {
        for plan in plans {
            shop.send(&identified(person, house.now(), json!({"plan": plan}))).await;
            house.pass(HOUR).await;
        }
    }
    assert_eq!(said(&shop).await, [line("ada", "welcome", "Bronze to Silver")]);
}

#[tokio::test]
async fn each_person_gets_one_variation_always_the_same() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let journey = json!({"trigger": {"event": "Product Added"}, "variations": [
        {"name": "a", "steps": [sms("first", "a")]}, {"name": "b", "steps": [sms("first", "b")]},
    ]});
    shop.publish("journey", journey).await;
    for _ in 0..2 {
        for person in 0..16 {
            shop.send(&added(&format!("person-{person}"), house.now(), "mug", 1.0)).await;
        }
        house.pass(HOUR).await;
    }
    let mut said = said(&shop).await;
    assert_eq!(said.len(), 32);
    said.dedup();
    assert_eq!(said.len(), 16, "everybody should have got the same twice");
    assert!(said.iter().any(|one| one.2 == "a") && said.iter().any(|one| one.2 == "b"));
}

#[tokio::test]
async fn an_empty_filter_is_refused_at_its_place() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let module = shop.upload("journey").await;
    for (place, part) in [("filter", json!({"filter": {}})), ("filter", json!({"filter": {"all": []}}))] {
        let mut journey = cart(json!([sms("first", "hello")]));
        journey.as_object_mut().unwrap().extend(part.as_object().unwrap().clone());
        let body = json!({"module": module, "configuration": journey});
        let answer = house.request(Method::POST, "/v1/campaigns/cart/publish", &shop.key, Some(&body)).await;
        let said = answer.body.to_string();
        assert!(answer.status.is_client_error(), "{said}");
        assert!(said.contains(&format!("configuration at `{place}`")) && said.contains("empty"), "{said}");
    }
}
