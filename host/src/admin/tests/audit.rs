//! Who changed what: every change by its key, its operation's name and its request; and refusals.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{AUTHORIZATION, HOST};
use serde_json::{Value, json};

use super::{BOOTSTRAP, House, text};

/// `actor's role operation object outcome`, the newest first.
async fn log(house: &House, path: &str, key: &str) -> Vec<String> {
    let page = house.call("GET", path, key, Value::Null).await.body;
    let line = |item: &Value| {
        let role = item["role"].as_str().unwrap_or("-");
        [role, "operation", "object", "outcome"].map(|name| item[name].as_str().unwrap_or(name).to_owned()).join(" ")
    };
    page["items"].as_array().unwrap().iter().map(line).collect()
}

#[tokio::test]
async fn every_change_is_in_the_tenants_log_with_who_made_it() {
    let house = House::new().await;
    house.done("POST", "/v1/sources", json!({"name": "web", "secret": "never-in-a-log"})).await;
    house.refused("POST", "/v1/sources", json!({"name": "web"})).await;
    house.refused("DELETE", "/v1/keys/key_of_somebody", Value::Null).await;
    house.refused("GET", "/v1/keys", Value::Null).await;
    let request = Request::delete("/v1/sources/web").header(HOST, "x").header("x-request-id", "mine");
    let request = request.header(AUTHORIZATION, format!("Bearer {}", house.developer)).body(Body::empty()).unwrap();
    house.answer(request).await;

    let lines = log(&house, "/v1/audit", &house.owner).await;
    assert_eq!(
        lines[..4],
        [
            "developer delete_source web done",
            "developer delete_key  forbidden",
            "developer create_source web conflict",
            "developer create_source web done"
        ]
    );
    assert_eq!(lines.last().unwrap(), "- create_tenant shop done");
    let page = house.call("GET", "/v1/audit?limit=1", &house.owner, Value::Null).await.body;
    assert_eq!(page["items"][0]["request_id"], "mine");
    let next = text(&page["next"]);
    let second = house.call("GET", &format!("/v1/audit?limit=1&after={next}"), &house.owner, Value::Null).await.body;
    assert_eq!(second["items"][0]["operation"], "delete_key");
    assert_eq!(house.call("GET", "/v1/audit/verify", &house.owner, Value::Null).await.body["whole"], json!(true));
}

#[tokio::test]
async fn every_use_of_the_bootstrap_key_is_in_the_operators_log() {
    let house = House::new().await;
    house.call("GET", "/v1/tenants", BOOTSTRAP, Value::Null).await;
    house.call("POST", "/v1/sources", BOOTSTRAP, json!({"name": "web"})).await;
    let rotated = house.call("POST", "/v1/keyring/rotate", BOOTSTRAP, Value::Null).await.body;
    assert_eq!((&rotated["resealed"], &rotated["retired"]), (&json!(0), &json!([])));
    assert_eq!(
        log(&house, "/v1/operator/audit", BOOTSTRAP).await,
        [
            "- rotate_master_keys  done",
            "- create_source  forbidden",
            "- list_tenants  done",
            "- create_tenant other done",
            "- create_tenant shop done",
            "- set_bootstrap_key  done"
        ]
    );
}

#[tokio::test]
async fn a_mistyped_key_is_said_to_be_one() {
    let house = House::new().await;
    let mut typo = house.owner.clone();
    let letter = if typo.pop() == Some('a') { 'b' } else { 'a' };
    typo.push(letter);
    let answer = house.call("GET", "/v1/keys", &typo, Value::Null).await;
    assert_eq!(answer.status, 401);
    assert!(text(&answer.body["detail"]).contains("mistyped"), "{}", answer.body);
    let unknown = house.call("GET", "/v1/keys", &format!("rk_{}", "a".repeat(32)), Value::Null).await;
    assert!(text(&unknown.body["detail"]).contains("not known"), "{}", unknown.body);
}
