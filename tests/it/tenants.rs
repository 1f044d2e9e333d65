//! Tenants are isolated from one another.

use rekindle_tests::{House, added};
use reqwest::{Method, StatusCode};
use serde_json::json;

#[tokio::test]
async fn another_tenants_things_do_not_exist() {
    let house = House::open().await;
    let (one, other) = (house.tenant("one").await, house.tenant("other").await);
    one.publish("three-lines", json!({})).await;
    one.send(&added("u1", house.now(), "mug", 12.5)).await;
    house.pass(std::time::Duration::from_secs(3600)).await;
    let module = one.list("/v1/modules").await[0]["module"].clone();
    for list in ["profiles", "messages", "modules", "campaigns", "outbox", "quarantine"] {
        assert_eq!(other.list(&format!("/v1/{list}")).await, [] as [serde_json::Value; 0], "{list}");
    }
    let get = |path: &'static str| house.request(Method::GET, path, &other.key, None);
    assert_eq!(get("/v1/campaigns/three-lines").await.status, StatusCode::NOT_FOUND);
    assert_eq!(get("/v1/profiles/u1").await.status, StatusCode::NOT_FOUND);
    let publication = json!({"module": module, "configuration": {}});
    let stolen = house.request(Method::POST, "/v1/campaigns/mine/publish", &other.key, Some(&publication)).await;
    assert_eq!(stolen.status, StatusCode::NOT_FOUND, "{stolen:?}");
}

#[tokio::test]
async fn the_same_person_at_two_tenants_is_two_people() {
    let house = House::open().await;
    let (one, other) = (house.tenant("one").await, house.tenant("other").await);
    one.publish("three-lines", json!({})).await;
    other.publish("three-lines", json!({})).await;
    let event = added("u1", house.now(), "mug", 12.5);
    assert_eq!(one.send(&event).await.body["accepted"], 1);
    assert_eq!(other.send(&event).await.body["accepted"], 1);
    house.pass(std::time::Duration::from_secs(3600)).await;
    let ids = [one.list("/v1/messages").await[0]["id"].clone(), other.list("/v1/messages").await[0]["id"].clone()];
    assert_ne!(ids[0], ids[1]);
}
