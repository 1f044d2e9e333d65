//! What campaigns came to, in figures: equal to what can be counted from messages and ledgers, after a life, a stop, a merge and an erasure, and
//! after all is counted again; and why somebody got something, or did not.

use std::collections::BTreeMap;
use std::time::Duration;

use rekindle_tests::{House, Tenant, added, identified, ordered, track};
use reqwest::Method;
use reqwest::header::ACCEPT;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

/// A shop that reminds of carts by push and, half an hour later, by e-mail.
async fn shop(house: &House) -> Tenant<'_> {
    let shop = house.tenant("shop").await;
    let journey = json!({
        "trigger": {"event": "Product Added"},
        "steps": [
            {"message": "push", "to": [{"channel": "push", "title": "Your cart", "body": "is waiting"}]},
            {"wait": "30m"},
            {"message": "mail", "to": [{"channel": "email", "subject": "Your cart", "body": "is waiting"}]},
        ],
        "exit": [{"when": {"event": "Order Completed"}, "reason": "bought"}],
    });
    shop.publish("journey", journey).await;
    shop
}

async fn report(house: &House, shop: &Tenant<'_>, query: &str) -> Value {
    house.call(Method::GET, &format!("/v1/campaigns/journey/report{query}"), &shop.key, None).await
}

async fn rebuilt(house: &House, shop: &Tenant<'_>) -> Value {
    house.call(Method::POST, "/v1/reports/rebuild", &shop.key, None).await;
    house.settle().await;
    let rebuilt = house.call(Method::GET, "/v1/reports/rebuild", &shop.key, None).await;
    assert_eq!(rebuilt["state"], "done", "{rebuilt}");
    rebuilt
}

/// How many messages of each step went out, as the book of messages has it.
async fn sent(shop: &Tenant<'_>) -> BTreeMap<String, u64> {
    let mut sent = BTreeMap::new();
    shop.sent().await.into_iter().for_each(|(_, step, _)| *sent.entry(step).or_default() += 1);
    sent
}

/// The same, as the report has it.
fn counted(report: &Value) -> BTreeMap<String, u64> {
    let steps = report["funnel"].as_array().unwrap().iter();
    let counted = steps.map(|step| (step["step"].as_str().unwrap().to_owned(), step["sent"].as_u64().unwrap()));
    counted.filter(|(_, count)| *count > 0).collect()
}

/// Five add something to their carts; one orders before the e-mail, one wants no e-mail.
async fn live(house: &House, shop: &Tenant<'_>) {
    shop.send(&track("eve", house.now(), "Email Unsubscribed", json!({}))).await;
    for user in ["ada", "bob", "eve", "kim", "u1"] {
        shop.send(&added(user, house.now(), "mug", 9.5)).await;
        house.pass(MINUTE).await;
    }
    shop.send(&ordered("kim", house.now())).await;
    house.pass(60 * MINUTE).await;
}

#[tokio::test]
async fn figures_are_what_happened_also_after_a_stop_and_when_counted_again() {
    let mut house = House::open().await;
    let (key, inlet) = {
        let shop = shop(&house).await;
        live(&house, &shop).await;
        (shop.key.clone(), shop.inlet.clone())
    };
    let before = {
        let shop = house.known_tenant(key.clone(), inlet.clone());
        let report = report(&house, &shop, "").await;
        assert_eq!(counted(&report), sent(&shop).await);
        assert_eq!(counted(&report), [("mail".to_owned(), 3), ("push".to_owned(), 5)].into());
        let total = &report["total"];
        assert_eq!((&total["entered"], &total["exited"]), (&json!(5), &json!(5)), "{total}");
        assert_eq!(
            total["not_sent"].as_object().unwrap().values().map(|count| count.as_u64().unwrap()).sum::<u64>(),
            1
        );
        report
    };
    house.stop().await;
    house.start().await;
    let shop = house.known_tenant(key, inlet);
    house.settle().await;
    assert_eq!(report(&house, &shop, "").await, before);
    let rebuilt = rebuilt(&house, &shop).await;
    assert_eq!(rebuilt["differed"], 0, "{rebuilt}");
    assert!(rebuilt["rows"].as_u64().unwrap() >= 13, "{rebuilt}");
    assert_eq!(report(&house, &shop, "").await, before);
}

