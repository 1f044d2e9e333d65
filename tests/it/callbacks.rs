//! What a provider reports by itself: a message goes out, and what became of it comes back signed, as often as the provider likes.

use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use rekindle::domain::{ChannelName, Json, ManualClock, TenantId};
use rekindle::keyring::{Keyring, MasterKeys};
use rekindle::tenants::{ChannelSettings, Deed, Directory};
use rekindle_tests::{House, Provider, Tenant, identified, track};
use reqwest::Method;
use serde_json::{Value, json};
use sha1::Sha1;

const MINUTE: Duration = Duration::from_secs(60);
const ADDRESS: &str = "/callbacks/shop/email";

/// A journey that mails who pings, and one that thanks who opened.
async fn shop(house: &House) -> Tenant<'_> {
    let shop = house.tenant("shop").await;
    let mail = json!({"message": "mail", "to": [{"channel": "email", "subject": "Hello", "body": "Hello"}]});
    shop.publish_journey("spring", json!({"trigger": {"event": "Ping"}, "steps": [mail]}), json!({})).await;
    let opened = json!({"engagement": "opened", "of": {"campaign": "spring", "step": "mail"}, "channel": "email"});
    let thanks = json!({"message": "thanks", "to": [{"channel": "push", "title": "Thanks", "body": "Thanks"}]});
    shop.publish_journey("thanks", json!({"trigger": opened, "steps": [thanks]}), json!({})).await;
    shop
}

/// Has a tenant's e-mail carried by Mandrill. Its messages are another room's affair: so it is set where callbacks look it up.
fn carry_by_mandrill(house: &House, tenant: &str, key: &str) {
    let clock = Arc::new(ManualClock::new(house.now()));
    let keyring = Arc::new(Keyring::open(MasterKeys::Beside, house.data()).unwrap());
    let directory = Directory::open(house.data(), clock, keyring).unwrap();
    let settings = ChannelSettings {
        channel: ChannelName::parse("email").unwrap(),
        provider: "mandrill".to_owned(),
        settings: Json::from(&json!({"callback_key": key})),
    };
    let tenant = TenantId::parse(tenant).unwrap();
    directory
        .by(&Deed::of_house("set_channel", "email"))
        .edit(&tenant, |tenant, _| tenant.set_channel(settings))
        .unwrap();
}

/// What Mandrill tells of a message that it was given, with what it was given along with it.
fn reported(event: &str, house: &House, message: &Value) -> Value {
    json!({
        "event": event, "_id": "m1", "ts": house.now().as_millis() / 1_000,
        "msg": {"_id": "m1", "email": "ada@example.com", "metadata": {
            "rekindle_message": message["id"], "rekindle_campaign": message["campaign"],
            "rekindle_step": message["step"], "rekindle_profile": message["profile"],
        }},
    })
}

/// Posts reports as Mandrill does.
async fn post(house: &House, address: &str, key: &str, reports: &Value) -> (u16, Value) {
    let url = house.url(address);
    let text = reports.to_string();
    let mac = Hmac::<Sha1>::new_from_slice(key.as_bytes()).unwrap();
    let mac = mac.chain_update(&url).chain_update("mandrill_events").chain_update(&text);
    let request =
        house.client().post(&url).header("X-Mandrill-Signature", STANDARD.encode(mac.finalize().into_bytes()));
    let encoded: String = text.bytes().map(|byte| format!("%{byte:02X}")).collect();
    let response = request.body(format!("mandrill_events={encoded}")).send().await.unwrap();
    let (status, body) = (response.status().as_u16(), response.bytes().await.unwrap());
    house.settle().await;
    (status, serde_json::from_slice(&body).unwrap())
}

async fn opened(house: &House, shop: &Tenant<'_>) -> Value {
    let report = house.call(Method::GET, "/v1/campaigns/spring/report", &shop.key, None).await;
    report["total"]["opened"].clone()
}

#[tokio::test]
async fn a_message_goes_out_and_what_became_of_it_counts_once_however_often_it_comes_back() {
    let (mut house, provider) = (House::open().await, Provider::open().await);
    let (message, keys) = {
        let (shop, club) = (shop(&house).await, house.tenant("club").await);
        shop.connect("email", &provider).await;
        shop.send(&identified("u1", house.now(), json!({"email": "ada@example.com"}))).await;
        shop.send(&track("u1", house.now(), "Ping", json!({}))).await;
        house.pass(MINUTE).await;
        let message = provider.received().pop().expect("a message should have come").body["data"].clone();
        (message, [shop.key.clone(), club.key.clone()])
    };
    house.stop().await;
    carry_by_mandrill(&house, "shop", "key");
    carry_by_mandrill(&house, "club", "other-key");
    house.start().await;
    let [shop, club] = keys.map(|key| house.known_tenant(key, String::new()));

    let open = json!([reported("open", &house, &message)]);
    assert_eq!(post(&house, ADDRESS, "other-key", &open).await.0, 401);
    assert_eq!(post(&house, "/callbacks/club/email", "key", &open).await.0, 401);
    assert_eq!(opened(&house, &shop).await, 0);
    for accepted in [1, 0, 0] {
        let (status, answer) = post(&house, ADDRESS, "key", &open).await;
        assert_eq!((status, &answer["accepted"], &answer["duplicate"]), (200, &json!(accepted), &json!(1 - accepted)));
        house.pass(MINUTE).await;
    }
    assert_eq!(opened(&house, &shop).await, 1);
    let steps: Vec<String> = shop.sent().await.into_iter().map(|(_, step, _)| step).collect();
    assert_eq!(steps, ["mail", "thanks"]);
    let ledger = shop.ledger("u1").await;
    assert_eq!(ledger.iter().filter(|line| *line == "`mail`: opened").count(), 1, "{ledger:?}");
    assert!(club.list("/v1/profiles").await.is_empty());
}

#[tokio::test]
async fn who_bounces_complains_or_leaves_is_written_to_no_more() {
    let mut house = House::open().await;
    let key = {
        let shop = shop(&house).await;
        for user in ["ada", "bob", "eve"] {
            let email = json!({"email": format!("{user}@example.com")});
            shop.send(&identified(user, house.now(), email)).await;
        }
        shop.key.clone()
    };
    house.stop().await;
    carry_by_mandrill(&house, "shop", "key");
    house.start().await;
    house.pass(MINUTE).await;
    let told = |event: &str, user: &str, number: u32| {
        let email = format!("{user}@example.com");
        let ts = house.now().as_millis() / 1_000;
        json!({"event": event, "_id": format!("m{number}"), "ts": ts, "msg": {"email": email}})
    };
    let reports = json!([told("hard_bounce", "ada", 1), told("spam", "bob", 2), told("unsub", "eve", 3), 7]);
    let (status, answer) = post(&house, ADDRESS, "key", &reports).await;
    assert_eq!((status, &answer["accepted"], &answer["quarantined"]), (200, &json!(3), &json!(1)), "{answer}");
    let shop = house.known_tenant(key, String::new());
    let person = async |user: &str| house.call(Method::GET, &format!("/v1/profiles/{user}"), &shop.key, None).await;
    assert!(person("ada").await["lost_addresses"]["email"]["ada@example.com"].is_string());
    for user in ["bob", "eve"] {
        let person = person(user).await;
        assert!(person["opted_out"]["email"].is_string(), "{person}");
    }
}
