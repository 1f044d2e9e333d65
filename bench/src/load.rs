//! Segment's side, fast: bodies made and signed beforehand, sent over connections that are kept, each waiting for its answer
//! before the next, as Segment's do.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::thread;

use anyhow::{Context, Result, ensure};
use hmac::{Hmac, KeyInit, Mac};
use rekindle::domain::{Clock, SystemClock};
use serde_json::json;
use sha1::Sha1;

use crate::server::SECRET;

/// Connections that send at the same time.
const CONNECTIONS: usize = 16;
/// Of three events one puts something into a cart, which is what the campaign is asked about.
const SHOPPING: &[&str] = &["Product Added", "Product Viewed", "Product Viewed"];

/// Requests, ready to be written.
pub(crate) struct Load {
    requests: Vec<Vec<u8>>,
}

/// What is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Shape {
    pub(crate) events: usize,
    pub(crate) batch: usize,
    /// How many people the events are about.
    pub(crate) people: usize,
    /// Tells one load's events from another's.
    pub(crate) round: usize,
    /// What happens, in turns.
    pub(crate) names: &'static [&'static str],
}

impl Shape {
    /// Somebody puts something into a cart.
    pub(crate) const ONE: Self = Self { events: 1, batch: 1, people: 1, round: 0, names: SHOPPING };
}

impl Load {
    /// Signed requests to a path.
    pub(crate) fn of(shape: Shape, authority: &str, path: &str) -> Self {
        let numbers: Vec<usize> = (0..shape.events).collect();
        let batches = numbers.chunks(shape.batch).map(|batch| {
            let events: Vec<String> = batch.iter().map(|number| event(shape, *number)).collect();
            request(authority, path, &events)
        });
        Self { requests: batches.collect() }
    }

    /// Sends all, over as many connections as make sense, and waits for the last answer.
    pub(crate) fn send(&self, authority: &str) -> Result<()> {
        thread::scope(|scope| {
            let share = self.requests.len().div_ceil(CONNECTIONS).max(1);
            let senders: Vec<_> =
                self.requests.chunks(share).map(|requests| scope.spawn(|| send_all(authority, requests))).collect();
            senders.into_iter().try_for_each(|sender| sender.join().expect("a sender should not panic"))
        })
    }
}

/// `X-Signature` over `signed`.
pub(crate) fn sign(signed: &[u8]) -> String {
    let mut mac = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).expect("HMAC should take a key of any length");
    mac.update(signed);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// One request. Segment signs a batch's first element.
pub(crate) fn request(authority: &str, path: &str, events: &[String]) -> Vec<u8> {
    let signature = sign(events[0].as_bytes());
    let body = if let [event] = events { event.clone() } else { format!("[{}]", events.join(",")) };
    let length = body.len();
    format!(
        "POST {path} HTTP/1.1\r\nhost: {authority}\r\ncontent-type: application/json\r\nuser-agent: Segment.io/1.0\r\n\
         x-signature: {signature}\r\ncontent-length: {length}\r\n\r\n{body}"
    )
    .into_bytes()
}

/// An event of a round, about one of the people, as a browser sends it.
fn event(shape: Shape, number: usize) -> String {
    let name = shape.names[number % shape.names.len()];
    // Each person does all that there is to do: the number of people is no multiple of the kinds of events.
    track(&format!("user-{}", number % shape.people), name, &format!("{}-{}-{number}", shape.batch, shape.round))
}

/// A track call of about 1 KB.
pub(crate) fn track(user: &str, name: &str, id: &str) -> String {
    let now = SystemClock.now().to_string();
    json!({
        "type": "track", "event": name, "userId": user, "anonymousId": "2d4b7c1e-3f9a-4c55-9c1d-7f4b8a0e6d21",
        "messageId": format!("ajs-next-{id}"), "timestamp": now, "sentAt": now, "receivedAt": now, "version": 2,
        "properties": {"cart_id": "c-4711", "product_id": "p-93", "sku": "G-32", "category": "Kitchen",
            "name": "Stovetop kettle", "brand": "Hearth", "price": 49.9, "quantity": 1, "currency": "EUR",
            "url": "https://shop.example/kettle", "image_url": "https://shop.example/kettle.jpg"},
        "context": {"ip": "203.0.113.7", "locale": "de-DE", "timezone": "Europe/Berlin",
            "library": {"name": "analytics.js", "version": "next-1.70.0"},
            "page": {"path": "/kettle", "title": "Stovetop kettle", "url": "https://shop.example/kettle"},
            "userAgent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"},
        "integrations": {},
    })
    .to_string()
}

fn send_all(authority: &str, requests: &[Vec<u8>]) -> Result<()> {
    let mut connection = TcpStream::connect(authority).context("the server takes no connection")?;
    connection.set_nodelay(true)?;
    requests.iter().try_for_each(|request| exchange(&mut connection, request))
}

/// Writes a request and reads its answer, which has to be a 200.
pub(crate) fn exchange(connection: &mut TcpStream, request: &[u8]) -> Result<()> {
    connection.write_all(request)?;
    let mut answer = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = connection.read(&mut chunk)?;
        ensure!(count > 0, "the server closed the connection");
        answer.extend_from_slice(&chunk[..count]);
        if is_whole(&answer) {
            break;
        }
    }
    ensure!(answer.starts_with(b"HTTP/1.1 200 "), "the server answered {}", String::from_utf8_lossy(&answer));
    Ok(())
}

/// Whether an answer has arrived up to its announced end.
fn is_whole(answer: &[u8]) -> bool {
    let text = String::from_utf8_lossy(answer);
    let Some((head, body)) = text.split_once("\r\n\r\n") else { return false };
    let announced = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    body.len() >= announced.and_then(|length| length.parse().ok()).unwrap_or(0)
}
