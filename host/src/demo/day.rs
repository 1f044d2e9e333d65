//! The shop's day: who does what when, how it reaches the server, and what should come of it.

use serde_json::{Value, json};

use super::CAMPAIGN;
use crate::domain::Timestamp;

/// The day begins on Monday, 2 March 2026, 08:00 UTC.
const OPENING_MS: i64 = 1_772_438_400_000;
const MINUTE_MS: i64 = 60_000;

/// When the shop opens.
pub(super) fn opening() -> Timestamp {
    Timestamp::from_millis(OPENING_MS)
}

/// When everything has had its time.
pub(super) fn closing() -> Timestamp {
    at(12 * 60)
}

/// A moment, in minutes since opening.
fn at(minute: i64) -> Timestamp {
    Timestamp::from_millis(OPENING_MS + minute * MINUTE_MS)
}

/// Hours and minutes of a moment, in minutes since opening.
pub(super) fn time_of_day(minute: i64) -> String {
    at(minute).to_string()[11..16].to_owned()
}

/// Somebody of whom the day tells.
#[derive(Debug)]
pub(super) struct Person {
    /// The profile.
    pub(super) id: &'static str,
    /// What the person does.
    pub(super) story: &'static str,
    /// What should go out: step and minute.
    pub(super) expected: &'static [(&'static str, i64)],
}

/// The cast.
pub(super) const PEOPLE: &[Person] = &[
    Person { id: "customer-1", story: "buys within the hour", expected: &[] },
    Person { id: "customer-2", story: "adds twice; the push brings them back", expected: &[("push", 100)] },
    Person {
        id: "customer-3",
        story: "overlooks the push, opens the e-mail",
        expected: &[("push", 80), ("email", 141)],
    },
    Person {
        id: "customer-4",
        story: "needs all three lines, then buys",
        expected: &[("push", 89), ("email", 151), ("ads", 212), ("ads-remove", 300)],
    },
    Person { id: "customer-5", story: "is delivered three times", expected: &[("push", 95)] },
    Person { id: "customer-6", story: "is replayed from two days ago", expected: &[] },
    Person { id: "customer-7", story: "buys before the cart is heard of", expected: &[] },
    Person { id: "customer-8", story: "has unsubscribed from e-mail", expected: &[("push", 120)] },
    Person { id: "anonymous:visitor-9", story: "never logs in", expected: &[("push", 125)] },
    Person { id: "test-user-10", story: "is Segment's Event Tester", expected: &[] },
];

/// How many elements should be quarantined.
pub(super) const QUARANTINED: usize = 1;

/// One request of Segment's.
pub(super) struct Delivery {
    /// When it arrives.
    pub(super) at: Timestamp,
    events: Vec<Value>,
    batched: bool,
}

impl Delivery {
    /// The bytes on the wire.
    pub(super) fn body(&self) -> String {
        if self.batched { Value::from(self.events.clone()).to_string() } else { self.events[0].to_string() }
    }

    /// What Segment signs: the first event.
    pub(super) fn signed_part(&self) -> String {
        self.events[0].to_string()
    }
}

/// All deliveries, in the order in which they arrive.
pub(super) fn deliveries() -> Vec<Delivery> {
    let mut deliveries = shopping();
    deliveries.extend(engagements());
    deliveries.extend(oddities());
    deliveries.sort_by_key(|delivery| delivery.at);
    deliveries
}

fn shopping() -> Vec<Delivery> {
    vec![
        single(5, added("customer-1", 5, "mug", 12.5)),
        single(10, added("customer-2", 10, "tea", 4.2)),
        single(20, added("customer-3", 20, "kettle", 39.0)),
        batch(30, vec![added("customer-4", 29, "lamp", 25.0), ordered("customer-1", 30)]),
        single(40, added("customer-2", 40, "teapot", 18.99)),
        single(60, added("customer-8", 60, "bowl", 9.0)),
        single(65, anonymous(added("visitor-9", 65, "vase", 30.0))),
        single(120, ordered("customer-2", 120)),
        single(300, ordered("customer-4", 300)),
    ]
}

fn engagements() -> Vec<Delivery> {
    vec![
        single(0, engaged("customer-8", 0, "Email Unsubscribed")),
        single(81, engaged("customer-3", 81, "Push Notification Received")),
        single(91, engaged("customer-4", 91, "Push Notification Received")),
        batch(
            110,
            vec![
                engaged("customer-2", 101, "Push Notification Received"),
                engaged("customer-2", 109, "Push Notification Tapped"),
            ],
        ),
        single(121, engaged("customer-8", 121, "Push Notification Received")),
        single(142, engaged("customer-3", 142, "Email Delivered")),
        single(152, engaged("customer-4", 152, "Email Delivered")),
        single(160, engaged("customer-3", 160, "Email Opened")),
    ]
}

/// Late, doubled, out of order, broken.
fn oddities() -> Vec<Delivery> {
    let tripled = added("customer-5", 35, "clock", 55.0);
    let replayed = added("customer-6", -2 * 24 * 60, "chair", 80.0);
    let nobody = json!({"type": "track", "event": "Product Added", "messageId": "nobody", "properties": {}});
    let tester = json!({
        "type": "track", "event": "Product Added", "messageId": "segment-test-message-demo", "userId": "test-user-10",
        "email": "test@example.org", "timestamp": at(70).to_string(), "properties": {"property1": 1},
    });
    vec![
        single(35, tripled.clone()),
        single(36, tripled.clone()),
        batch(50, vec![tripled, replayed, nobody]),
        single(70, tester),
        single(75, ordered("customer-7", 75)),
        single(90, added("customer-7", 70, "table", 120.0)),
    ]
}

fn single(minute: i64, event: Value) -> Delivery {
    Delivery { at: at(minute), events: vec![event], batched: false }
}

fn batch(minute: i64, events: Vec<Value>) -> Delivery {
    Delivery { at: at(minute), events, batched: true }
}

fn added(user: &str, minute: i64, product: &str, price: f64) -> Value {
    let properties = json!({
        "cart_id": format!("cart-{user}"), "product_id": format!("sku-{product}"), "name": product, "price": price,
        "quantity": 1, "currency": "EUR",
    });
    track(user, minute, "Product Added", properties)
}

fn ordered(user: &str, minute: i64) -> Value {
    track(
        user,
        minute,
        "Order Completed",
        json!({"order_id": format!("order-{user}"), "total": 25.0, "currency": "EUR"}),
    )
}

fn engaged(user: &str, minute: i64, name: &str) -> Value {
    track(user, minute, name, json!({"campaign_name": CAMPAIGN}))
}

fn track(user: &str, minute: i64, name: &str, properties: Value) -> Value {
    let moment = at(minute).to_string();
    json!({
        "type": "track", "event": name, "userId": user, "messageId": format!("{user}/{name}/{minute}"),
        "timestamp": moment, "originalTimestamp": moment, "properties": properties,
        "context": {"library": {"name": "analytics.js", "version": "2.11.1"}, "timezone": "Europe/Berlin"},
    })
}

fn anonymous(mut event: Value) -> Value {
    let user = event["userId"].take();
    event["anonymousId"] = user;
    event
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_begins_when_it_says() {
        assert_eq!(opening().to_string(), "2026-03-02T08:00:00.000Z");
    }

    #[test]
    fn deliveries_come_in_the_order_of_their_arrival() {
        assert!(deliveries().is_sorted_by_key(|delivery| delivery.at));
    }
}
