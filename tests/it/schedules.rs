//! What people get when a schedule's moment comes.

use std::time::Duration;

use rekindle_tests::{House, Tenant, identified, text, track};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

const HOUR: Duration = Duration::from_secs(3600);
const DAY: Duration = Duration::from_secs(24 * 3600);
const CAMPAIGN: &str = "herald";

/// So many people who did something once.
async fn people(house: &House, shop: &Tenant<'_>, count: usize) {
    let events: Vec<Value> =
        (0..count).map(|number| track(&format!("p{number:04}"), house.now(), "Product Viewed", json!({}))).collect();
    for batch in events.chunks(500) {
        shop.send_batch(batch).await;
    }
}

/// Who got something, and when.
async fn sent(shop: &Tenant<'_>) -> Vec<(String, String)> {
    let messages = shop.list("/v1/messages").await;
    let line = |message: &Value| (text(message, "profile"), text(message, "at")[5..16].to_owned());
    let mut sent: Vec<_> = messages.iter().map(line).collect();
    sent.sort_by(|one, other| (&one.1, &one.0).cmp(&(&other.1, &other.0)));
    sent
}

fn all(who: &[(&str, &str)]) -> Vec<(String, String)> {
    who.iter().map(|(profile, at)| ((*profile).to_owned(), (*at).to_owned())).collect()
}

#[tokio::test]
async fn what_comes_once_comes_to_everybody_who_is_there_and_what_comes_again_does() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    people(&house, &shop, 2).await;
    shop.publish(CAMPAIGN, json!({"schedule": {"at": "2026-03-02T09:00"}})).await;
    house.pass(2 * HOUR).await;
    people(&house, &shop, 3).await;
    house.pass(2 * DAY).await;
    assert_eq!(sent(&shop).await, all(&[("p0000", "03-02T09:00"), ("p0001", "03-02T09:00")]));
    let cause = text(&shop.list("/v1/profiles/p0000/ledger").await[0], "cause");
    assert_eq!(cause, "schedule:1772442000000");
    let weekly = json!({"every": "week", "on": "friday", "at": "10:30", "zone": "Europe/Berlin"});
    shop.publish(CAMPAIGN, json!({"schedule": weekly})).await;
    house.pass(12 * DAY).await;
    let fridays = sent(&shop).await.into_iter().filter(|(profile, _)| profile == "p0002");
    let expected = all(&[("p0002", "03-06T09:30"), ("p0002", "03-13T09:30")]);
    assert_eq!(fridays.collect::<Vec<_>>(), expected);
    let states: Vec<(String, u64)> = shop
        .list("/v1/sweeps")
        .await
        .iter()
        .map(|sweep| (text(sweep, "state"), sweep["asked"].as_u64().unwrap()))
        .collect();
    assert_eq!(states, [("ended".to_owned(), 2), ("ended".to_owned(), 3), ("ended".to_owned(), 3)]);
}

#[tokio::test]
async fn each_is_asked_once_although_the_server_stops_in_the_midst() {
    let mut house = House::open().await;
    let (key, inlet) = {
        let shop = house.tenant("shop").await;
        people(&house, &shop, 1_500).await;
        shop.publish(CAMPAIGN, json!({"schedule": {"at": "2026-03-02T09:00"}})).await;
        (shop.key, shop.inlet)
    };
    house.let_time_pass_outside(HOUR);
    for _ in 0..5 {
        house.stop().await;
        house.start().await;
    }
    house.settle().await;
    let sweeps = house.call(Method::GET, "/v1/sweeps", &key, None).await;
    assert_eq!(sweeps["items"][0]["asked"], 1_500, "{sweeps} {inlet}");
    let mut profiles = std::collections::BTreeSet::new();
    let (mut query, mut count) = ("?limit=250".to_owned(), 0);
    loop {
        let page = house.call(Method::GET, &format!("/v1/messages{query}"), &key, None).await;
        let items = page["items"].as_array().unwrap();
        count += items.len();
        profiles.extend(items.iter().map(|message| text(message, "profile")));
        let Some(next) = page["next"].as_str() else { break };
        query = format!("?limit=250&after={next}");
    }
    assert_eq!((count, profiles.len()), (1_500, 1_500));
}

#[tokio::test]
async fn each_persons_own_clock_counts_also_when_it_is_put_forward() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    for (user, zone) in [("ada", "America/New_York"), ("bob", "Asia/Tokyo"), ("eve", "")] {
        let mut identify = identified(user, house.now(), json!({}));
        identify["context"] = json!({"timezone": zone});
        shop.send(&identify).await;
    }
    let daily = json!({"every": "day", "at": "09:00", "zone": "person", "otherwise": "Europe/Berlin",
        "from": "2026-03-07", "until": "2026-03-08"});
    shop.publish(CAMPAIGN, json!({"schedule": daily})).await;
    house.pass(10 * DAY).await;
    // On 8 March New York puts its clocks forward.
    let expected = [
        ("bob", "03-07T00:00"),
        ("eve", "03-07T08:00"),
        ("ada", "03-07T14:00"),
        ("bob", "03-08T00:00"),
        ("eve", "03-08T08:00"),
        ("ada", "03-08T13:00"),
    ];
    assert_eq!(sent(&shop).await, all(&expected));
}

