//! What is refused, and how: every error is a problem that says what is wrong and what to do next.

use axum::body::Body;
use axum::http::Request;
use axum::http::header::{ALLOW, AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use expect_test::expect;
use serde_json::{Value, json};

use super::module::module;
use super::{House, text};
use crate::domain::{ModuleDigest, limits};

#[tokio::test]
async fn a_problem_has_its_form_and_names_its_request() {
    let house = House::new().await;
    let ask = |id: &str| {
        Request::builder()
            .uri("/v1/campaigns/none")
            .header(AUTHORIZATION, format!("Bearer {}", house.viewer))
            .header("x-request-id", id)
            .body(Body::empty())
            .unwrap()
    };
    let answer = house.answer(ask("mine-1")).await;
    assert_eq!(
        (&answer.headers["x-request-id"], &answer.headers[CONTENT_TYPE]),
        (&"mine-1".parse().unwrap(), &"application/problem+json".parse().unwrap())
    );
    expect![[r#"
        {
          "code": "not-found",
          "detail": "campaign `none` is not known: `campaign list` shows those there are",
          "request_id": "mine-1",
          "status": 404,
          "title": "There is no such thing",
          "type": "/problems/not-found"
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&answer.body).unwrap());

    let answer = house.answer(ask("with blank")).await;
    assert!(text(&answer.body["request_id"]).starts_with("req_"));
}

#[tokio::test]
async fn what_is_not_there_is_a_problem_too() {
    let house = House::new().await;
    let answer = house.send("GET", "/v1/nothing", None, Body::empty()).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (404, &json!("not-found")));
    let answer = house.send("PATCH", "/v1/sources", None, Body::empty()).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (405, &json!("no-such-method")));
    assert_eq!(answer.headers[ALLOW], "POST,GET,HEAD");
    let answer = house.send("GET", "/v1/sources", None, Body::empty()).await;
    assert_eq!(answer.headers[WWW_AUTHENTICATE], "Bearer");
}

