//! Journeys that follow another campaign and come late: who interacted with it before they were published gets what follows, once, whatever is
//! published after that.

use std::time::Duration;

use rekindle_tests::{House, Tenant, identified, text, track};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::followons::{Interaction, interactions};

const HOUR: Duration = Duration::from_secs(3_600);

async fn publish(house: &House, shop: &Tenant<'_>, (campaign, body): (&str, &Value)) {
    house.call(Method::POST, &format!("/v1/campaigns/{campaign}/publish"), &shop.key, Some(body)).await;
}

fn parent(module: &str) -> Value {
    json!({"module": module, "settings": {"labels": ["parents"]}, "configuration": {
        "trigger": {"event": "Signed Up"},
        "steps": [{"message": "first", "to": [{"channel": "webhook", "said": "hello"}]}],
    }})
}

/// The journey of one interaction, for the people of that interaction alone.
fn follower(module: &str, (number, interaction): (usize, &Interaction)) -> Value {
    json!({"module": module, "settings": {"catch_up": true}, "configuration": {
        "trigger": interaction.1,
        "filter": {"trait": "interaction", "equals": number},
        "steps": [{"message": "follow", "to": [{"channel": "webhook", "said": interaction.0}]}],
    }})
}

/// Somebody interacts with a step of a campaign.
fn interacts(
    house: &House,
    (name, number): (&str, usize),
    interaction: &Interaction,
    (campaign, step): (&str, &str),
) -> [Value; 2] {
    let (person, mut properties) = (format!("{name}-{number}"), interaction.3.clone());
    (properties["campaign_name"], properties["step"]) = (campaign.into(), step.into());
    [
        identified(&person, house.now(), json!({"interaction": number})),
        track(&person, house.now(), interaction.2, properties),
    ]
}

/// Who got what follows, by name and interaction.
async fn followed(shop: &Tenant<'_>) -> Vec<String> {
    let mut followed: Vec<String> = shop.list("/v1/messages").await.iter().map(|sent| text(sent, "profile")).collect();
    followed.sort();
    followed
}

#[tokio::test]
async fn who_interacted_before_gets_what_follows_once() {
    let (house, interactions) = (House::open().await, interactions());
    let shop = house.tenant("shop").await;
    let module = shop.upload("journey").await;
    let all = |name: &'static str, campaign: &'static str, step: &'static str| {
        let numbered = interactions.iter().enumerate();
        numbered
            .flat_map(|(number, what)| interacts(&house, (name, number), what, (campaign, step)))
            .collect::<Vec<_>>()
    };
    shop.send_batch(&all("early", "Parent", "first")).await;
    house.pass(HOUR).await;
    publish(&house, &shop, ("parent", &parent(&module))).await;
    for (name, campaign, step) in
        [("ada", "Parent", "first"), ("bob", "stranger", "first"), ("eve", "Parent", "second")]
    {
        shop.send_batch(&all(name, campaign, step)).await;
    }
    house.pass(48 * HOUR).await;
    for (number, interaction) in interactions.iter().enumerate() {
        let name = format!("follow-{number}");
        publish(&house, &shop, (&name, &follower(&module, (number, interaction)))).await;
    }
    house.settle().await;
    // Which button or link it was is not kept.
    let is_told = |(_, interaction): &(usize, &Interaction)| interaction.1["detail"].is_null();
    let mut expected = Vec::new();
    for (number, Interaction(_, trigger, ..)) in interactions.iter().enumerate().filter(is_told) {
        expected.push(format!("ada-{number}"));
        expected.extend(trigger["of"]["step"].is_null().then(|| format!("eve-{number}")));
    }
    expected.sort();
    assert_eq!(followed(&shop).await, expected);
    let rows = shop.list("/v1/profiles/ada-0/ledger").await;
    let cause = rows.iter().find_map(|row| row["cause"].as_str()).unwrap();
    assert!(cause.starts_with("engagement:caught-up:"), "{cause}");

    publish(&house, &shop, ("follow-0", &follower(&module, (0, &interactions[0])))).await;
    house.settle().await;
    assert_eq!(followed(&shop).await, expected, "who was asked is not asked again");
    shop.send_batch(&interacts(&house, ("kim", 0), &interactions[0], ("Parent", "first"))).await;
    expected.push("kim-0".to_owned());
    expected.sort();
    assert_eq!(followed(&shop).await, expected, "who comes later is asked when they come");
}

#[tokio::test]
async fn what_follows_nobody_has_nothing_to_catch_up_with() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let mut body = parent(&shop.upload("journey").await);
    body["settings"] = json!({"catch_up": true});
    let answer = house.request(Method::POST, "/v1/campaigns/parent/publish", &shop.key, Some(&body)).await;
    assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY);
    let detail = text(&answer.body, "detail");
    assert!(detail.starts_with("settings at `/catch_up`: the module follows no other campaign"), "{detail}");
}
