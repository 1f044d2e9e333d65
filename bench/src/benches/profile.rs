//! A person's profile as it grows: what it takes on the disk, and what an event costs that is read, taken in and stored.

use std::hint::black_box;

use anyhow::{Result, ensure};
use rekindle::domain::{Event, Timestamp};
use rekindle::ingest;
use rekindle::mappings::Mappings;
use rekindle::profiles::Profile;
use serde_json::{Value, json};

use crate::arguments::Settings;
use crate::figure::Figure;
use crate::usage::cpu_us_each;

const SIZES: [usize; 3] = [10, 100, 1_000];
/// Events are that far apart: a thousand of them take a month and a half.
const STEP_MS: i64 = 3_600_000;
const BEGIN_MS: i64 = 1_772_438_400_000;

pub(crate) fn run(settings: &Settings) -> Result<Vec<Figure>> {
    let (rounds, count) = (settings.extent.pick(3, 9), settings.extent.pick(200, 2_000));
    let rounds = |job: &mut dyn FnMut()| (0..rounds).map(|_| cpu_us_each(count, &mut *job)).collect::<Vec<f64>>();
    let text = call(1).to_string();
    let unmapped = Mappings::default();
    let reading = rounds(&mut || drop(black_box(ingest::decode(text.as_bytes(), at(1), &unmapped))));
    let mut figures = vec![Figure::of("reading an event", "µs CPU", reading)];
    for size in SIZES {
        let record = grown(size)?.encode();
        let next = event(size)?;
        let restored = Profile::decode(&record)?;
        ensure!(restored.encode() == record, "a profile should read back as it was written");
        figures.push(Figure::once(format!("a profile after {size} events"), "bytes", record.len() as f64));
        let steps: [(&str, &mut dyn FnMut()); 3] = [
            ("decoding", &mut || drop(black_box(Profile::decode(&record)))),
            ("copying and changing", &mut || drop(black_box(restored.clone().apply(&next)))),
            ("encoding", &mut || drop(black_box(restored.encode()))),
        ];
        for (step, job) in steps {
            figures.push(Figure::of(format!("· {step} it"), "µs CPU", rounds(job)));
        }
    }
    Ok(figures)
}

fn grown(size: usize) -> Result<Profile> {
    let mut profile = Profile::default();
    for number in 0..size {
        profile.apply(&event(number)?);
    }
    Ok(profile)
}

fn event(number: usize) -> Result<Event> {
    Ok(ingest::decode(call(number).to_string().as_bytes(), at(number), &Mappings::default())?.1)
}

fn at(number: usize) -> Timestamp {
    Timestamp::from_millis(BEGIN_MS + i64::try_from(number).unwrap_or(i64::MAX / STEP_MS) * STEP_MS)
}

/// A realistic mix: of twenty events, eight views, three carts, an order, seven about messages, an identify.
fn call(number: usize) -> Value {
    let campaign = |name: &str| json!({"campaign_name": name, "dispatch_id": format!("d-{number}")});
    let cart = json!({"cart_id": "c-1", "product_id": number, "price": 12.5});
    let (name, properties) = match number % 20 {
        0..=5 => ("Product Viewed", json!({"product_id": number, "name": "Mug", "price": 12.5})),
        6 | 7 => ("Product List Viewed", json!({"list_id": number, "category": "kitchen"})),
        8..=10 => ("Product Added", cart),
        11 => ("Order Completed", json!({"order_id": number, "total": 37.5})),
        12 | 13 => ("Push Notification Received", campaign("three-lines")),
        14 => ("Push Notification Opened", campaign("three-lines")),
        15 | 16 => ("Email Delivered", campaign("newsletter")),
        17 => ("Email Opened", campaign("newsletter")),
        18 => ("Email Link Clicked", campaign("newsletter")),
        _ => return identify(number),
    };
    json!({
        "type": "track", "event": name, "userId": "u1", "messageId": format!("m-{number}"),
        "timestamp": at(number).to_string(), "properties": properties,
        "context": {"device": {"token": format!("token-{}", number % 2)}, "timezone": "Europe/Berlin"},
    })
}

fn identify(number: usize) -> Value {
    json!({
        "type": "identify", "userId": "u1", "messageId": format!("m-{number}"), "timestamp": at(number).to_string(),
        "traits": {
            "email": "ada@example.com", "firstName": "Ada", "plan": (["Bronze", "Silver"][number / 20 % 2]),
            "phone": "+49 30 901820", "visits": number, "address": {"city": "Berlin", "country": "DE"},
        },
    })
}
