//! The catalogue through the whole house: items by API, feed and events; who hears of a change, and who does not.

use std::time::Duration;

use rekindle_tests::{Answer, House, Tenant, identified, ordered, track};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);

fn viewed(user: &str, house: &House, item: &str) -> Value {
    track(user, house.now(), "Product Viewed", json!({"product_id": item}))
}

fn carted(user: &str, house: &House, item: &str) -> Value {
    track(user, house.now(), "Product Added", json!({"product_id": item}))
}

/// Says something of an item, and waits until all that it brings about is done.
async fn say(house: &House, shop: &Tenant<'_>, method: Method, item: &str, body: &Value) -> Value {
    let answer = house.call(method, &format!("/v1/items/{item}"), &shop.key, Some(body)).await;
    house.settle().await;
    answer
}

async fn price(house: &House, shop: &Tenant<'_>, item: &str, price: Value) {
    say(house, shop, Method::PATCH, item, &json!({"price": price})).await;
}

async fn attributes(house: &House, shop: &Tenant<'_>, item: &str) -> Value {
    let answer = house.request(Method::GET, &format!("/v1/items/{item}"), &shop.key, None).await;
    if answer.status == StatusCode::NOT_FOUND { Value::Null } else { answer.body["attributes"].clone() }
}

async fn import(house: &House, shop: &Tenant<'_>, query: &str, (media_type, feed): (&str, &str)) -> Answer {
    let request = house.client().post(house.url(&format!("/v1/items/import{query}"))).bearer_auth(&shop.key);
    let response = request.header("content-type", media_type).body(feed.to_owned()).send().await.unwrap();
    let status = response.status();
    let body = response.json().await.unwrap();
    house.settle().await;
    Answer { status, retry_after: None, body }
}

/// Who was told of which price, sorted.
async fn told(shop: &Tenant<'_>) -> Vec<String> {
    let line = |message: &Value| {
        let (profile, content) = (message["profile"].as_str().unwrap(), &message["content"]);
        format!("{profile}: {} {} to {}", content["subject"].as_str().unwrap(), content["was"], content["is"])
    };
    let mut told: Vec<String> = shop.list("/v1/messages").await.iter().map(line).collect();
    told.sort();
    told
}

#[tokio::test]
async fn an_item_is_set_amended_listed_and_removed() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let set = say(&house, &shop, Method::PUT, "mugs%2F1", &json!({"name": "Mug", "price": 10, "brand": null})).await;
    assert_eq!(set, json!({"item": "mugs/1", "outcome": "new"}));
    assert_eq!(attributes(&house, &shop, "mugs%2F1").await, json!({"name": "Mug", "price": 10}));
    let same = say(&house, &shop, Method::PATCH, "mugs%2F1", &json!({"price": "10.0"})).await;
    assert_eq!(same["outcome"], "same");
    let amended = say(&house, &shop, Method::PATCH, "mugs%2F1", &json!({"price": 8, "name": null})).await;
    assert_eq!(amended["outcome"], "changed");
    let listed = shop.list("/v1/items").await;
    assert_eq!(listed, [json!({"item": "mugs/1", "attributes": {"price": 8}, "of_events": []})]);
    let refused = house.request(Method::PUT, "/v1/items/x", &shop.key, Some(&json!({"tags": ["a"]}))).await;
    assert_eq!((refused.status.as_u16(), refused.body["code"].as_str()), (422, Some("invalid")));
    house.call(Method::DELETE, "/v1/items/mugs%2F1", &shop.key, None).await;
    house.settle().await;
    assert_eq!(attributes(&house, &shop, "mugs%2F1").await, Value::Null);
    assert_eq!(house.tenant("other").await.list("/v1/items").await, [Value::Null; 0]);
}

