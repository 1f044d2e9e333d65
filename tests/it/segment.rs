//! Back into Segment: what became of messages is told its Tracking API once, whatever happens, and comes to nothing when it comes back. And
//! the commands that set Segment up, against an emulator of its Public API.

mod public_api;

use std::process::{Command, Output};
use std::time::Duration;

use rekindle_tests::emulators::{Chance, Emulator, Mishap, Tracking};
use rekindle_tests::{House, Provider, Tenant, identified, program, sign, track};
use reqwest::Method;
use serde_json::{Value, json};

use self::public_api::PublicApi;

const HOUR: Duration = Duration::from_secs(3600);

async fn tracking() -> Emulator {
    Emulator::open(Tracking, Chance::never()).await
}

/// What was taken, an id that came again among it.
fn told(tracking: &Emulator) -> Vec<Value> {
    assert_eq!(tracking.faults(), [] as [String; 0]);
    tracking.executions().into_iter().map(|execution| execution.order.said).collect()
}

/// A shop that answers `Ping` by an e-mail, and tells Segment.
async fn shop_with<'a>(house: &'a House, provider: &Provider, tracking: &Emulator) -> Tenant<'a> {
    let shop = house.tenant("shop").await;
    let mail = json!({"message": "hello", "to": [{"channel": "email", "subject": "Hello", "body": "How are you?"}]});
    shop.publish("journey", json!({"trigger": {"event": "Ping"}, "steps": [mail]})).await;
    shop.connect("email", provider).await;
    let settings = json!({"provider": "segment", "settings": {"write_key": Tracking::WRITE_KEY, "url": tracking.url}});
    house.call(Method::PUT, "/v1/channels/segment", &shop.key, Some(&settings)).await;
    shop.send(&identified("ada", house.now(), json!({"email": "ada@shop.example"}))).await;
    shop
}

async fn ping(house: &House, shop: &Tenant<'_>) {
    shop.send(&track("ada", house.now(), "Ping", json!({}))).await;
}

#[tokio::test]
async fn a_message_that_went_out_is_told_once_and_comes_to_nothing_when_it_comes_back() {
    let (house, provider, tracking) = (House::open().await, Provider::open().await, tracking().await);
    let shop = shop_with(&house, &provider, &tracking).await;
    ping(&house, &shop).await;
    let (received, told) = (provider.received(), told(&tracking));
    assert_eq!((received.len(), told.len()), (1, 1));
    let sent = &told[0];
    assert_eq!(
        (&sent["type"], &sent["event"], &sent["userId"]),
        (&json!("track"), &json!("Email Sent"), &json!("ada"))
    );
    assert_eq!(sent["timestamp"], house.now().to_string());
    assert_eq!(sent["context"]["traits"]["email"], "ada@shop.example");
    assert_eq!(sent["context"]["integration"]["name"], "Rekindle");
    let properties = json!({
        "campaign_id": "journey", "campaign_name": "journey", "step": "hello", "channel": "email",
        "message_id": received[0].id, "email_id": received[0].id,
    });
    assert_eq!(sent["properties"], properties);

    let known = async || (shop.list("/v1/messages").await, shop.ledger("ada").await, profile(&house, &shop).await);
    let before = known().await;
    assert_eq!((before.0.len(), shop.list("/v1/outbox").await.len()), (1, 0), "an echo is no message");
    let answer = shop.send(sent).await;
    assert_eq!(answer.body["echoes"], 1);
    house.pass(HOUR).await;
    assert_eq!(known().await, before);
    assert_eq!(tracking.requests(), 1, "nothing of it is told again");
}

async fn profile(house: &House, shop: &Tenant<'_>) -> Value {
    house.call(Method::GET, "/v1/profiles/ada", &shop.key, None).await
}

#[tokio::test]
async fn a_batch_with_an_echo_in_it_loses_nothing_but_the_echo() {
    let (house, provider, tracking) = (House::open().await, Provider::open().await, tracking().await);
    let shop = shop_with(&house, &provider, &tracking).await;
    ping(&house, &shop).await;
    let echo = told(&tracking).remove(0);
    let answer = shop.send_batch(&[echo, track("bob", house.now(), "Ping", json!({}))]).await;
    assert_eq!((&answer.body["accepted"], &answer.body["echoes"]), (&json!(1), &json!(1)));
}