#[tokio::test]
async fn figures_are_told_apart_by_hour_day_step_and_channel_and_as_a_table() {
    let house = House::open().await;
    let shop = shop(&house).await;
    live(&house, &shop).await;
    let sent_of = async |query: &str| -> Vec<(Value, u64)> {
        let report = report(&house, &shop, query).await;
        let items = report["items"].as_array().unwrap().clone();
        items
            .iter()
            .map(|item| (item["of"].clone(), item["sent"].as_u64().unwrap()))
            .filter(|(_, sent)| *sent > 0)
            .collect()
    };
    assert_eq!(sent_of("?by=hour").await, [(json!("2026-03-02T08:00:00.000Z"), 8)]);
    assert_eq!(sent_of("?by=day&time_zone=Asia/Tokyo").await, [(json!("2026-03-02"), 8)]);
    assert_eq!(sent_of("?by=step").await, [(json!("mail"), 3), (json!("push"), 5)]);
    assert_eq!(sent_of("?by=channel").await, [(json!("email"), 3), (json!("push"), 5)]);
    assert_eq!(sent_of("?by=revision").await, [(json!("1"), 8)]);
    assert_eq!(sent_of("?by=step&from=2026-03-03").await, []);
    assert_eq!(sent_of("?by=step&to=2026-03-01").await, []);
    assert_eq!(sent_of("?by=step&from=2026-03-02&to=2026-03-02").await, [(json!("mail"), 3), (json!("push"), 5)]);
    let path = house.url("/v1/campaigns/journey/report?by=step");
    let request = house.client().get(path).bearer_auth(&shop.key).header(ACCEPT, "text/csv");
    let table = request.send().await.unwrap().text().await.unwrap();
    let mut lines = table.lines();
    assert!(lines.next().unwrap().starts_with("step,entered,exited,"), "{table}");
    assert_eq!(lines.count(), 3, "{table}");
    let refused = house.request(Method::GET, "/v1/campaigns/journey/report?by=moon", &shop.key, None).await;
    assert_eq!(refused.status, 400, "{refused:?}");
}

#[tokio::test]
async fn who_turns_out_to_be_one_counts_once_and_who_is_erased_still_counts() {
    let house = House::open().await;
    let shop = shop(&house).await;
    let mut anonymous = added("u9", house.now(), "mug", 9.5);
    (anonymous["userId"], anonymous["anonymousId"]) = (Value::Null, json!("a-device"));
    shop.send(&anonymous).await;
    let before = report(&house, &shop, "").await["total"].clone();
    assert_eq!((&before["entered"], &before["sent"]), (&json!(1), &json!(1)));
    let mut both = identified("u9", house.now(), json!({}));
    both["anonymousId"] = json!("a-device");
    shop.send(&both).await;
    assert_eq!(report(&house, &shop, "").await["total"], before, "rows that move count once");
    assert_eq!(rebuilt(&house, &shop).await["differed"], 0);
    house.pass(60 * MINUTE).await;
    let before = report(&house, &shop, "").await;
    assert_eq!(counted(&before), sent(&shop).await);
    house.call(Method::DELETE, "/v1/profiles/u9", &shop.key, None).await;
    house.settle().await;
    assert!(shop.ledger("u9").await.is_empty());
    assert_eq!(report(&house, &shop, "").await, before, "sums stay");
    let rebuilt = rebuilt(&house, &shop).await;
    assert_eq!((&rebuilt["differed"], &rebuilt["rows"]), (&json!(0), &json!(0)));
    assert_eq!(report(&house, &shop, "").await, before, "sums stay");
}

/// What is said of a person and the journey, without moments.
async fn explained(house: &House, shop: &Tenant<'_>, user: &str, query: &str) -> Vec<String> {
    let path = format!("/v1/profiles/{user}/explain{query}");
    let explanation = house.call(Method::GET, &path, &shop.key, None).await;
    let campaign =
        explanation["campaigns"].as_array().unwrap().iter().find(|one| one["campaign"] == "journey").unwrap();
    campaign["lines"].as_array().unwrap().iter().map(|line| line["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn it_is_explained_why_somebody_got_something_or_did_not() {
    let house = House::open().await;
    let shop = shop(&house).await;
    live(&house, &shop).await;
    let about = async |user: &str, query: &str| explained(&house, &shop, user, query).await.join("\n");
    let got = about("ada", "?campaign=journey&step=mail").await;
    assert!(got.contains("`mail` was sent over email (preview)"), "{got}");
    let refused = about("eve", "").await;
    assert!(refused.contains("the person wants nothing over email, since"), "{refused}");
    assert!(refused.contains("`mail` was not sent: "), "{refused}");
    let left = about("kim", "").await;
    assert!(left.contains("left the campaign: "), "{left}");
    assert!(!left.contains("`mail`"), "{left}");
    shop.send(&identified("u5", house.now(), json!({}))).await;
    let never = about("u5", "").await;
    assert!(never.starts_with("never asked: "), "{never}");
    assert!(never.contains("the event `Product Added`"), "{never}");
}
