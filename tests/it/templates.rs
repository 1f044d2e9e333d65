//! Templates: what a message says is written once, rendered for each person in the sandbox, and sent.

use std::time::Duration;

use rekindle_tests::{House, Provider, Tenant, identified, track};
use reqwest::Method;
use serde_json::{Value, json};

const LETTER: &str = "---
subject: {{ person.first_name | default: 'Hello' }}: {{ items | size }} waiting
sender: The Shop <shop@example.com>
unsubscribe_url: https://shop.example/leave?who={{ person.id | url_encode }}
---
<p>{{ greeting }}</p>{% for item in items %}<li>{{ item.name }}</li>{% endfor %}<a href=\"{{ unsubscribe_url }}\">leave</a>
";

/// A shop that writes an e-mail of a template to whoever pings.
async fn shop<'a>(house: &'a House, name: &str, email: Value) -> Tenant<'a> {
    let shop = house.tenant(name).await;
    let message = json!({"message": "letter", "to": [email]});
    shop.publish("journey", json!({"trigger": {"event": "Ping"}, "steps": [message]})).await;
    shop
}

fn letter() -> Value {
    json!({
        "channel": "email", "subject": "the campaign's own", "body": "in plain words", "template": "cart",
        "data": {"items": [{"name": "<mug>"}, {"name": "pot"}]},
    })
}

async fn set(house: &House, shop: &Tenant<'_>, template: &str, text: &str) -> Value {
    house.call(Method::PUT, &format!("/v1/templates/{template}"), &shop.key, Some(&json!({"text": text}))).await
}

async fn ping(house: &House, shop: &Tenant<'_>, who: &str) {
    shop.send(&track(who, house.now(), "Ping", json!({}))).await;
}

fn content(provider: &Provider) -> Value {
    provider.received().last().expect("a message should have come").body["data"]["content"].clone()
}

#[tokio::test]
async fn a_message_is_rendered_for_its_person_and_says_what_was_missing() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = shop(&house, "shop", letter()).await;
    shop.connect("email", &provider).await;
    assert_eq!(set(&house, &shop, "email/cart", LETTER).await["version"], 1);
    shop.send(&identified("u 1", house.now(), json!({"first_name": "Ada & Co", "email": "ada@example.com"}))).await;
    ping(&house, &shop, "u 1").await;
    let expected = json!({
        "subject": "Ada & Co: 2 waiting",
        "sender": "The Shop <shop@example.com>",
        "unsubscribe_url": "https://shop.example/leave?who=u%201",
        "body": "in plain words",
        "html": "<p></p><li>&lt;mug&gt;</li><li>pot</li><a href=\"https://shop.example/leave?who=u%201\">leave</a>\n",
    });
    assert_eq!(content(&provider), expected);
    let ledger = shop.ledger("u 1").await;
    assert!(ledger.iter().any(|line| line.contains("the template found nothing for `greeting`")), "{ledger:?}");
}

#[tokio::test]
async fn a_change_is_a_version_which_can_be_taken_back_and_holds_for_what_waits() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let shop = shop(&house, "shop", letter()).await;
    shop.connect("email", &provider).await;
    set(&house, &shop, "email/cart", "first").await;
    assert_eq!(set(&house, &shop, "email/cart", "second").await["version"], 2);
    assert_eq!(set(&house, &shop, "email/cart", "second").await["version"], 2, "the same is no change");
    provider.will_answer([(500, None)]);
    ping(&house, &shop, "u1").await;
    assert_eq!(content(&provider)["html"], "second");
    let restore = json!({"version": 1});
    let restored = house.call(Method::POST, "/v1/templates/email/cart/restore", &shop.key, Some(&restore)).await;
    assert_eq!(restored["version"], 3);
    house.pass(Duration::from_secs(3600)).await;
    assert_eq!(content(&provider)["html"], "first", "the next attempt says what the template says then");
    let shown = house.call(Method::GET, "/v1/templates/email/cart?version=2", &shop.key, None).await;
    assert_eq!((&shown["text"], shown["versions"].as_array().unwrap().len()), (&json!("second"), 3));
    house.call(Method::DELETE, "/v1/templates/email/cart", &shop.key, None).await;
    ping(&house, &shop, "u2").await;
    assert_eq!(content(&provider)["template"], "cart", "what the tenant does not keep is the provider's");
}

#[tokio::test]
async fn templates_outlive_the_server_and_stay_their_tenants() {
    let (mut house, provider) = (House::open().await, Provider::open().await);
    let (key, inlet) = {
        let shop = shop(&house, "shop", letter()).await;
        shop.connect("email", &provider).await;
        set(&house, &shop, "email/cart", "ours").await;
        let other = house.tenant("other").await;
        assert_eq!(other.list("/v1/templates").await, [] as [Value; 0]);
        (shop.key, shop.inlet)
    };
    house.stop().await;
    house.start().await;
    let shop = house.known_tenant(key, inlet);
    ping(&house, &shop, "u1").await;
    assert_eq!(content(&provider)["html"], "ours");
}

