//! A tenant's own words: events of its own sender, campaigns that a vendor knows under other names, categories of consent. They
//! are about what arrives while they are set, and nothing that arrived before or after.

use std::process::Command;
use std::time::Duration;

use rekindle_tests::{House, Tenant, component_path, program, track};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);

/// Publishes a journey under a name.
async fn publish(house: &House, shop: &Tenant<'_>, campaign: &str, configuration: Value) {
    let module = shop.upload("journey").await;
    let body = json!({"module": module, "configuration": configuration});
    house.call(Method::POST, &format!("/v1/campaigns/{campaign}/publish"), &shop.key, Some(&body)).await;
}

async fn set(house: &House, shop: &Tenant<'_>, name: &str, mapping: Value) {
    house.call(Method::PUT, &format!("/v1/mappings/{name}"), &shop.key, Some(&mapping)).await;
}

async fn remove(house: &House, shop: &Tenant<'_>, name: &str) {
    let removed = house.request(Method::DELETE, &format!("/v1/mappings/{name}"), &shop.key, None).await;
    assert_eq!(removed.status, StatusCode::NO_CONTENT, "{removed:?}");
}

fn sms(step: &str) -> Value {
    json!({"message": step, "to": [{"channel": "sms", "body": step}]})
}

/// A campaign, one that follows whoever opens its first step, and one that asks who came back what they opened.
fn campaigns() -> [(&'static str, Value); 3] {
    let opened = json!({"engagement": "opened", "of": {"campaign": "spring", "step": "first"}, "channel": "email"});
    let asked = json!({"engagement": "opened", "of": {"campaign": "spring", "step": "first"}});
    [
        ("spring", json!({"trigger": {"event": "Signed Up"}, "steps": [sms("first")]})),
        ("follow", json!({"trigger": opened, "steps": [sms("follow")]})),
        (
            "split",
            json!({"trigger": {"event": "Came Back"}, "steps": [
                {"split": asked, "yes": "yes", "no": "no"}, sms("no"), {"exit": "no"}, sms("yes"),
            ]}),
        ),
    ]
}

fn seen() -> Value {
    json!({
        "event": "Mail Seen", "engagement": "opened", "channel": "email",
        "properties": {"campaign": "/properties/mailing/id", "step": "part", "message": "mail_id"},
    })
}

fn spring() -> Value {
    json!({"campaign": "spring_sale_2026", "step": "Teaser", "is": {"campaign": "spring", "step": "first"}})
}

/// What the tenant's own sender, and Braze, say of the campaign's first step.
fn tellings() -> [(&'static str, Value); 2] {
    [
        ("Mail Seen", json!({"mailing": {"id": "Spring Sale 2026"}, "part": "teaser", "mail_id": "1"})),
        (
            "Email Opened",
            json!({"campaign_id": "65f1", "campaign_name": "spring_sale_2026", "canvas_step_name": "Teaser"}),
        ),
    ]
}

/// The steps that somebody gets who is told of so, and comes back.
async fn got(house: &House, shop: &Tenant<'_>, user: &str, telling: &(&str, Value)) -> Vec<String> {
    shop.send(&track(user, house.now(), telling.0, telling.1.clone())).await;
    house.pass(MINUTE).await;
    shop.send(&track(user, house.now(), "Came Back", json!({}))).await;
    house.pass(MINUTE).await;
    let sent = shop.sent().await.into_iter().filter(|(profile, ..)| profile == user);
    sent.map(|(_, step, _)| step).collect()
}

#[tokio::test]
async fn an_engagement_in_a_vendors_words_counts_for_our_campaign_while_they_are_mapped() {
    let mut house = House::open().await;
    let (key, inlet) = {
        let shop = house.tenant("shop").await;
        for (name, configuration) in campaigns() {
            publish(&house, &shop, name, configuration).await;
        }
        for (number, telling) in tellings().iter().enumerate() {
            assert_eq!(got(&house, &shop, &format!("eve-{number}"), telling).await, ["no"], "nothing is mapped yet");
        }
        set(&house, &shop, "seen", seen()).await;
        set(&house, &shop, "spring", spring()).await;
        for (number, telling) in tellings().iter().enumerate() {
            assert_eq!(got(&house, &shop, &format!("ada-{number}"), telling).await, ["follow", "yes"], "{telling:?}");
        }
        (shop.key, shop.inlet)
    };
    house.stop().await;
    house.start().await;
    let shop = house.known_tenant(key, inlet);
    for (number, telling) in tellings().iter().enumerate() {
        assert_eq!(got(&house, &shop, &format!("bob-{number}"), telling).await, ["follow", "yes"], "after a start");
    }
    remove(&house, &shop, "spring").await;
    for (number, telling) in tellings().iter().enumerate() {
        assert_eq!(got(&house, &shop, &format!("kim-{number}"), telling).await, ["no"], "it is mapped no more");
    }
    let nothing = ("Product Viewed", json!({}));
    assert_eq!(got(&house, &shop, "ada-0", &nothing).await, ["follow", "yes", "yes"], "what was counted stays so");
    let row = shop.list("/v1/audit").await.into_iter().find(|row| row["operation"] == "remove_mapping").unwrap();
    assert_eq!((&row["object"], &row["outcome"]), (&json!("spring"), &json!("done")));
}

/// A call that is stamped with consent.
fn stamped(user: &str, house: &House, name: &str, preferences: Value) -> Value {
    let mut call = track(user, house.now(), name, json!({}));
    call["context"]["consent"] = json!({"categoryPreferences": preferences});
    call
}

#[tokio::test]
async fn a_category_of_consent_stops_a_push_and_lets_it_go_again() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let to =
        |channel: &str| json!({"message": channel, "to": [{"channel": channel, "title": "Hello", "body": "Hello"}]});
    publish(&house, &shop, "hello", json!({"trigger": {"event": "Ping"}, "steps": [to("push"), to("in-app")]})).await;
    set(&house, &shop, "advertising", json!({"consent": "Advertising", "channels": ["push"]})).await;
    let pinged = async |preferences: Value| {
        house.pass(MINUTE).await;
        let before = shop.sent().await.len();
        shop.send(&stamped("u1", &house, "Ping", preferences)).await;
        let mut steps: Vec<String> = shop.sent().await.split_off(before).into_iter().map(|(_, step, _)| step).collect();
        steps.sort();
        steps
    };
    let told = async |is_given: bool| {
        house.pass(MINUTE).await;
        let preferences = json!({"Advertising": is_given});
        shop.send(&stamped("u1", &house, "Segment Consent Preference Updated", preferences)).await;
    };
    assert_eq!(pinged(json!({"Analytics": false})).await, ["in-app", "push"], "nobody said what analytics are about");
    assert_eq!(pinged(json!({"Advertising": false})).await, ["in-app"]);
    assert_eq!(pinged(json!({"Advertising": true})).await, ["in-app"], "a stamp does not open what was closed");
    told(true).await;
    assert_eq!(pinged(json!({})).await, ["in-app", "push"]);
    told(false).await;
    assert_eq!(pinged(json!({})).await, ["in-app"]);
    let dropped = shop.ledger("u1").await;
    assert!(dropped.iter().any(|row| row.contains("the person left `push`")), "{dropped:?}");
}

#[tokio::test]
async fn a_mapping_that_cannot_be_meant_is_refused_with_its_place() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    publish(&house, &shop, "spring", campaigns()[0].1.clone()).await;
    for (mapping, said) in [
        (json!({"event": "Mail Seen", "engagement": "opend", "channel": "email"}), "at `/engagement`: "),
        (json!({"campaign": "sale", "is": {"campaign": "sprng"}}), "did you mean `spring`?"),
        (json!({"consent": "Advertising", "channels": ["push", "e mail"]}), "at `/channels/1`: "),
    ] {
        let refused = house.request(Method::PUT, "/v1/mappings/bad", &shop.key, Some(&mapping)).await;
        assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
        assert!(refused.body["detail"].as_str().unwrap().contains(said), "{refused:?}");
    }
    assert!(shop.list("/v1/mappings").await.is_empty());
}

