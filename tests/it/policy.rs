//! What people get of all that campaigns want to send them: caps, priorities, quiet hours, exemptions and hold-outs, from the event to the provider,
//! and what the ledger says of it.

use std::time::Duration;

use rekindle_tests::{House, Provider, Tenant, identified, ordered, track};
use reqwest::Method;
use serde_json::{Value, json};

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

/// An e-mail, in which the step is all that is said.
fn mail(step: &str) -> Value {
    json!({"message": step, "to": [{"channel": "email", "subject": step, "body": step}]})
}

/// A journey that answers an event at once, by one e-mail.
fn answer(event: &str, step: &str) -> Value {
    json!({"trigger": {"event": event}, "steps": [mail(step)]})
}

/// Has somebody do something now.
async fn does(house: &House, shop: &Tenant<'_>, user: &str, event: &str) {
    shop.send(&track(user, house.now(), event, json!({}))).await;
    house.settle().await;
}

/// The steps that went out to a person, and when.
async fn got(shop: &Tenant<'_>, user: &str) -> Vec<String> {
    let sent = shop.sent().await.into_iter().filter(|(profile, ..)| profile == user);
    sent.map(|(_, step, at)| format!("{step} {at}")).collect()
}

/// The one row of a person's ledger that has these words.
async fn told(shop: &Tenant<'_>, user: &str, words: &str) {
    let ledger = shop.ledger(user).await;
    let rows = ledger.iter().filter(|row| row.contains(words)).count();
    assert_eq!(rows, 1, "`{words}` should be in one row of {ledger:#?}");
}

#[tokio::test]
async fn a_cap_of_a_rolling_day_holds_over_midnight() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.set_policy(json!({"caps": [{"count": 1, "hours": 24}]})).await;
    shop.publish_journey("note", answer("Ping", "note"), json!({})).await;
    house.pass(15 * HOUR).await;
    does(&house, &shop, "ada", "Ping").await;
    house.pass(HOUR).await;
    does(&house, &shop, "ada", "Ping").await;
    house.pass(23 * HOUR - MINUTE).await;
    does(&house, &shop, "ada", "Ping").await;
    assert_eq!(got(&shop, "ada").await, ["note 23:00"]);
    house.pass(MINUTE).await;
    does(&house, &shop, "ada", "Ping").await;
    assert_eq!(got(&shop, "ada").await, ["note 23:00", "note 23:00"]);
}

#[tokio::test]
async fn what_a_cap_holds_goes_out_when_it_is_free_and_the_ledger_says_both() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let settings = json!({"caps": [{"count": 1, "hours": 24, "on_cap": "hold"}]});
    shop.publish_journey("note", answer("Ping", "note"), settings).await;
    does(&house, &shop, "ada", "Ping").await;
    house.pass(HOUR).await;
    does(&house, &shop, "ada", "Ping").await;
    let held =
        "`note` is held until 2026-03-03T08:00:00.000Z (caps: the campaign's cap of 1 message in 24 hours is reached";
    told(&shop, "ada", held).await;
    house.pass(23 * HOUR - MINUTE).await;
    assert_eq!(got(&shop, "ada").await, ["note 08:00"]);
    house.pass(MINUTE).await;
    assert_eq!(got(&shop, "ada").await, ["note 08:00", "note 08:00"]);
    told(&shop, "ada", "held until now: `note` is sent over email").await;
}

#[tokio::test]
async fn of_two_campaigns_on_one_event_the_priority_decides_whichever_was_published_first() {
    let house = House::open().await;
    for (name, published) in [("shop", [("cart", 50), ("win-back", 80)]), ("store", [("win-back", 80), ("cart", 50)])] {
        let shop = house.tenant(name).await;
        for (campaign, priority) in published {
            shop.publish_journey(campaign, answer("Ping", campaign), json!({"priority": priority})).await;
        }
        does(&house, &shop, "ada", "Ping").await;
        house.pass(MINUTE).await;
        assert_eq!(got(&shop, "ada").await.len(), 1);
        assert!(got(&shop, "ada").await[0].starts_with("win-back"));
        told(&shop, "ada", "`cart` is not sent (campaign-priority: priority 50 lost to `win-back` with priority 80)")
            .await;
    }
}

