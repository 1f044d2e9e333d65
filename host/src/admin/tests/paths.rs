//! What works: each thing set up, looked at, changed and removed, as `rekindle`'s commands do it.

use std::fs;
use std::path::Path;

use axum::http::StatusCode;
use expect_test::expect;
use serde_json::{Value, json};

use super::module::module;
use super::{House, admin, directory, router, text};
use crate::domain::{ManualClock, TenantId};
use crate::tenants::Deed;

#[tokio::test]
async fn a_source_is_created_rotated_and_deleted() {
    let house = House::new().await;
    let created = house.done("POST", "/v1/sources", json!({"name": "web", "bearer": "b"})).await;
    let (url, secret) = (text(&created["url"]), text(&created["secrets"][0]));
    assert!(url.starts_with("http://rekindle.example:8080/in/") && url.len() == 64, "{url}");
    assert_eq!((secret.len(), &created["created_at"]), (64, &json!("2026-01-02T03:04:05.678Z")));

    let rotated = house.done("POST", "/v1/sources/web/rotate", Value::Null).await;
    assert_eq!((&rotated["url"], &rotated["active_secrets"]), (&json!(url), &json!(2)));
    assert_ne!(text(&rotated["secrets"][0]), secret);
    let third = house.done("POST", "/v1/sources/web/rotate", json!({"secret": "mine"})).await;
    assert_eq!((&third["secrets"], &third["active_secrets"]), (&json!(["mine"]), &json!(2)));

    let listed = house.done("GET", "/v1/sources", Value::Null).await;
    let masked = format!("http://rekindle.example:8080/in/***{}", &url[60..]);
    let expected = json!({"items": [{"source": "web", "url": masked, "active_secrets": 2, "bearer": true,
        "basic_key": false, "created_at": "2026-01-02T03:04:05.678Z"}], "next": null});
    assert_eq!(listed, expected);

    let token = url.rsplit('/').next().unwrap();
    assert!(house.admin.directory.sources().get(token).is_some());
    for _ in 0..2 {
        let retired = house.done("POST", "/v1/sources/web/retire", Value::Null).await;
        assert_eq!((&retired["active_secrets"], &retired["secrets"]), (&json!(1), &Value::Null));
        let inlet = house.admin.directory.sources().get(token).unwrap();
        assert_eq!(inlet.source.secrets.iter().map(|secret| secret.expose()).collect::<Vec<_>>(), ["mine"]);
    }
    house.done("DELETE", "/v1/sources/web", Value::Null).await;
    assert!(house.admin.directory.sources().get(token).is_none());
}

#[tokio::test]
async fn an_unsigned_source_has_no_secret_until_it_is_given_one() {
    let house = House::new().await;
    let created =
        house.done("POST", "/v1/sources", json!({"name": "direct", "basic_key": "k", "unsigned": true})).await;
    assert_eq!(created["secrets"], json!([]));
    let rotated = house.done("POST", "/v1/sources/direct/rotate", json!({})).await;
    assert_eq!(rotated["active_secrets"], json!(1));
}

#[tokio::test]
async fn a_source_is_reached_at_the_public_address_where_there_is_one() {
    let mut house = House::new().await;
    let directory = directory(tempfile::tempdir().unwrap().path(), std::sync::Arc::new(ManualClock::default()));
    let deed = Deed::of_house("test", "");
    let (_, key) = directory.by(&deed).create_tenant(TenantId::parse("shop").unwrap()).unwrap();
    house.router = router(admin(directory, Some("https://in.example.com/rekindle/".to_owned())));
    house.developer = key.expose().to_owned();
    let created = house.done("POST", "/v1/sources", json!({"name": "web"})).await;
    assert!(text(&created["url"]).starts_with("https://in.example.com/rekindle/in/"));
}