#[tokio::test]
async fn a_paused_campaign_misses_its_moment_and_says_so() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    people(&house, &shop, 1).await;
    shop.publish(CAMPAIGN, json!({"schedule": {"every": "day", "at": "09:00"}})).await;
    let act = |action: &str| format!("/v1/campaigns/{CAMPAIGN}/{action}");
    house.call(Method::POST, &act("pause"), &shop.key, None).await;
    house.pass(2 * HOUR).await;
    house.call(Method::POST, &act("resume"), &shop.key, None).await;
    house.pass(DAY).await;
    assert_eq!(sent(&shop).await, all(&[("p0000", "03-03T09:00")]));
    let sweeps = shop.list("/v1/sweeps").await;
    assert_eq!((&sweeps[0]["state"], &sweeps[0]["reason"]), (&json!("missed"), &json!("the campaign is paused")));
    assert_eq!((&sweeps[1]["state"], &sweeps[1]["asked"]), (&json!("ended"), &json!(1)));
}

#[tokio::test]
async fn what_cannot_be_is_refused_at_publication_with_its_place() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let module = shop.upload(CAMPAIGN).await;
    for (schedule, expected) in [
        (
            json!({"at": "2026-03-02T07:59"}),
            "at `/at`: it never comes, or is past: name a moment that is still to come",
        ),
        (
            json!({"every": "day", "at": "09:00", "zone": "Europe/Berln"}),
            "at `/zone`: the time zone `Europe/Berln` is not known: did you mean `Europe/Berlin`?",
        ),
        (
            json!({"every": "day", "at": "09:00", "audience": "vip"}),
            "at `/audience`: the audience `vip` is not known: `audience list` shows those there are",
        ),
    ] {
        let body = json!({"module": module, "configuration": {"schedule": schedule}});
        let path = format!("/v1/campaigns/{CAMPAIGN}/publish");
        let answer = house.request(Method::POST, &path, &shop.key, Some(&body)).await;
        assert_eq!(answer.status, StatusCode::UNPROCESSABLE_ENTITY, "{answer:?}");
        assert_eq!(answer.body["detail"], format!("the schedule that is trigger 1: {expected}"));
    }
}

#[tokio::test]
async fn an_audience_says_who_is_asked_and_segments_say_so_too() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    for (user, plan) in [("ada", "Gold"), ("bob", "Silver")] {
        shop.send(&identified(user, house.now(), json!({"plan": plan}))).await;
    }
    let mut entered = track("eve", house.now(), "Audience Entered", json!({"audience_key": "big_spenders"}));
    entered["context"]["personas"] = json!({"computation_class": "audience", "computation_key": "big_spenders"});
    shop.send(&entered).await;
    let set = |name: &str, condition: Value| {
        let (path, body) = (format!("/v1/audiences/{name}"), json!({"condition": condition}));
        let (house, key) = (&house, shop.key.clone());
        async move { house.request(Method::PUT, &path, &key, Some(&body)).await }
    };
    assert!(set("gold", json!({"trait": "plan", "equals": "Gold"})).await.status.is_success());
    assert!(set("vip", json!({"audience": "gold"})).await.status.is_success());
    let circle = set("gold", json!({"audience": "vip"})).await;
    assert!(circle.body.to_string().contains("would lead back to itself"), "{circle:?}");
    let either = json!({"any": [{"audience": "vip"}, {"audience": "big_spenders"}]});
    for audience in [json!("vip"), either] {
        shop.publish(CAMPAIGN, json!({"schedule": {"every": "day", "at": "09:00", "audience": audience}})).await;
        house.pass(DAY).await;
    }
    let expected = [("ada", "03-02T09:00"), ("ada", "03-03T09:00"), ("eve", "03-03T09:00")];
    assert_eq!(sent(&shop).await, all(&expected));
    let vip = shop.list("/v1/messages").await[0]["content"]["data"]["vip"].clone();
    assert_eq!(vip, true, "the campaign asked, too");
    let removed = house.request(Method::DELETE, "/v1/audiences/gold", &shop.key, None).await;
    assert_eq!(removed.status, StatusCode::CONFLICT, "{removed:?}");
    let eve = house.call(Method::GET, "/v1/profiles/eve", &shop.key, None).await;
    assert_eq!(eve["audiences"], json!(["big_spenders"]));
}