#[tokio::test]
async fn what_quiet_hours_hold_goes_out_in_the_persons_morning_unless_it_is_not_wanted_by_then() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.set_policy(json!({"quiet_hours": {"from": "21:00", "to": "08:00"}, "time_zone": "Europe/Berlin"})).await;
    let bought = json!([{"when": {"event": "Order Completed"}, "reason": "bought"}]);
    let journey = json!({
        "trigger": {"event": "Ping"}, "exit": bought, "steps": [mail("note"), {"wait": "2d"}, mail("later")],
    });
    shop.publish_journey("note", journey, json!({})).await;
    house.pass(14 * HOUR).await;
    for (user, zone) in [("bob", "America/New_York"), ("u1", "Europe/London")] {
        let mut ping = track(user, house.now(), "Ping", json!({}));
        ping["context"]["timezone"] = zone.into();
        shop.send(&ping).await;
    }
    for user in ["ada", "eve", "kim"] {
        does(&house, &shop, user, "Ping").await;
    }
    told(&shop, "ada", "`note` is held until 2026-03-03T07:00:00.000Z (quiet-hours: ").await;
    house.pass(HOUR).await;
    does(&house, &shop, "eve", "Email Unsubscribed").await;
    shop.send(&ordered("kim", house.now())).await;
    house.pass(10 * HOUR).await;
    let sent = [("bob", "note 22:00"), ("ada", "note 07:00"), ("u1", "note 08:00")];
    for (user, note) in sent {
        assert_eq!(got(&shop, user).await, [note], "{user}");
    }
    assert_eq!(shop.sent().await.len(), sent.len());
    told(&shop, "eve", "held until now: `note` is not sent (consent: ").await;
    told(&shop, "kim", "held until now: `note` is not sent (exit: the run ended before: bought)").await;
}

#[tokio::test]
async fn who_is_exempt_from_caps_is_neither_capped_nor_counted_and_consent_holds() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.set_policy(json!({"caps": [{"count": 1, "hours": 24}]})).await;
    shop.publish_journey("receipt", answer("Paid", "receipt"), json!({"exempt_from": ["caps"]})).await;
    shop.publish_journey("note", answer("Ping", "note"), json!({})).await;
    for event in ["Paid", "Paid", "Ping", "Ping", "Paid"] {
        does(&house, &shop, "ada", event).await;
        house.pass(HOUR).await;
    }
    let sent = ["receipt 08:00", "receipt 09:00", "note 10:00", "receipt 12:00"];
    assert_eq!(got(&shop, "ada").await, sent);
    does(&house, &shop, "ada", "Email Unsubscribed").await;
    house.pass(HOUR).await;
    does(&house, &shop, "ada", "Paid").await;
    house.pass(HOUR).await;
    assert_eq!(got(&shop, "ada").await, sent);
    told(&shop, "ada", "`receipt` is not sent (consent: ").await;
}

#[tokio::test]
async fn what_a_provider_refused_does_not_count_against_the_cap() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = house.tenant("shop").await;
    shop.connect("email", &provider).await;
    shop.set_policy(json!({"caps": [{"count": 1, "hours": 24}]})).await;
    shop.publish_journey("note", answer("Ping", "note"), json!({})).await;
    provider.will_answer([(410, None)]);
    for _ in 0..3 {
        does(&house, &shop, "ada", "Ping").await;
        house.pass(HOUR).await;
    }
    assert_eq!(provider.received().len(), 2, "the refused one, and one in its place");
    assert_eq!(got(&shop, "ada").await, ["note 09:00"]);
    told(&shop, "ada", "`note` was given up").await;
    told(&shop, "ada", "(caps: the tenant's cap of 1 message in 24 hours is reached for `email`)").await;
}

#[tokio::test]
async fn a_retry_waits_for_the_morning_and_does_not_reach_who_unsubscribed_meanwhile() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = house.tenant("shop").await;
    shop.connect("email", &provider).await;
    shop.set_policy(json!({"quiet_hours": {"from": "21:00", "to": "08:00"}})).await;
    shop.publish_journey("note", answer("Ping", "note"), json!({})).await;
    house.pass(12 * HOUR + 30 * MINUTE).await;
    provider.will_answer([(503, Some("3600")), (503, Some("3600"))]);
    for user in ["ada", "eve"] {
        does(&house, &shop, user, "Ping").await;
    }
    house.pass(90 * MINUTE).await;
    does(&house, &shop, "eve", "Email Unsubscribed").await;
    house.pass(10 * HOUR - MINUTE).await;
    assert_eq!(provider.received().len(), 2, "nothing at night");
    house.pass(2 * MINUTE).await;
    assert_eq!(got(&shop, "ada").await, ["note 08:00"]);
    house.pass(24 * HOUR).await;
    assert_eq!(provider.received().len(), 3);
    assert_eq!(got(&shop, "eve").await, [""; 0]);
}

