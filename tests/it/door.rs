//! The door, over HTTP: every flavour of Segment's, every oddity, and nothing that takes the server down.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rekindle_tests::{House, SECRET, deliver, sign, text, track};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

/// Vectors made by the same code that Segment runs; see `tests/fixtures/README.md`.
const VECTORS: &str = include_str!("../fixtures/signature-vectors.jsonl");

fn vectors() -> Vec<Value> {
    VECTORS.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn inlet(house: &House, key: &str, number: usize, settings: Value) -> String {
    let mut source = settings;
    source["name"] = format!("source-{number}").into();
    let created = house.call(Method::POST, "/v1/sources", key, Some(&source)).await;
    let url = text(&created, "url");
    url[url.find("/in/").unwrap()..].to_owned()
}

#[tokio::test]
async fn every_vector_is_let_in_and_none_with_a_flipped_bit() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    for (number, vector) in vectors().iter().enumerate() {
        let path = inlet(&house, &shop.key, number, json!({"secret": vector["secret"]})).await;
        let body = STANDARD.decode(vector["body_utf8_base64"].as_str().unwrap()).unwrap();
        let signature = vector["x_signature"].as_str().unwrap();
        let answer = deliver(&house, &path, body.clone(), Some(signature)).await;
        assert_eq!(answer.status, StatusCode::OK, "{}: {answer:?}", vector["name"]);
        let mut bent = signature.as_bytes().to_vec();
        bent[7] ^= 1;
        let bent = String::from_utf8(bent).unwrap();
        for (body, signature) in flipped(&body, vector["signed"].as_str().unwrap())
            .into_iter()
            .map(|body| (body, signature))
            .chain([(body.clone(), bent.as_str())])
        {
            let answer = deliver(&house, &path, body, Some(signature)).await;
            assert_eq!(answer.status, StatusCode::UNAUTHORIZED, "{}: {answer:?}", vector["name"]);
        }
        let unsigned = deliver(&house, &path, body, None).await;
        assert_eq!(unsigned.status, StatusCode::UNAUTHORIZED, "{}: {unsigned:?}", vector["name"]);
    }
}

/// The body with one bit flipped, at several places within what is signed: the whole body, or a batch's first element, in its
/// wrapper or not. Members that are merged after signing come last; they are signed by nothing, and dropped.
fn flipped(body: &[u8], what_is_signed: &str) -> Vec<Vec<u8>> {
    let text = String::from_utf8_lossy(body);
    let first_element = match text.strip_prefix('[') {
        Some(rest) => 1 + raw_values(rest).next().unwrap().len(),
        None => body.len(),
    };
    let flip = |at: usize| {
        let mut body = body.to_vec();
        body[at] ^= 4;
        body
    };
    let signed = match what_is_signed {
        "prefix" => first_element / 2,
        "first" => first_element - 2,
        _ => first_element,
    };
    [signed / 2, signed * 3 / 4, signed - 1].map(flip).to_vec()
}

fn raw_values(text: &str) -> impl Iterator<Item = &str> {
    let values = serde_json::Deserializer::from_str(text).into_iter::<&serde_json::value::RawValue>();
    values.map(|value| value.unwrap().get())
}

#[tokio::test]
async fn any_method_that_segment_uses_is_let_in_and_others_are_told_what_to_do() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    for (number, method) in [Method::POST, Method::PUT, Method::PATCH].into_iter().enumerate() {
        let body = track(&format!("u{number}"), house.now(), "Product Viewed", json!({})).to_string();
        let request = house
            .client()
            .request(method, house.url(&shop.inlet))
            .header("x-signature", sign(SECRET, &body))
            .body(body);
        assert_eq!(request.send().await.unwrap().status(), StatusCode::OK);
    }
    let answer = house.request(Method::GET, &shop.inlet, "", None).await;
    assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED);
    assert!(answer.body["message"].is_string(), "{answer:?}");
}