#[tokio::test]
async fn a_key_is_shown_once_and_is_good_until_it_is_revoked() {
    let house = House::new().await;
    let created = house.call("POST", "/v1/keys", &house.owner, json!({"name": "ci", "role": "developer"})).await.body;
    let (id, key) = (text(&created["id"]), text(&created["key"]));
    assert!(key.starts_with("rk_") && key.len() == 43, "{key}");
    assert_eq!(house.call("GET", "/v1/sources", &key, Value::Null).await.status, StatusCode::OK);

    let listed = house.call("GET", "/v1/keys", &house.owner, Value::Null).await.body;
    assert_eq!(listed["items"].as_array().unwrap().len(), 4);
    assert!(listed.to_string().contains(&id) && !listed.to_string().contains(&key));
    assert!(!is_in_some_file(house.folder.path(), key.as_bytes()));
    assert!(is_in_some_file(house.folder.path(), id.as_bytes()), "the search should find what is there");

    let revoked = house.call("DELETE", &format!("/v1/keys/{id}"), &house.owner, Value::Null).await;
    assert_eq!(revoked.status, StatusCode::NO_CONTENT);
    assert_eq!(house.call("GET", "/v1/sources", &key, Value::Null).await.status, StatusCode::UNAUTHORIZED);
}

fn is_in_some_file(folder: &Path, wanted: &[u8]) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return is_in_some_file(&path, wanted);
        }
        fs::read(path).unwrap().windows(wanted.len()).any(|window| window == wanted)
    })
}

#[tokio::test]
async fn a_module_is_taken_once_and_named_by_its_digest() {
    let house = House::new().await;
    let bytes = module("sample");
    let first = house.upload(bytes.clone()).await;
    assert_eq!((first.status, &first.body["bytes"]), (StatusCode::CREATED, &json!(bytes.len())));
    assert!(text(&first.body["module"]).starts_with("sha256:"));
    let again = house.upload(bytes).await;
    assert_eq!((again.status, &again.body), (StatusCode::OK, &first.body));
    let listed = house.done("GET", "/v1/modules", Value::Null).await;
    assert_eq!(listed, json!({"items": [first.body], "next": null}));
}

