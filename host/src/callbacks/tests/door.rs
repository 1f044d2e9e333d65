//! The address as providers meet it: over HTTP, before a store.

use axum::body::Body;
use axum::http;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use http_body_util::BodyExt as _;
use serde_json::{Value, json};
use sha1::Sha1;
use sha2::Sha256;
use tempfile::TempDir;
use tower::ServiceExt as _;

use super::*;
use crate::callbacks::customer_io::{SIGNATURE, TIMESTAMP};
use crate::callbacks::{Callbacks, router};
use crate::domain::{Backlog, Json, ManualClock, limits};
use crate::ingest::{Intake, Pressure, Rates, Space};
use crate::keyring::{Keyring, MasterKeys};
use crate::store::Memory;
use crate::tenants::{ChannelSettings, Deed, Directory};

const KEY: &str = "signing-key";
/// Where the operator says that the server is.
const PUBLIC_URL: &str = "https://rekindle.example/";

struct House {
    router: axum::Router,
    _folder: TempDir,
}

impl House {
    /// Two tenants: `shop`, whose `email` Customer.io carries, and `club`, with a key of its own.
    fn open() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = Arc::new(ManualClock::new(ARRIVED));
        let keyring = Arc::new(Keyring::open(MasterKeys::Beside, folder.path()).unwrap());
        let directory = Directory::open(folder.path(), clock.clone(), keyring).unwrap();
        for (tenant, key) in [("shop", KEY), ("club", "other-key")] {
            let tenant = TenantId::parse(tenant).unwrap();
            let hand = Deed::of_house("test", "");
            directory.by(&hand).create_tenant(tenant.clone()).unwrap();
            let channels = [
                ("email", "customer-io", json!({"callback_key": key})),
                ("letters", "mandrill", json!({"callback_key": key})),
                ("push", "customer-io", json!({})),
                ("sms", "webhook", json!({"callback_key": key})),
            ];
            for (channel, provider, settings) in channels {
                let settings = ChannelSettings {
                    channel: ChannelName::parse(channel).unwrap(),
                    provider: provider.to_owned(),
                    settings: Json::from(&settings),
                };
                directory.by(&hand).edit(&tenant, |tenant, _| tenant.set_channel(settings)).unwrap();
            }
        }
        let space = Arc::new(Space::of(folder.path()));
        let pressure = Pressure { space, backlog: Arc::new(Backlog::default()) };
        let intake = Intake::new(Arc::new(Memory::new(clock.clone())), clock, pressure, Rates::HOUSE);
        let callbacks =
            Callbacks::new(Arc::new(directory), intake.of_callbacks(Rates::HOUSE), Some(PUBLIC_URL.to_owned()));
        Self { router: router(Arc::new(callbacks)), _folder: folder }
    }

    async fn ask(&self, request: http::Request<Body>) -> (u16, Value) {
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (head, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        (head.status.as_u16(), serde_json::from_slice(&body).unwrap_or_default())
    }

    async fn post(&self, path: &str, body: &str) -> (u16, Value) {
        self.ask(signed(path, body)).await
    }
}

fn signed(path: &str, body: &str) -> http::Request<Body> {
    let mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap().chain_update(format!("v0:1767323000:{body}"));
    let signature: String = mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let request = http::Request::post(path).header(SIGNATURE, signature).header(TIMESTAMP, "1767323000");
    request.body(Body::from(body.to_owned())).unwrap()
}

fn opened(number: u32) -> String {
    let data = json!({"identifiers": {"id": "u1"}});
    json!({"event_id": number.to_string(), "object_type": "email", "metric": "opened", "data": data}).to_string()
}

#[tokio::test]
async fn a_callback_is_kept_once_however_often_it_comes() {
    let house = House::open();
    let counts = |accepted, duplicate| json!({"accepted": accepted, "duplicate": duplicate, "quarantined": 0});
    assert_eq!(house.post("/callbacks/shop/email", &opened(1)).await, (200, counts(1, 0)));
    assert_eq!(house.post("/callbacks/shop/email", &opened(1)).await, (200, counts(0, 1)));
    assert_eq!(house.post("/callbacks/shop/email", &opened(2)).await, (200, counts(1, 0)));
}

