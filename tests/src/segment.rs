//! Segment's side: events as its libraries make them, and its signature.

use hmac::{Hmac, KeyInit, Mac};
use rekindle::domain::Timestamp;
use serde_json::{Value, json};
use sha1::Sha1;

/// `X-Signature` over `signed`.
pub fn sign(secret: &str, signed: &str) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(secret.as_bytes()).expect("HMAC should take a key of any length");
    mac.update(signed.as_bytes());
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A track call; its id follows from what it says.
pub fn track(user: &str, at: Timestamp, name: &str, properties: Value) -> Value {
    json!({
        "type": "track", "event": name, "userId": user, "messageId": format!("{user}/{name}/{}", at.as_millis()),
        "timestamp": at.to_string(), "properties": properties, "context": {"library": {"name": "analytics.js"}},
    })
}

/// `Product Added`.
pub fn added(user: &str, at: Timestamp, product: &str, price: f64) -> Value {
    track(user, at, "Product Added", json!({"product_id": product, "name": product, "price": price, "quantity": 1}))
}

/// `Order Completed`.
pub fn ordered(user: &str, at: Timestamp) -> Value {
    track(user, at, "Order Completed", json!({"order_id": "order-1", "total": 10}))
}

/// What a vendor's source tells of a message of a campaign.
pub fn engaged(user: &str, at: Timestamp, name: &str, campaign: &str) -> Value {
    track(user, at, name, json!({"campaign_name": campaign}))
}

/// An identify call.
pub fn identified(user: &str, at: Timestamp, traits: Value) -> Value {
    json!({
        "type": "identify", "userId": user, "messageId": format!("{user}/identify/{}", at.as_millis()),
        "timestamp": at.to_string(), "traits": traits,
    })
}
