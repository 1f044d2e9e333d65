//! Who decides about whom: a shopper with a history, in the middle of filling a cart.

use rekindle::conditions::{self, Condition};
use rekindle::domain::{
    Asking, Call, CampaignName, Cause, Context, Event, Identities, Json, KnownBy, MessageId, Occurrences, PersonFacts,
    ProfileId, Subject, Timestamp,
};
use rekindle::profiles::Profile;
use rekindle::sandbox::View;
use rekindle::worker::Campaigns;
use serde_json::{Value, json};

/// What a tenant may have set up.
pub(super) const CONFIGURATION: &str = r#"{"wait": "1h", "coupon": "COMEBACK10"}"#;
/// 2 March 2026, 08:00 UTC.
pub(super) const NOW: Timestamp = Timestamp::from_millis(1_772_438_400_000);
/// Events that the person is known for.
const EVENTS_BEFORE: i64 = 20;

/// The product that is put into the cart.
pub(super) fn product() -> Value {
    json!({"cart_id": "c-4711", "product_id": "p-93", "sku": "G-32", "category": "Kitchen", "name": "Stovetop kettle",
        "brand": "Hearth", "price": 49.9, "quantity": 1, "currency": "EUR", "position": 3,
        "url": "https://shop.example/kettle", "image_url": "https://shop.example/kettle.jpg"})
}

/// The event's body, as a browser sends it.
pub(super) fn body() -> Json {
    Json::from(&json!({
        "type": "track", "event": "Product Added", "userId": "user-1", "anonymousId": "a-1", "messageId": "m-1",
        "timestamp": NOW.to_string(), "properties": product(),
        "context": {"ip": "203.0.113.7", "locale": "de-DE", "timezone": "Europe/Berlin",
            "library": {"name": "analytics.js", "version": "next-1.70.0"},
            "page": {"path": "/kettle", "title": "Stovetop kettle", "url": "https://shop.example/kettle"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
    }))
}

pub(super) fn event() -> Event {
    Event {
        id: MessageId::parse("m-1").expect("the id should be one"),
        call: Call::Track,
        name: "Product Added".to_owned(),
        at: NOW,
        identities: Identities { user_id: Some("user-1".to_owned()), ..Identities::default() },
        facts: PersonFacts::default(),
        engagement: None,
        test: false,
        body: body(),
    }
}

pub(super) fn cause() -> Cause {
    Cause::Event(Box::new(event()))
}

pub(super) fn context() -> Context {
    Context {
        campaign: CampaignName::parse("three-lines").expect("the name should be one"),
        now: NOW,
        profile: ProfileId::parse("user-1").expect("the id should be one"),
        variation: None,
        seed: 7,
        state: None,
    }
}

/// A person whose event's body was read already, as the worker does once for all campaigns that ask for it.
pub(super) struct Shopper {
    campaign: CampaignName,
    profile: Profile,
    body: Value,
}

impl Shopper {
    pub(super) fn new() -> Self {
        let mut profile = Profile::default();
        for number in 0..EVENTS_BEFORE {
            let at = Timestamp::from_millis(NOW.as_millis() - number * 60_000);
            let names = ["Product Viewed", "Product Added", "Cart Viewed"];
            let name = names[usize::try_from(number).unwrap_or_default() % names.len()].to_owned();
            profile.apply(&Event { name, at, ..event() });
        }
        Self { campaign: context().campaign, profile, body: body().value() }
    }
}

impl View for Shopper {
    fn body(&self) -> Option<&Value> {
        Some(&self.body)
    }

    fn holds(&self, _: &Condition, _: &Value) -> bool {
        true
    }
}

impl conditions::Person for Shopper {
    fn occurrences(&self, subject: &Subject, since: Option<Timestamp>) -> Occurrences {
        let asking = Asking { campaign: &self.campaign, labels: &Campaigns::default() };
        self.profile.history.look_up(asking, subject, since)
    }

    fn trait_value(&self, name: &str) -> Option<Json> {
        self.profile.traits.get(name).map(|value| value.value.clone())
    }

    fn reachable(&self, channel: &str) -> bool {
        self.profile.obstacle(channel, KnownBy::Id).is_none()
    }

    fn is_in_audience(&self, _: &str) -> bool {
        false
    }

    fn item(&self, _: &str) -> Option<Json> {
        None
    }

    fn viewed(&self, _: &str) -> Option<Timestamp> {
        None
    }

    fn has_in_cart(&self, _: Option<&str>) -> bool {
        false
    }
}