#[tokio::test]
async fn what_segment_cannot_take_now_is_told_later_whatever_became_of_the_campaign() {
    let (mut house, provider, tracking) = (House::open().await, Provider::open().await, tracking().await);
    tracking.will([Mishap::Answers(503), Mishap::Answers(429)]);
    let (key, inlet) = {
        let shop = shop_with(&house, &provider, &tracking).await;
        ping(&house, &shop).await;
        let waiting = shop.list("/v1/outbox").await;
        assert_eq!((&waiting[0]["channel"], &waiting[0]["state"]), (&json!("segment"), &json!("waiting")));
        house.call(Method::POST, "/v1/campaigns/journey/archive", &shop.key, None).await;
        (shop.key.clone(), shop.inlet.clone())
    };
    house.stop().await;
    house.start().await;
    house.pass(HOUR).await;
    let shop = house.known_tenant(key, inlet);
    assert_eq!((tracking.requests(), told(&tracking).len()), (3, 1), "each attempt under the same id");
    assert_eq!(shop.list("/v1/outbox").await, [] as [Value; 0]);
}

#[tokio::test]
async fn what_segment_refuses_is_a_dead_letter_that_can_be_delivered_again() {
    let (house, provider, tracking) = (House::open().await, Provider::open().await, tracking().await);
    tracking.will([Mishap::Answers(400)]);
    let shop = shop_with(&house, &provider, &tracking).await;
    ping(&house, &shop).await;
    let dead = shop.list("/v1/outbox").await;
    assert_eq!((dead.len(), &dead[0]["state"]), (1, &json!("dead")));
    assert_eq!(dead[0]["last_error"], "Segment answered 400 Bad Request");
    let ledger = shop.ledger("ada").await;
    let ids = json!({"ids": [dead[0]["id"]]});
    house.call(Method::POST, "/v1/outbox/redeliver", &shop.key, Some(&ids)).await;
    house.settle().await;
    assert_eq!((told(&tracking).len(), shop.list("/v1/outbox").await.len()), (1, 0));
    assert_eq!(shop.ledger("ada").await, ledger, "no row tells of it");
}

#[tokio::test]
async fn a_campaign_may_tell_segment_something_of_its_own() {
    let (house, provider, tracking) = (House::open().await, Provider::open().await, tracking().await);
    let shop = shop_with(&house, &provider, &tracking).await;
    let offer = json!({"message": "offer", "to": [{"channel": "segment", "event": "Offer Chosen"}]});
    shop.publish_journey("offers", json!({"trigger": {"event": "Browsed"}, "steps": [offer]}), json!({})).await;
    shop.send(&track("ada", house.now(), "Browsed", json!({}))).await;
    let told = told(&tracking);
    assert_eq!((told.len(), &told[0]["event"], &told[0]["userId"]), (1, &json!("Offer Chosen"), &json!("ada")));
    assert_eq!(
        shop.list("/v1/messages").await.len(),
        1,
        "it is a message of the campaign's, of which nothing is told again"
    );
}

/// A command, with what it needs in its environment.
async fn command(house: &House, key: &str, arguments: &[&str]) -> Output {
    let mut command = Command::new(program());
    command.env("REKINDLE_URL", house.url("")).env("REKINDLE_KEY", key).env("SEGMENT_TOKEN", public_api::TOKEN);
    for proxy in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"] {
        command.env_remove(proxy);
    }
    command.args(arguments);
    tokio::task::spawn_blocking(move || command.output().unwrap()).await.unwrap()
}