#[tokio::test]
async fn a_preview_shows_how_it_would_read_to_somebody_or_to_nobody() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    shop.send(&identified("u1", house.now(), json!({"first_name": "Ada"}))).await;
    let preview = async |wishes: Value| {
        house.request(Method::POST, "/v1/templates/email/cart/preview", &shop.key, Some(&wishes)).await
    };
    let text = "---\nsubject: {{ person.first_name }} {{ coupon }}\n---\n{{ now | date: '%Y' }}";
    let shown = preview(json!({"text": text, "profile": "u1"})).await.body;
    assert_eq!(shown, json!({"content": {"subject": "Ada ", "html": "2026"}, "missing": ["coupon"]}));
    set(&house, &shop, "email/cart", text).await;
    let shown = preview(json!({"traits": {"first_name": "Eve"}, "data": {"coupon": "A7"}})).await.body;
    assert_eq!((&shown["content"]["subject"], &shown["missing"]), (&json!("Eve A7"), &json!([])));
    assert_eq!(preview(json!({"profile": "nobody"})).await.status, 404);
    assert_eq!(preview(json!({"version": 7})).await.status, 404);
    assert_eq!(preview(json!({"text": "---\ntitle: x\n---\n"})).await.status, 422, "what would be refused");
    let shown = preview(json!({"text": "{{ unsubscribe_url }}"})).await.body;
    assert_eq!(shown["missing"], json!(["unsubscribe_url"]), "what would be missing");
}

#[tokio::test]
async fn what_is_no_template_is_refused_with_its_place() {
    let house = House::open().await;
    let shop = house.tenant("shop").await;
    for (template, text, told) in [
        ("email/cart", "Hello {{ name", "--> 1:10"),
        ("email/cart", "---\nsubject: {{ x | shout }}\n---\n", "`subject` in line 2: Unknown filter"),
        ("email/cart", "---\ntitle: x\n---\n", "`title` in the head is no text of this channel's"),
        ("sms/cart", "---\ntitle: x\n---\n", "nothing may stand there"),
        ("email/cart", "{% include 'other' %}", "Unknown tag"),
    ] {
        let path = format!("/v1/templates/{template}");
        let answer = house.request(Method::PUT, &path, &shop.key, Some(&json!({"text": text}))).await;
        let detail = answer.body["detail"].as_str().unwrap();
        assert!(answer.status == 422 && detail.contains(told), "{answer:?}");
    }
    assert_eq!(shop.list("/v1/templates").await, [] as [Value; 0]);
}

/// Templates that would take the server down if it rendered them itself.
fn hostile() -> [(&'static str, String); 6] {
    let nested = |depth: usize| format!("{}{}", "{%if 1%}".repeat(depth), "{%endif%}".repeat(depth));
    let doubled = "{% assign x = x | append: x %}".repeat(64);
    let filters = format!("{{{{ 'x'{} }}}}", " | replace: 'x', 'xxxxxxxxxxxxxxxx'".repeat(32));
    [
        ("nested", nested(20_000)),
        ("nested in what a template may have", nested(7_000)),
        ("loops", "{% for a in (1..20000) %}{% for b in (1..10000) %}{% endfor %}{% endfor %}".to_owned()),
        ("a list", "{% for a in (1..200000000) %}{{ a }}{% endfor %}".to_owned()),
        ("doubling", format!("{{% assign x = 'xxxxxxxx' %}}{doubled}{{{{ x | size }}}}")),
        ("filters", filters),
    ]
}

#[tokio::test]
async fn a_hostile_template_costs_its_own_message_and_nothing_else() {
    let (house, provider) = (House::open().await, Provider::open().await);
    let good = shop(&house, "good", letter()).await;
    good.connect("email", &provider).await;
    set(&house, &good, "email/cart", "<p>well</p>").await;
    for (n, (name, text)) in hostile().into_iter().enumerate() {
        let bad = shop(&house, &format!("bad-{n}"), letter()).await;
        let path = "/v1/templates/email/cart";
        let answer = house.request(Method::PUT, path, &bad.key, Some(&json!({"text": text}))).await;
        if answer.status == 422 {
            println!("{name}: refused: {}", answer.body["detail"]);
            assert!(answer.body["detail"].as_str().unwrap().contains("template"), "{name}: {answer:?}");
        } else {
            ping(&house, &bad, "u1").await;
            let dead = bad.list("/v1/outbox").await;
            println!("{name}: {}", dead[0]["last_error"]);
            assert_eq!((dead.len(), &dead[0]["dead"]["cause"]), (1, &json!("refused")), "{name}: {dead:?}");
            assert!(dead[0]["last_error"].as_str().unwrap().starts_with("the "), "{name}: {dead:?}");
        }
        let who = format!("u{n}");
        ping(&house, &good, &who).await;
        assert_eq!(content(&provider)["html"], "<p>well</p>", "after {name}");
        assert_eq!(provider.received().len(), n + 1);
    }
    assert_eq!(house.request(Method::GET, "/readyz", "", None).await.status, 200);
}