#[tokio::test]
async fn a_campaign_lives_from_draft_to_archive() {
    let house = House::new().await;
    let module = text(&house.upload(module("sample")).await.body["module"]);
    house.done("POST", "/v1/campaigns", json!({"campaign": "winter"})).await;
    let mut picture = String::new();
    for (operation, body) in [
        ("publish", json!({"module": module, "configuration": {"wait": "1h"}})),
        ("publish", json!({"module": module, "configuration": {"wait": "2h"}})),
        ("pause", Value::Null),
        ("rollback", json!({})),
        ("resume", Value::Null),
        ("rollback", json!({"revision": 2})),
        ("archive", Value::Null),
        ("resume", Value::Null),
    ] {
        let answer = house.call("POST", &format!("/v1/campaigns/winter/{operation}"), &house.developer, body).await;
        let (state, revision) = (&answer.body["state"], &answer.body["revision"]);
        let shown = house.done("GET", "/v1/campaigns/winter", Value::Null).await;
        let wait = &shown["configuration"]["wait"];
        let detail = answer.body.get("detail").map(|detail| format!(" {detail}")).unwrap_or_default();
        let status = answer.status.as_u16();
        picture.push_str(&format!("{operation:8} {status} {state} revision {revision} wait {wait}{detail}\n"));
    }
    expect![[r#"
        publish  200 "active" revision 1 wait "1h"
        publish  200 "active" revision 2 wait "2h"
        pause    200 "paused" revision 2 wait "2h"
        rollback 200 "paused" revision 3 wait "1h"
        resume   200 "active" revision 3 wait "1h"
        rollback 200 "active" revision 4 wait "2h"
        archive  200 "archived" revision 4 wait "2h"
        resume   409 null revision null wait "2h" "campaign `winter` is `archived`: `resume` is for one that is `paused` or `suspended`; use another name"
    "#]].assert_eq(&picture);
}

#[tokio::test]
async fn a_campaign_is_shown_with_what_it_runs_and_what_it_ran() {
    let house = House::new().await;
    let module = text(&house.upload(module("sample")).await.body["module"]);
    for wait in ["1h", "2h"] {
        let body = json!({"module": module, "configuration": {"wait": wait}});
        house.done("POST", "/v1/campaigns/winter/publish", body).await;
    }
    let shown = house.done("GET", "/v1/campaigns/winter", Value::Null).await;
    let shown = serde_json::to_string_pretty(&shown).unwrap().replace(&module, "sha256:…");
    expect![[r#"
        {
          "campaign": "winter",
          "configuration": {
            "wait": "2h"
          },
          "created_at": "2026-01-02T03:04:05.678Z",
          "manifest": {
            "channels": [],
            "configuration": {},
            "name": "sample",
            "steps": [],
            "summary": "",
            "triggers": [],
            "version": "1.0.0"
          },
          "module": "sha256:…",
          "published_at": "2026-01-02T03:04:05.678Z",
          "revision": 2,
          "revisions": [
            {
              "module": "sha256:…",
              "published_at": "2026-01-02T03:04:05.678Z",
              "revision": 2
            },
            {
              "module": "sha256:…",
              "published_at": "2026-01-02T03:04:05.678Z",
              "revision": 1
            }
          ],
          "settings": {},
          "state": "active"
        }"#]]
    .assert_eq(&shown);
}

#[tokio::test]
async fn publishing_creates_a_campaign_and_what_is_run_is_kept() {
    let house = House::new().await;
    let module = text(&house.upload(module("sample")).await.body["module"]);
    let published = house.done("POST", "/v1/campaigns/new.one/publish", json!({"module": module})).await;
    assert_eq!((&published["state"], &published["revision"]), (&json!("active"), &json!(1)));
    let shop = TenantId::parse("shop").unwrap();
    let snapshot = house.admin.directory.snapshot();
    let active = snapshot.tenant(&shop).unwrap().active().next().cloned().unwrap();
    let component = house.admin.directory.component(&active).unwrap();
    house.admin.sandbox.load(&component, &active.manifest).expect("what was published should run");
}

#[tokio::test]
async fn a_channel_is_set_shown_masked_and_forgotten() {
    let house = House::new().await;
    let settings = |settings: Value| json!({"provider": "webhook", "settings": settings});
    let url = "https://example.com/hook";
    let drawn = house.done("PUT", "/v1/channels/push", settings(json!({"url": url}))).await;
    assert!(text(&drawn["secret"]).starts_with("whsec_"));
    let (newer, older) = (text(&drawn["secret"]), "whsec_MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=");
    let rotated = settings(json!({"url": url, "secret": newer, "previous_secret": older}));
    let given = house.done("PUT", "/v1/channels/email", rotated).await;
    let masked =
        |channel: &str, settings: Value| json!({"channel": channel, "provider": "webhook", "settings": settings});
    let shown = "https://example.com/***";
    let email = masked("email", json!({"url": shown, "secret": "***", "previous_secret": "***"}));
    let push = masked("push", json!({"url": shown, "secret": "***"}));
    assert_eq!(given, email);

    let listed = house.done("GET", "/v1/channels", Value::Null).await;
    assert_eq!(listed["items"], json!([email, push]));

    house.done("DELETE", "/v1/channels/push", Value::Null).await;
    let listed = house.done("GET", "/v1/channels", Value::Null).await;
    assert_eq!(listed["items"], json!([email]));
}

#[tokio::test]
async fn lists_come_in_pages() {
    let house = House::new().await;
    for number in 0..5 {
        house.done("POST", "/v1/campaigns", json!({"campaign": format!("c{number}")})).await;
    }
    let (mut path, mut pages) = ("/v1/campaigns?limit=2".to_owned(), Vec::new());
    loop {
        let page = house.done("GET", &path, Value::Null).await;
        let names: Vec<String> = page["items"].as_array().unwrap().iter().map(|item| text(&item["campaign"])).collect();
        pages.push(names.join(" "));
        let Some(next) = page["next"].as_str() else { break };
        path = format!("/v1/campaigns?limit=2&after={next}");
    }
    assert_eq!(pages, ["c0 c1", "c2 c3", "c4"]);
}