/// What it prints with `--json`.
async fn done(house: &House, key: &str, arguments: &[&str]) -> Value {
    let output = command(house, key, &[arguments, &["--json"]].concat()).await;
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

async fn failed(house: &House, key: &str, arguments: &[&str]) -> (Option<i32>, String) {
    let output = command(house, key, arguments).await;
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// An event, signed.
async fn is_let_in(shop: &Tenant<'_>, number: u32, secret: &str) -> bool {
    let event =
        json!({"type": "track", "event": "Ping", "userId": "ada", "messageId": format!("m{number}")}).to_string();
    shop.deliver(&event, Some(&sign(secret, &event))).await.status.is_success()
}

#[tokio::test]
async fn a_destination_is_registered_and_its_secret_is_rotated_without_a_gap() {
    let (house, segment) = (House::open().await, PublicApi::open().await);
    let shop = house.tenant("shop").await;
    let api = ["--api", &segment.url, "--source", "segment"];
    let made = done(&house, &shop.key, &[&["segment", "register", "src1"], &api[..]].concat()).await;
    let (url, first) = (made["url"].as_str().unwrap(), made["secrets"][0].as_str().unwrap());
    let destination = segment.destination();
    assert_eq!((&destination["sourceId"], &destination["enabled"]), (&json!("src1"), &json!(true)));
    assert_eq!(destination["settings"]["sharedSecret"], first);
    let mapping = segment.mapping();
    assert_eq!((&mapping["settings"]["url"], &mapping["enabled"]), (&json!(url), &json!(true)));
    assert_eq!(
        (&mapping["settings"]["enable_batching"], &mapping["settings"]["data"]),
        (&json!(true), &json!({"@path": "$."}))
    );
    for kind in ["track", "identify", "page", "screen", "group", "alias"] {
        assert!(mapping["trigger"].as_str().unwrap().contains(&format!("type = \"{kind}\"")), "{kind}");
    }
    let inlet = url[url.find("/in/").unwrap()..].to_owned();
    let registered = house.known_tenant(shop.key.clone(), inlet);
    assert!(is_let_in(&registered, 1, first).await);

    let rotate = [&["segment", "rotate", made["destination"].as_str().unwrap()], &api[..]].concat();
    assert_eq!(done(&house, &shop.key, &rotate).await["active_secrets"], 2);
    let second = segment.destination()["settings"]["sharedSecret"].as_str().unwrap().to_owned();
    assert_ne!(second, first);
    assert!(is_let_in(&registered, 2, first).await, "what Segment signed before is under way");
    assert!(is_let_in(&registered, 3, &second).await);
    let (code, said) = failed(&house, &shop.key, &rotate).await;
    assert_eq!(code, Some(5), "{said}");
    assert!(said.contains("has 2 secrets already") && said.contains("source retire segment"), "{said}");

    done(&house, &shop.key, &["source", "retire", "segment"]).await;
    assert!(!is_let_in(&registered, 4, first).await);
    let at_once = [&rotate[..], &["--retire"]].concat();
    assert_eq!(done(&house, &shop.key, &at_once).await["active_secrets"], 1);
    assert!(!is_let_in(&registered, 5, &second).await);
    let third = segment.destination()["settings"]["sharedSecret"].as_str().unwrap().to_owned();
    assert!(is_let_in(&registered, 6, &third).await);
}

#[tokio::test]
async fn what_segment_refuses_is_said_with_what_to_do_about_it() {
    let (house, segment) = (House::open().await, PublicApi::open().await);
    let shop = house.tenant("shop").await;
    let register = ["segment", "register", "src1", "--api", &segment.url];
    let (code, said) = failed(&house, &shop.key, &["segment", "register", "src2", "--api", &segment.url]).await;
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("404 Not Found: no such source") && said.contains("--region"), "{said}");
    assert!(
        house.call(Method::GET, "/v1/sources", &shop.key, None).await["items"].as_array().unwrap().len() == 1,
        "nothing was made"
    );

    segment.has_no_mappings();
    let output = command(&house, &shop.key, &register).await;
    let (data, notes) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(output.status.code(), Some(4), "{notes}");
    assert!(notes.contains("make its mapping by hand") && notes.contains("Destination Subscriptions"), "{notes}");
    let secret = segment.destination()["settings"]["sharedSecret"].as_str().unwrap().to_owned();
    assert!(data.contains("4. Mappings, `New Mapping`") && data.contains("/in/") && data.contains(&secret), "{data}");

    segment.forgets_the_token();
    let (code, said) = failed(&house, &shop.key, &register).await;
    assert_eq!(code, Some(4), "{said}");
    assert!(said.contains("401 Unauthorized") && !said.contains(public_api::TOKEN), "{said}");
}

#[tokio::test]
async fn a_secret_that_segment_did_not_take_is_printed_and_good() {
    let (house, segment) = (House::open().await, PublicApi::open().await);
    let shop = house.tenant("shop").await;
    let made = done(&house, &shop.key, &["segment", "register", "src1", "--api", &segment.url]).await;
    let (url, first) = (made["url"].as_str().unwrap(), made["secrets"][0].as_str().unwrap());
    let registered = house.known_tenant(shop.key.clone(), url[url.find("/in/").unwrap()..].to_owned());
    segment.changes_nothing();
    let rotate = ["segment", "rotate", made["destination"].as_str().unwrap(), "--api", &segment.url, "--json"];
    let output = command(&house, &shop.key, &rotate).await;
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{said}");
    assert!(said.contains("set the printed secret as the destination's shared secret by hand"), "{said}");
    let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(is_let_in(&registered, 1, first).await);
    assert!(is_let_in(&registered, 2, printed["secrets"][0].as_str().unwrap()).await);
}

#[tokio::test]
async fn what_would_be_asked_is_shown_without_a_server_and_without_secrets() {
    let house = House::open().await;
    let segment = PublicApi::open().await;
    let output =
        command(&house, "", &["segment", "register", "src1", "--api", &segment.url, "--dry-run", "--json"]).await;
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    let requests: Vec<Value> = said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(requests.len(), 4);
    assert_eq!(requests[2]["request"], format!("POST {}/destinations", segment.url));
    assert_eq!(requests[2]["body"]["settings"]["sharedSecret"], "***");
    assert!(!said.contains(public_api::TOKEN) && segment.requests() == 0);
    let by_hand = command(&house, "", &["segment", "register", "src1", "--manual"]).await;
    assert!(String::from_utf8_lossy(&by_hand.stdout).contains("Webhooks (Actions)"));
}