#[tokio::test]
async fn what_cannot_be_read_and_what_tells_nothing_is_no_failure() {
    let house = House::open();
    let (status, answer) = house.post("/callbacks/shop/email", "{\"object_type\":").await;
    assert_eq!((status, &answer["quarantined"]), (200, &json!(1)), "{answer}");
    assert!(answer["message"].as_str().unwrap().contains("cannot be read"), "{answer}");
    let drafted = opened(1).replace("opened", "drafted");
    let (status, answer) = house.post("/callbacks/shop/email", &drafted).await;
    assert_eq!((status, &answer["accepted"]), (200, &json!(0)));
    assert!(answer["message"].as_str().unwrap().contains("tell nothing"), "{answer}");
}

#[tokio::test]
async fn a_key_opens_its_own_channel_and_no_other_tenants() {
    let house = House::open();
    let (status, answer) = house.post("/callbacks/club/email", &opened(1)).await;
    assert_eq!(status, 401);
    assert!(answer["message"].as_str().unwrap().contains("callback_key"), "{answer}");
    let unsigned = http::Request::post("/callbacks/shop/email").body(Body::from(opened(1))).unwrap();
    assert_eq!(house.ask(unsigned).await.0, 401);
    let forged = signed("/callbacks/shop/email", &opened(1)).map(|_| Body::from(opened(2)));
    assert_eq!(house.ask(forged).await.0, 401);
}

#[tokio::test]
async fn where_nobody_listens_it_is_said_what_to_set() {
    let house = House::open();
    for path in [
        "/callbacks/nobody/email",
        "/callbacks/shop/push",
        "/callbacks/shop/sms",
        "/callbacks/shop/%ff",
        "/callbacks/Shop/email",
    ] {
        let (status, answer) = house.post(path, &opened(1)).await;
        assert_eq!(status, 404, "{path}");
        assert!(answer["message"].as_str().unwrap().contains("set `callback_key`"), "{path} {answer}");
    }
}

#[tokio::test]
async fn whether_the_address_is_there_is_told_to_everybody_alike() {
    let house = House::open();
    for path in ["/callbacks/shop/email", "/callbacks/nobody/nothing"] {
        for method in ["GET", "HEAD"] {
            let request = http::Request::builder().method(method).uri(path).body(Body::empty()).unwrap();
            assert_eq!(house.ask(request).await.0, 200, "{method} {path}");
        }
        let request = http::Request::delete(path).body(Body::empty()).unwrap();
        assert_eq!(house.ask(request).await.0, 405, "{path}");
    }
}

#[tokio::test]
async fn a_callback_is_bounded() {
    let house = House::open();
    let large = " ".repeat(limits::CALLBACK_BYTES_MAX + 1);
    let (status, answer) = house.post("/callbacks/shop/email", &large).await;
    assert_eq!(status, 413, "{answer}");
    let encoded = http::Request::post("/callbacks/shop/email").header("content-encoding", "gzip");
    assert_eq!(house.ask(encoded.body(Body::empty()).unwrap()).await.0, 415);
}

#[tokio::test]
async fn an_address_that_is_signed_is_the_operators_or_the_one_that_was_asked_with_encryption_or_without() {
    let house = House::open();
    let path = "/callbacks/shop/letters";
    for (origin, status) in [
        ("https://rekindle.example", 200),
        ("https://proxy.example", 200),
        ("http://proxy.example", 200),
        ("https://elsewhere.example", 401),
    ] {
        let mac = Hmac::<Sha1>::new_from_slice(KEY.as_bytes()).unwrap();
        let mac = mac.chain_update(format!("{origin}{path}mandrill_events[7]")).finalize().into_bytes();
        let request = http::Request::post(path).header("host", "proxy.example");
        let request = request.header("x-mandrill-signature", STANDARD.encode(mac));
        let answer = house.ask(request.body(Body::from("mandrill_events=%5B7%5D")).unwrap()).await;
        assert_eq!(answer.0, status, "{origin}: {}", answer.1);
    }
}