/// What the tenant mapped can be tried out in a scenario, in the same words.
#[test]
fn a_scenarios_mappings_are_those_of_the_server() {
    let campaign = |(name, configuration): (&str, Value)| json!({"campaign": name, "configuration": configuration});
    let [own, braze] =
        tellings().map(|(event, properties)| json!({"person": "ada", "event": event, "properties": properties}));
    let follow = json!({"expect": {"person": "ada", "campaign": "follow", "step": "follow"}});
    let document = json!({
        "module": "journey",
        "campaigns": campaigns().map(campaign),
        "mappings": {"seen": seen(), "spring": spring(), "off": {"consent": "Advertising", "channels": ["sms"]}},
        "scenarios": [{"name": "in the tenant's own words", "steps": [
            own, follow, {"wait": "1h"}, braze, follow, {"wait": "1h"},
            {"segment": {
                "type": "page", "userId": "ada", "name": "Home",
                "context": {"consent": {"categoryPreferences": {"Advertising": false}}},
            }},
            {"person": "ada", "event": "Came Back"},
            {"expect_none": {"person": "ada", "campaign": "split", "because": "the person left `sms`"}},
        ]}],
    });
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mappings.scenario.json");
    std::fs::write(&file, document.to_string()).unwrap();
    let components = component_path("journey");
    let output = Command::new(program())
        .args(["test", "--components"])
        .arg(components.parent().unwrap())
        .arg(&file)
        .output()
        .expect("the program should run");
    let (said, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{said}{err}");
}
