//! Who is erased is gone: everywhere, under every id, from the journal, too. What stays is the proof, and that nothing from before
//! comes back.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rekindle_tests::{House, Tenant, added, identified};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const PLANTED: &str = "planted-0b6f";

/// A shopper with a device, a ledger, a timer, and a word in everything that they sent.
async fn shopper(house: &House, shop: &Tenant<'_>) {
    let mut cart = added(PLANTED, house.now(), PLANTED, 12.5);
    cart["anonymousId"] = json!("a-device");
    shop.send(&cart).await;
    shop.send(&identified(PLANTED, house.now(), json!({"nickname": PLANTED}))).await;
}

/// Whether a file below the folder holds the planted word.
fn is_in(folder: &Path) -> bool {
    fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).any(|path| {
        let holds =
            |path: &Path| fs::read(path).unwrap().windows(PLANTED.len()).any(|bytes| bytes == PLANTED.as_bytes());
        if path.is_dir() { is_in(&path) } else { holds(&path) }
    })
}

/// Segments go behind the house's back, within moments.
async fn is_soon_gone_from(folder: &Path) -> bool {
    for _ in 0..500 {
        if !is_in(folder) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

async fn status(house: &House, shop: &Tenant<'_>, path: &str) -> StatusCode {
    house.request(Method::GET, path, &shop.key, None).await.status
}

async fn erased(house: &House, shop: &Tenant<'_>) -> Value {
    let erasing = house.call(Method::DELETE, &format!("/v1/profiles/{PLANTED}"), &shop.key, None).await;
    house.settle().await;
    let proofs = shop.list("/v1/erasures").await;
    let proof = proofs.into_iter().find(|proof| proof["digest"] == erasing["digest"]).unwrap();
    assert_eq!(proof["because"], erasing["because"]);
    proof
}

#[tokio::test]
async fn who_is_erased_is_gone_from_everywhere_and_the_journal() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({"push": {"channel": "push", "title": "t", "body": "b", "wait": "30m"}})).await;
    shopper(&house, &shop).await;
    let journal = house.data().join("journal");
    assert!(is_in(&journal), "the planted word should be found where it is");
    let profile = format!("/v1/profiles/{PLANTED}");
    assert_eq!(status(&house, &shop, &profile).await, StatusCode::OK);
    assert_eq!(status(&house, &shop, "/v1/profiles/anonymous:a-device").await, StatusCode::OK);

    let proof = erased(&house, &shop).await;
    assert_eq!((&proof["events"], &proof["other_ids"], &proof["timers"]), (&json!(2), &json!(1), &json!(1)));
    assert!(!proof.to_string().contains(PLANTED));
    assert_eq!(status(&house, &shop, &profile).await, StatusCode::NOT_FOUND);
    assert_eq!(status(&house, &shop, "/v1/profiles/anonymous:a-device").await, StatusCode::NOT_FOUND);
    assert!(shop.ledger(PLANTED).await.is_empty());
    assert!(is_soon_gone_from(&journal).await, "the journal should forget");
    let audit = house.call(Method::GET, "/v1/audit", &shop.key, None).await;
    assert!(!audit.to_string().contains(PLANTED), "the audit log should not name them");
    house.pass(Duration::from_secs(3_600)).await;
    assert!(shop.sent().await.is_empty());
}

#[tokio::test]
async fn nothing_from_before_comes_back_and_who_returns_is_somebody_new() {
    let house = House::open().await;
    let before = house.now();
    let shop = house.tenant("shop").await;
    shopper(&house, &shop).await;
    house.pass(Duration::from_secs(60)).await;
    erased(&house, &shop).await;
    let mut by_both = added(PLANTED, before, "hat", 3.0);
    (by_both["messageId"], by_both["anonymousId"]) = (json!("late-1"), json!("a-device"));
    let mut by_device = added(PLANTED, before, "scarf", 3.0);
    (by_device["userId"], by_device["anonymousId"]) = (Value::Null, json!("a-device"));
    by_device["messageId"] = json!("late-2");
    for late in [by_both, by_device] {
        shop.send(&late).await;
        assert_eq!(status(&house, &shop, &format!("/v1/profiles/{PLANTED}")).await, StatusCode::NOT_FOUND, "{late}");
        assert_eq!(status(&house, &shop, "/v1/profiles/anonymous:a-device").await, StatusCode::NOT_FOUND, "{late}");
    }
    shop.send(&added(PLANTED, house.now().plus(Duration::from_secs(1)), "mug", 3.0)).await;
    let returned = house.call(Method::GET, &format!("/v1/profiles/{PLANTED}"), &shop.key, None).await;
    assert_eq!((&returned["events"], &returned["traits"]), (&json!(1), &json!({})));
}
