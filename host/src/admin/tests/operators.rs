//! What operators ask, and the description that clients are made from.

use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, RETRY_AFTER};
use serde_json::{Value, json};

use super::{House, admin, directory, router};
use crate::admin::Admin;
use crate::domain::ManualClock;

#[tokio::test]
async fn a_server_says_whether_it_lives_and_whether_it_is_ready() {
    let mut house = House::new().await;
    assert_eq!(house.send("GET", "/livez", None, Body::empty()).await.status, 200);
    assert_eq!(house.send("GET", "/readyz", None, Body::empty()).await.status, 200);

    let folder = tempfile::tempdir().unwrap();
    let directory = directory(folder.path(), Arc::new(ManualClock::default()));
    let stopping = Arc::into_inner(admin(directory, None)).unwrap();
    let readiness = Arc::new(|| Err("the server is stopping".to_owned()));
    house.router = router(Arc::new(Admin { readiness, ..stopping }));
    assert_eq!(house.send("GET", "/livez", None, Body::empty()).await.status, 200);
    let answer = house.send("GET", "/readyz", None, Body::empty()).await;
    assert_eq!((answer.status.as_u16(), &answer.body["detail"]), (503, &json!("the server is stopping")));
    assert_eq!(answer.headers[RETRY_AFTER], "5");
}

#[tokio::test]
async fn metrics_are_served_as_prometheus_reads_them() {
    let answer = House::new().await.send("GET", "/metrics", None, Body::empty()).await;
    assert_eq!(answer.headers[CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn the_description_is_whole() {
    let document = House::new().await.send("GET", "/openapi.json", None, Body::empty()).await.body;
    assert_eq!(document["openapi"], json!("3.1.0"));
    assert_eq!(document["components"]["securitySchemes"]["key"], json!({"type": "http", "scheme": "bearer"}));
    let (mut referred, known) = (Vec::new(), &document["components"]["schemas"]);
    collect_references(&document, &mut referred);
    assert!(referred.len() > 30, "{referred:?}");
    for reference in referred {
        let name = reference.strip_prefix("#/components/schemas/").unwrap();
        assert!(known.get(name).is_some(), "{name} is referred to, and not described");
    }
}

fn collect_references(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("$ref").and_then(Value::as_str).map(str::to_owned));
            members.values().for_each(|member| collect_references(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| collect_references(item, found)),
        _ => {}
    }
}