#[tokio::test]
async fn a_feed_says_what_it_changed_and_which_of_its_lines_are_bad() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let csv = "id,name,price\nmug,Mug,10\nhat,Hat,20\npen,Pen\n,Nameless,1\n";
    let first = import(&house, &shop, "", ("text/csv", csv)).await.body;
    assert_eq!((&first["new"], &first["bad"]), (&json!(2), &json!(2)), "{first}");
    let lines: Vec<&Value> = first["errors"].as_array().unwrap().iter().map(|error| &error["line"]).collect();
    assert_eq!(lines, [4, 5]);
    let jsonl = "{\"id\": \"mug\", \"name\": \"Mug\", \"price\": \"10\"}\n{\"id\": \"hat\", \"price\": 18}\n{\"id\": \"cap\"}\n";
    let second = import(&house, &shop, "", ("application/x-ndjson", jsonl)).await.body;
    assert_eq!((&second["new"], &second["changed"], &second["same"]), (&json!(1), &json!(1), &json!(1)), "{second}");
    assert_eq!(attributes(&house, &shop, "hat").await, json!({"price": 18}));
    let refused = import(&house, &shop, "", ("text/html", "x")).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
}

#[tokio::test]
async fn a_whole_feed_removes_what_it_no_longer_names_but_not_when_it_looks_broken_off() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let feed = |ids: &str| format!("id,price\n{}", ids.chars().map(|id| format!("{id},1\n")).collect::<String>());
    import(&house, &shop, "", ("text/csv", &feed("abcde"))).await;
    shop.send(&track("ada", house.now(), "Product Viewed", json!({"product_id": "z", "name": "Zip"}))).await;
    let broken_off = import(&house, &shop, "?replace=true", ("text/csv", &feed("ab"))).await.body;
    assert_eq!(broken_off["removed"], 0, "{broken_off}");
    assert!(broken_off["kept_because"].as_str().unwrap().contains("half of the 5"), "{broken_off}");
    let nameless = import(&house, &shop, "?replace=true", ("text/csv", "id,price\na,1\nb,1\nc,1\nd\n")).await.body;
    assert_eq!((&nameless["removed"], &nameless["bad"]), (&json!(0), &json!(1)), "{nameless}");
    let whole = import(&house, &shop, "?replace=true", ("text/csv", &feed("abc"))).await.body;
    assert_eq!(whole["removed"], 2, "{whole}");
    let left: Vec<Value> = shop.list("/v1/items").await.iter().map(|item| item["item"].clone()).collect();
    assert_eq!(left, ["a", "b", "c", "z"], "what only events told of stays");
}

#[tokio::test]
async fn events_fill_in_what_no_feed_says_and_nothing_else() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    say(&house, &shop, Method::PUT, "mug", &json!({"price": 10})).await;
    let seen = |at, properties| track("ada", at, "Product Viewed", properties);
    let now = house.now();
    shop.send(&seen(now, json!({"product_id": "mug", "price": 0.01, "brand": "Acme"}))).await;
    assert_eq!(attributes(&house, &shop, "mug").await, json!({"price": 10, "brand": "Acme"}));
    shop.send(&seen(now.minus(HOUR), json!({"product_id": "mug", "brand": "Older"}))).await;
    shop.send(&seen(now.minus(49 * HOUR), json!({"product_id": "old", "brand": "Replayed"}))).await;
    house.pass(HOUR).await;
    let list = json!({"products": [{"product_id": "mug", "brand": "Bodum"}, {"sku": "hat", "price": 20}]});
    shop.send(&track("ada", house.now(), "Product List Viewed", list)).await;
    assert_eq!(attributes(&house, &shop, "mug").await, json!({"price": 10, "brand": "Bodum"}));
    assert_eq!(attributes(&house, &shop, "hat").await, json!({"price": 20, "sku": "hat"}));
    assert_eq!(attributes(&house, &shop, "old").await, Value::Null, "a replay is no news");
    let order = json!({"products": [{"product_id": "pen", "price": 1}]});
    shop.send(&track("ada", house.now(), "Order Completed", order)).await;
    assert_eq!(attributes(&house, &shop, "pen").await, Value::Null, "a price in an order may be one customer's own");
}