#[tokio::test]
async fn what_is_wrong_with_a_source_or_a_page_is_said() {
    let house = House::new().await;
    house.done("POST", "/v1/sources", json!({"name": "web"})).await;
    let picture = refusals(
        &house,
        vec![
            ("POST", "/v1/sources", json!({"name": "web"})),
            ("POST", "/v1/sources", json!({"name": "with blank"})),
            ("POST", "/v1/sources", json!({"name": "a", "secrt": "x"})),
            ("POST", "/v1/sources", json!({"name": "a", "secret": "x", "unsigned": true})),
            ("POST", "/v1/sources", json!({"name": 7})),
            ("POST", "/v1/sources", Value::Null),
            ("DELETE", "/v1/sources/none", Value::Null),
            ("GET", "/v1/sources?limit=0", Value::Null),
            ("GET", "/v1/sources?limit=many", Value::Null),
            ("GET", "/v1/sources?after=!", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        POST /v1/sources
            409 conflict: source `web` is there already: rotate its secret, or use another name
        POST /v1/sources
            422 invalid: source `with blank` is not valid: use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit
        POST /v1/sources
            422 invalid: `secrt`: unknown field `secrt`, expected one of `name`, `secret`, `bearer`, `basic_key`, `unsigned` at line 1 column 19
        POST /v1/sources
            422 invalid: source `a` is not valid: give `secret` or `unsigned`, not both
        POST /v1/sources
            422 invalid: `name`: invalid type: integer `7`, expected a string at line 1 column 9
        POST /v1/sources
            422 invalid: the body: missing field `name` at line 1 column 2
        DELETE /v1/sources/none
            404 not-found: source `none` is not known: `source list` shows those there are
        GET /v1/sources?limit=0
            400 malformed: limit `0` is not valid: use 1 to 250
        GET /v1/sources?limit=many
            400 malformed: limit `many` is not valid: use 1 to 250
        GET /v1/sources?after=!
            400 malformed: cursor `!` is not valid: use the `next` of the page before
    "#]].assert_eq(&picture);
}

#[tokio::test]
async fn what_is_wrong_with_a_campaign_or_a_channel_is_said() {
    let house = House::new().await;
    let known = text(&house.upload(module("sample")).await.body["module"]);
    let unknown = ModuleDigest::new([7; 32]).to_string();
    let picture = refusals(
        &house,
        vec![
            ("POST", "/v1/campaigns/winter/publish", json!({"module": unknown})),
            ("POST", "/v1/campaigns/winter/publish", json!({"module": "mine.wasm"})),
            ("POST", "/v1/campaigns/winter/publish", json!({"module": known, "configuration": ["no object"]})),
            ("POST", "/v1/campaigns/-/publish", json!({"module": known})),
            ("POST", "/v1/campaigns/winter/rollback", json!({})),
            ("PUT", "/v1/channels/Push", json!({"provider": "webhook", "settings": {}})),
            ("PUT", "/v1/channels/push", json!({"provider": "webhook", "settings": {}})),
            ("PUT", "/v1/channels/push", json!({"provider": "pigeon", "settings": {}})),
            ("PUT", "/v1/channels/push", json!({"provider": "webhook", "settings": {"url": "x", "secret": "***"}})),
            ("DELETE", "/v1/channels/push", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        POST /v1/campaigns/winter/publish
            404 not-found: module `sha256:0707070707070707070707070707070707070707070707070707070707070707` is not known: upload it first (`module upload`)
        POST /v1/campaigns/winter/publish
            422 invalid: module `mine.wasm` is not valid: use `sha256:` and 64 hexadecimal digits, as `module upload` prints
        POST /v1/campaigns/winter/publish
            422 configuration-refused: give an object
        POST /v1/campaigns/-/publish
            422 invalid: campaign `-` is not valid: use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit
        POST /v1/campaigns/winter/rollback
            404 not-found: campaign `winter` is not known: `campaign list` shows those there are
        PUT /v1/channels/Push
            422 invalid: channel `Push` is not valid: use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter
        PUT /v1/channels/push
            422 invalid: setting `url` is missing
        PUT /v1/channels/push
            422 invalid: provider `pigeon` is not known: use one of `preview`, `adroll`, `batch`, `braze`, `customer-io`, `dynamic-yield`, `facebook`, `mailchimp`, `mandrill`, `segment`, `sendgrid`, `smtp`, `webhook`
        PUT /v1/channels/push
            422 invalid: `settings.secret` ends with `***`, which only stands for the secret: send the secret, or leave it out
        DELETE /v1/channels/push
            404 not-found: channel `push` is not known: it has no settings, so it goes to `preview` as it is
    "#]].assert_eq(&picture);
}

#[tokio::test]
async fn what_is_wrong_with_a_mapping_is_said_by_its_place() {
    let house = House::new().await;
    house.done("POST", "/v1/campaigns", json!({"campaign": "spring"})).await;
    let seen = json!({"event": "Mail Seen", "engagement": "opened", "channel": "email"});
    house.done("PUT", "/v1/mappings/seen", seen.clone()).await;
    let listed = house.done("GET", "/v1/mappings", Value::Null).await;
    let set_at = "2026-01-02T03:04:05.678Z";
    let items = json!([{"mapping": "seen", "maps": seen, "set_at": set_at}]);
    assert_eq!(listed, json!({"items": items, "next": null}));
    let picture = refusals(
        &house,
        vec![
            ("PUT", "/v1/mappings/with%20blank", seen.clone()),
            ("PUT", "/v1/mappings/another", seen),
            ("PUT", "/v1/mappings/x", Value::Null),
            ("PUT", "/v1/mappings/x", json!({"event": "Mail Seen", "engagement": "opend", "channel": "email"})),
            ("PUT", "/v1/mappings/x", json!({"campaign": "sale", "is": {"campaign": "sprng"}})),
            ("PUT", "/v1/mappings/x", json!({"consent": "Advertising", "channels": ["push", "Ads"]})),
            ("DELETE", "/v1/mappings/x", Value::Null),
        ],
    )
    .await;
    expect![[r#"
        PUT /v1/mappings/with%20blank
            422 invalid: mapping `with blank` is not valid: use 1 to 64 of `A-Z`, `a-z`, `0-9`, `-`, `_`, `.`, starting with a letter or digit
        PUT /v1/mappings/another
            422 invalid: mapping `another` is not valid: `another` and `seen` map the same: change or remove one of them
        PUT /v1/mappings/x
            422 invalid: mapping `x` is not valid: at `/`: nothing says what is mapped: write `event`, `campaign` or `consent`
        PUT /v1/mappings/x
            422 invalid: mapping `x` is not valid: at `/engagement`: `opend` is no engagement: did you mean `opened`?
        PUT /v1/mappings/x
            422 invalid: mapping `x` is not valid: at `/is/campaign`: there is no campaign `sprng`: did you mean `spring`?
        PUT /v1/mappings/x
            422 invalid: mapping `x` is not valid: at `/channels/1`: channel `Ads` is not valid: use 1 to 64 of `a-z`, `0-9` and `-`, starting with a letter: name one like `push` or `email`, or one of your own
        DELETE /v1/mappings/x
            404 not-found: mapping `x` is not known: `mapping list` shows those there are
    "#]].assert_eq(&picture);
    assert_eq!(house.done("GET", "/v1/mappings", Value::Null).await, listed, "what is refused changes nothing");
}

/// Every request, and how it is refused.
async fn refusals(house: &House, requests: Vec<(&str, &str, Value)>) -> String {
    let mut picture = String::new();
    for (method, path, body) in requests {
        let (status, problem) = house.refused(method, path, body).await;
        let (code, detail) = (text(&problem["code"]), text(&problem["detail"]));
        picture.push_str(&format!("{method} {path}\n    {status} {code}: {detail}\n"));
    }
    picture
}

#[tokio::test]
async fn a_file_that_is_no_module_is_refused_and_not_kept() {
    let house = House::new().await;
    let answer = house.upload(b"not a component".to_vec()).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (422, &json!("module-rejected")));
    assert_eq!(house.done("GET", "/v1/modules", Value::Null).await["items"], json!([]));
    let kept = std::fs::read_dir(house.folder.path().join("modules")).unwrap().count();
    assert_eq!(kept, 0);
}

#[tokio::test]
async fn a_refused_configuration_leaves_the_campaign_as_it_was() {
    let house = House::new().await;
    let module = text(&house.upload(module("sample")).await.body["module"]);
    house.done("POST", "/v1/campaigns/winter/publish", json!({"module": module})).await;
    let before = house.done("GET", "/v1/campaigns/winter", Value::Null).await;
    let refused = json!({"module": module, "configuration": []});
    let (status, problem) = house.refused("POST", "/v1/campaigns/winter/publish", refused).await;
    assert_eq!((status, &problem["code"]), (422, &json!("configuration-refused")));
    assert_eq!(house.done("GET", "/v1/campaigns/winter", Value::Null).await, before);
}

#[tokio::test]
async fn bodies_have_their_bounds() {
    let house = House::new().await;
    let answer = house.upload(vec![0; limits::MODULE_BYTES_MAX + 1]).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (413, &json!("too-large")));
    let large = json!({"name": "x".repeat(limits::REQUEST_BYTES_MAX)});
    let (status, problem) = house.refused("POST", "/v1/sources", large).await;
    assert_eq!((status, &problem["code"]), (413, &json!("too-large")));
}

#[tokio::test]
async fn a_list_that_is_full_says_so() {
    let house = House::new().await;
    for number in 0..limits::CHANNELS_MAX {
        let webhook = json!({"provider": "webhook", "settings": {"url": "https://example.com"}});
        house.done("PUT", &format!("/v1/channels/c{number}"), webhook).await;
    }
    let webhook = json!({"provider": "webhook", "settings": {"url": "https://example.com"}});
    let (status, problem) = house.refused("PUT", "/v1/channels/another", webhook).await;
    assert_eq!((status, &problem["code"]), (409, &json!("limit-reached")));
    assert!(text(&problem["detail"]).contains("50"), "{problem}");
}

#[tokio::test]
async fn a_tenant_cannot_be_created_twice() {
    let house = House::new().await;
    let answer = house.call("POST", "/v1/tenants", super::BOOTSTRAP, json!({"name": "shop"})).await;
    assert_eq!((answer.status.as_u16(), &answer.body["code"]), (409, &json!("conflict")));
    let listed = house.call("GET", "/v1/tenants", super::BOOTSTRAP, Value::Null).await.body;
    let at = "2026-01-02T03:04:05.678Z";
    assert_eq!(listed["items"], json!([{"tenant": "other", "created_at": at}, {"tenant": "shop", "created_at": at}]));
}