#[tokio::test]
async fn a_rotated_secret_loses_nothing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let rotated = house.call(Method::POST, "/v1/sources/website/rotate", &shop.key, Some(&json!({}))).await;
    let new = text(&json!({"secret": rotated["secrets"][0]}), "secret");
    for (user, secret) in [("u1", SECRET), ("u2", new.as_str())] {
        let body = track(user, house.now(), "Product Viewed", json!({})).to_string();
        assert_eq!(shop.deliver(&body, Some(&sign(secret, &body))).await.status, StatusCode::OK);
    }
    house.call(Method::POST, "/v1/sources/website/rotate", &shop.key, Some(&json!({}))).await;
    let body = track("u3", house.now(), "Product Viewed", json!({})).to_string();
    assert_eq!(shop.deliver(&body, Some(&sign(SECRET, &body))).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn one_broken_element_never_fails_its_batch() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let first = track("u1", house.now(), "Product Viewed", json!({})).to_string();
    let surrogate = r#"{"type":"track","event":"Product Viewed","userId":"u2","messageId":"m2","properties":{"s":"bad\ud83dtail"}}"#;
    let body = format!(r#"[{first},{surrogate},{{"type":"track","event":"x"}},17,null,{{"no":"type","userId":"u3"}}]"#);
    let answer = shop.deliver(&body, Some(&sign(SECRET, &first))).await;
    house.settle().await;
    assert_eq!((&answer.body["accepted"], &answer.body["quarantined"]), (&json!(2), &json!(4)), "{answer:?}");
    assert!(text(&answer.body, "message").contains("4 of 6"), "{answer:?}");
    let quarantine = shop.list("/v1/quarantine").await;
    assert_eq!(quarantine.len(), 4);
    assert!(quarantine.iter().all(|row| row["reason"].is_string() && row["raw"].is_string() && row["at"].is_string()));
}

#[tokio::test]
async fn segments_largest_batch_is_let_in() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let padding = "x".repeat(7_900);
    let events: Vec<Value> = (0..4_000)
        .map(|n| {
            let mut event = track(&format!("u{n}"), house.now(), "Product Viewed", json!({"padding": padding}));
            event["messageId"] = format!("m{n}").into();
            event
        })
        .collect();
    let answer = shop.send_batch(&events).await;
    assert_eq!(answer.body, json!({"accepted": 4_000, "duplicate": 0, "quarantined": 0}));
    let again = shop.send_batch(&events).await;
    assert_eq!(again.body, json!({"accepted": 0, "duplicate": 4_000, "quarantined": 0}));
}

#[tokio::test]
async fn what_is_too_large_too_deep_or_garbage_is_answered_and_the_server_goes_on() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let path = inlet(&house, &shop.key, 1, json!({"unsigned": true})).await;
    let too_large = deliver(&house, &path, vec![b' '; 65 << 20], None).await;
    assert_eq!(too_large.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert!(too_large.body["message"].is_string(), "{too_large:?}");
    let deep = format!(
        r#"{{"type":"track","event":"x","userId":"u1","properties":{}{}}}"#,
        "[".repeat(100_000),
        "]".repeat(100_000)
    );
    for garbage in [deep.into_bytes(), b"\xff\xfe\x00garbage".to_vec(), b"{".to_vec(), Vec::new(), b"nul".to_vec()] {
        let answer = deliver(&house, &path, garbage, None).await;
        assert!(answer.status.is_success() || answer.status.is_client_error(), "{answer:?}");
        assert!(answer.body.is_object(), "{answer:?}");
    }
    let body = track("u1", house.now(), "Product Viewed", json!({})).to_string();
    assert_eq!(deliver(&house, &path, body.into_bytes(), None).await.body["accepted"], 1);
}

#[tokio::test]
async fn bearer_and_basic_keys_are_checked_where_the_source_asks() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let body = track("u1", house.now(), "Product Viewed", json!({})).to_string();
    let basic = format!("Basic {}", STANDARD.encode("portal-key:"));
    for (number, (settings, right)) in [
        (json!({"unsigned": true, "bearer": "extensible-token"}), "Bearer extensible-token".to_owned()),
        (json!({"unsigned": true, "basic_key": "portal-key"}), basic),
    ]
    .into_iter()
    .enumerate()
    {
        let path = inlet(&house, &shop.key, number, settings).await;
        let post = |authorization: String| {
            house.client().post(house.url(&path)).header("authorization", authorization).body(body.clone()).send()
        };
        assert_eq!(post("Bearer undefined".into()).await.unwrap().status(), StatusCode::UNAUTHORIZED);
        assert_eq!(post(right).await.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn audiences_can_be_made_and_asked_for() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let made = shop.deliver(r#"{"region":"eu","audienceName":"Cart leavers"}"#, None).await;
    let id = text(&made.body, "externalId");
    let asked = shop.deliver(&json!({"region": "eu", "externalId": id}).to_string(), None).await;
    assert_eq!(asked.body["externalId"], id.as_str());
}

#[tokio::test]
async fn the_event_tester_is_answered_and_nobody_is_written_to() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish("three-lines", json!({})).await;
    let answer = shop
        .send(&json!({
            "messageId": "segment-test-message-uozjhr", "timestamp": house.now().to_string(), "type": "track",
            "email": "test@example.org", "userId": "test-user-1tgg9e", "event": "Product Added", "properties": {"property1": 1},
        }))
        .await;
    assert_eq!(answer.body["accepted"], 1);
    assert!(answer.body["message"].as_str().unwrap().contains("test"), "{answer:?}");
    house.pass(std::time::Duration::from_secs(24 * 3600)).await;
    assert_eq!(shop.sent().await, []);
}

#[tokio::test]
async fn an_unknown_address_is_said_to_be_unknown() {
    let house = House::open().await;
    let answer = deliver(&house, "/in/no-such-token", b"{}".to_vec(), None).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(answer.body["message"].is_string(), "{answer:?}");
}
