//! One tenant's campaign misbehaves: the others notice nothing, and its own tenant is told.

use std::time::Duration;

use rekindle::domain::Timestamp;
use rekindle_tests::{House, Provider, SECRET, Tenant, added, sign, track};
use reqwest::Method;
use serde_json::{Value, json};

use crate::modules::Module;

/// Takes most of its fuel: some 4 ms.
const BUSY: &str = "(local $n i32) (local.set $n (i32.const 1800000))
    (loop (br_if 0 (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))";
/// Never ends by itself.
const ENDLESS: &str = "(loop (br 0)) unreachable";

/// A component that wants to be asked about every event, does that, and then decides nothing.
fn component(before: &str) -> Vec<u8> {
    let mut module = Module::new();
    let [any, length] = module.image.text("*");
    let manifest = module.image.manifest(&[[0, any, length, 0, 0, 0, 0, 0]]);
    let (configure, decide) = (format!("(i32.const {manifest})"), format!("{before} {}", module.decide));
    Module { configure, decide, ..module }.build()
}

fn looked(at: Timestamp) -> Value {
    track("b1", at, "Looked", json!({}))
}

/// Delivers that many events about one person, and does not wait for what they bring about.
async fn flood(house: &House, tenant: &Tenant<'_>, count: u64) {
    let events: Vec<Value> = (0..count).map(|n| looked(house.now().minus(Duration::from_millis(n)))).collect();
    let signature = sign(SECRET, &events[0].to_string());
    let answer = tenant.deliver(&Value::from(events).to_string(), Some(&signature)).await;
    assert!(answer.status.is_success(), "{answer:?}");
}

/// Waits until `done` says so; for a minute at the most.
async fn until(what: &str, mut done: impl AsyncFnMut() -> bool) {
    for _ in 0..3_000 {
        if done().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{what} should have happened");
}

#[tokio::test]
async fn a_tenants_backlog_leaves_the_others_decisions_alone() {
    let house = House::open().await;
    let (busy, shop) = (house.tenant("busy").await, house.tenant("shop").await);
    busy.publish_bytes("busy", component(BUSY)).await;
    shop.publish("three-lines", json!({})).await;
    flood(&house, &busy, 400).await;
    for number in 0..16 {
        let event = added(&format!("u{number}"), house.now(), "mug", 12.5).to_string();
        shop.deliver(&event, Some(&sign(SECRET, &event))).await;
    }
    for number in 0..16 {
        until("the decision", async || !shop.ledger(&format!("u{number}")).await.is_empty()).await;
    }
    let decided = busy.ledger("b1").await.len();
    assert!(decided < 400, "the backlog should still be waiting");
    house.settle().await;
    assert_eq!(busy.ledger("b1").await, ["nothing to do"].repeat(400));
}

#[tokio::test]
async fn a_campaign_that_only_fails_is_suspended_and_its_tenant_told_why() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let provider = Provider::open().await;
    shop.connect("operations", &provider).await;
    shop.publish_bytes("endless", component(ENDLESS)).await;
    flood(&house, &shop, 30).await;
    house.settle().await;
    let show = || house.call(Method::GET, "/v1/campaigns/endless", &shop.key, None);
    until("the suspension", async || show().await["state"] == "suspended").await;
    let because = show().await["suspended_because"].clone();
    let because = because.as_str().unwrap();
    assert!(because.starts_with("revision 1 failed 20 times in a row, at last with `out-of-fuel`: "), "{because}");

    let ledger = shop.ledger("b1").await;
    assert_eq!(ledger.iter().filter(|row| row.starts_with("failed (out-of-fuel)")).count(), 20);
    assert_eq!(ledger.iter().filter(|row| row.starts_with("not asked: the campaign is suspended")).count(), 10);
    let failures = shop.list("/v1/failures").await;
    assert_eq!(failures.iter().filter(|failure| failure["kind"] == "suspended").count(), 1);
    house.settle().await;
    assert_eq!(provider.received().len(), 1);

    let resumed = house.call(Method::POST, "/v1/campaigns/endless/resume", &shop.key, None).await;
    assert_eq!((&resumed["state"], resumed.get("suspended_because")), (&json!("active"), None));
}