#[tokio::test]
async fn dont_send_if_ends_the_run_with_its_later_steps() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    let steps = json!([mail("first"), {"wait": "1h"}, mail("second"), {"wait": "1h"}, mail("third")]);
    let settings = json!({"dont_send_if": {"trait": "mood", "equals": "sour"}});
    shop.publish_journey("letters", json!({"trigger": {"event": "Ping"}, "steps": steps}), settings).await;
    does(&house, &shop, "ada", "Ping").await;
    does(&house, &shop, "bob", "Ping").await;
    house.pass(30 * MINUTE).await;
    shop.send(&identified("ada", house.now(), json!({"mood": "sour"}))).await;
    house.pass(HOUR).await;
    shop.send(&identified("ada", house.now(), json!({"mood": "sweet"}))).await;
    house.pass(2 * HOUR).await;
    assert_eq!(got(&shop, "ada").await, ["first 08:00"]);
    assert_eq!(got(&shop, "bob").await, ["first 08:00", "second 09:00", "third 10:00"]);
    told(&shop, "ada", "`second` is not sent (dont-send-if: ").await;
}

#[tokio::test]
async fn another_policy_holds_at_once() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish_journey("note", answer("Ping", "note"), json!({})).await;
    let strict = json!({"caps": [{"count": 1, "hours": 24}]});
    for policy in [strict.clone(), strict.clone(), json!({"caps": []}), strict] {
        shop.set_policy(policy).await;
        does(&house, &shop, "ada", "Ping").await;
        house.pass(HOUR).await;
    }
    assert_eq!(got(&shop, "ada").await, ["note 08:00", "note 10:00"]);
}

#[tokio::test]
async fn who_is_held_out_gets_nothing_and_another_campaign_may_follow_that() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish_journey("offer", answer("Ping", "offer"), json!({"experiment": {"hold_out_percent": 50}})).await;
    let follow = json!({"trigger": {"engagement": "held-out", "of": {"campaign": "offer"}}, "steps": [mail("survey")]});
    shop.publish_journey("survey", follow, json!({})).await;
    let people: Vec<String> = (0..12).map(|number| format!("u{number}")).collect();
    for user in &people {
        does(&house, &shop, user, "Ping").await;
    }
    house.pass(MINUTE).await;
    let mut held_out = 0;
    for user in &people {
        let ledger = shop.ledger(user).await.join("\n");
        let would = ledger.contains("held out (campaign); `offer` would be sent over email");
        let step = if would { "survey" } else { "offer" };
        let got = got(&shop, user).await;
        assert!(got.len() == 1 && got[0].starts_with(step), "{user} got {got:?}: {ledger}");
        held_out += usize::from(would);
    }
    assert!((1..people.len()).contains(&held_out), "{held_out} of {} are held out", people.len());
}

#[tokio::test]
async fn within_the_window_the_higher_priority_wins_though_it_comes_later() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.set_policy(json!({"arbitration_window_minutes": 15})).await;
    shop.publish_journey("browse", answer("Product Viewed", "browse"), json!({"priority": 20})).await;
    shop.publish_journey("cart", answer("Product Added", "cart"), json!({"priority": 80})).await;
    does(&house, &shop, "ada", "Product Viewed").await;
    house.pass(5 * MINUTE).await;
    does(&house, &shop, "ada", "Product Added").await;
    house.pass(10 * MINUTE - Duration::from_secs(1)).await;
    assert_eq!(shop.sent().await, []);
    house.pass(Duration::from_secs(1)).await;
    assert_eq!(got(&shop, "ada").await, ["cart 08:15"]);
    told(
        &shop,
        "ada",
        "held until now: `browse` is not sent (campaign-priority: priority 20 lost to `cart` with priority 80)",
    )
    .await;
}

#[tokio::test]
async fn a_check_says_which_rule_will_decide_and_publishes_nothing() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.publish_journey("win-back", answer("Ping", "win-back"), json!({"priority": 80})).await;
    let check = async |campaign: &str, draft: Value| {
        house.call(Method::POST, &format!("/v1/campaigns/{campaign}/check"), &shop.key, Some(&draft)).await
    };
    let module = shop.upload("journey").await;
    let draft = json!({"module": module, "configuration": answer("ping", "cart"), "settings": {"priority": 50}});
    let rival = json!({
        "campaign": "win-back", "priority": 80, "causes": ["the event `ping`"], "channels": ["email"],
        "decides": "`win-back` (80) goes before this (50)",
    });
    assert_eq!(check("cart", draft).await["rivals"], json!([rival]));
    let campaigns = shop.list("/v1/campaigns").await;
    assert_eq!((campaigns.len(), &campaigns[0]["revision"]), (1, &json!(1)));
    let published = check("win-back", json!({})).await;
    let priority = json!({"rule": "campaign-priority", "holds": "80"});
    assert!(published["rules"].as_array().unwrap().contains(&priority), "{published}");
    assert_eq!(published["rivals"], json!([]));
}