#[tokio::test]
async fn a_price_that_drops_is_told_to_who_viewed_the_item_or_has_it_in_the_cart_and_to_nobody_else() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("bargain", json!({})).await;
    say(&house, &shop, Method::PUT, "mug", &json!({"name": "Mug", "price": 10})).await;
    say(&house, &shop, Method::PUT, "hat", &json!({"price": 20})).await;
    shop.send(&viewed("ada", &house, "mug")).await;
    shop.send(&carted("bob", &house, "mug")).await;
    shop.send(&viewed("eve", &house, "hat")).await;
    shop.send(&carted("kim", &house, "mug")).await;
    house.pass(HOUR).await;
    shop.send(&ordered("kim", house.now())).await;
    assert_eq!(told(&shop).await, [""; 0]);

    price(&house, &shop, "mug", json!("8")).await;
    assert_eq!(told(&shop).await, ["ada: mug/price 10.0 to 8.0", "bob: mug/price 10.0 to 8.0"]);
    let content = shop.list("/v1/messages").await.remove(0)["content"].clone();
    let body = &content["body"];
    assert_eq!((&body["type"], &body["item"]["id"], &content["name"]), (&json!("item"), &json!("mug"), &json!("Mug")));
    assert_eq!((&body["before"], &body["after"], &body["attribute"]), (&json!(10), &json!("8"), &json!("price")));

    price(&house, &shop, "mug", json!(8.0)).await;
    price(&house, &shop, "mug", json!(9)).await;
    assert_eq!(told(&shop).await.len(), 2, "the same again, and a rise, are no drop");
    price(&house, &shop, "mug", json!(7)).await;
    price(&house, &shop, "mug", json!(6)).await;
    let bob: Vec<String> = told(&shop).await.into_iter().filter(|line| line.starts_with("bob")).collect();
    assert_eq!(bob, ["bob: mug/price 10.0 to 8.0", "bob: mug/price 7.0 to 6.0", "bob: mug/price 9.0 to 7.0"]);
}

#[tokio::test]
async fn who_merged_is_told_once_who_was_erased_is_not_and_a_restart_changes_nothing() {
    let mut house = House::open().await;
    let key = {
        let shop = house.tenant("shop").await;
        shop.publish("bargain", json!({})).await;
        say(&house, &shop, Method::PUT, "mug", &json!({"price": 10})).await;
        let mut anonymous = viewed("ada", &house, "mug");
        anonymous["userId"] = Value::Null;
        anonymous["anonymousId"] = "a1".into();
        anonymous["messageId"] = "anonymous".into();
        shop.send(&anonymous).await;
        shop.send(&carted("ada", &house, "mug")).await;
        let mut both = identified("ada", house.now(), json!({}));
        both["anonymousId"] = "a1".into();
        shop.send(&both).await;
        shop.send(&viewed("bob", &house, "mug")).await;
        house.pass(HOUR).await;
        let delete =
            json!({"type": "delete", "userId": "bob", "messageId": "d1", "timestamp": house.now().to_string()});
        shop.send(&delete).await;
        shop.key.clone()
    };
    house.stop().await;
    house.start().await;
    let answer = house.call(Method::PATCH, "/v1/items/mug", &key, Some(&json!({"price": 8}))).await;
    assert_eq!(answer["outcome"], "changed");
    house.settle().await;
    house.stop().await;
    house.start().await;
    house.settle().await;
    let messages = house.call(Method::GET, "/v1/messages", &key, None).await;
    let told: Vec<&Value> = messages["items"].as_array().unwrap().iter().map(|message| &message["profile"]).collect();
    assert_eq!(told, ["ada"]);
    let ada = house.call(Method::GET, "/v1/profiles/ada", &key, None).await;
    assert!(ada["items"]["mug"]["viewed"].is_string() && ada["items"]["mug"]["in_cart_since"].is_string(), "{ada}");
}
