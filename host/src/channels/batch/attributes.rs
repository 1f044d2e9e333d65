//! Names and values as Batch wants them. JSON knows neither dates nor addresses, so an attribute that is one says so in its name:
//! `date(promotion_ends)`, `url(item)`. Names are of small letters, digits and `_`; everything else becomes `_`, as in Segment's own
//! destination.

use reqwest::Url;
use serde_json::Value;

use crate::channels::properties::Properties;

/// The name of an event or attribute.
pub(super) fn name(text: &str) -> String {
    let spelled = |letter: char| match letter.to_ascii_lowercase() {
        letter if letter.is_ascii_alphanumeric() => letter,
        _ => '_',
    };
    text.chars().map(spelled).collect()
}

/// Attributes, and those inside of objects and lists. Of two whose names become one, the first stays.
pub(super) fn spelled(properties: Properties) -> Properties {
    let mut attributes = Properties::new();
    for (key, value) in properties {
        attributes.entry(key_for(&key, &value)).or_insert_with(|| inside(value));
    }
    attributes
}

fn inside(value: Value) -> Value {
    match value {
        Value::Object(members) => spelled(members).into(),
        Value::Array(elements) => elements.into_iter().map(inside).collect(),
        value => value,
    }
}

fn key_for(key: &str, value: &Value) -> String {
    let name = name(key);
    match value.as_str() {
        Some(text) if is_moment(text) => format!("date({name})"),
        Some(text) if is_address(text) => format!("url({name})"),
        _ => name,
    }
}

/// RFC 3339, with a time and its zone: a date alone may be a name of something.
fn is_moment(text: &str) -> bool {
    text.len() > "2026-01-02T".len() && text.parse::<jiff::Timestamp>().is_ok()
}

fn is_address(text: &str) -> bool {
    Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_are_of_small_letters_digits_and_underscores() {
        assert_eq!(name("Cart Abandoned: 2nd-Try"), "cart_abandoned__2nd_try");
        assert_eq!(name("größe"), "gr__e");
    }

    #[test]
    fn dates_and_addresses_say_so_in_their_names() {
        let Value::Object(properties) = json!({
            "Ends At": "2026-01-02T03:04:05Z", "local": "2026-01-02T03:04:05.678+01:00", "day": "2026-01-02",
            "link": "https://example.com/a?b=c", "deep_link": "shop://cart", "words": "see https://example.com/",
            "items": [{"Name": "mug", "link": "http://example.com/mug"}], "tags": ["https://example.com/", "b"],
            "price": 3.5, "sale": true, "a b": 1, "a-b": 2,
        }) else {
            panic!("it should be an object")
        };
        let wanted = json!({
            "date(ends_at)": "2026-01-02T03:04:05Z", "date(local)": "2026-01-02T03:04:05.678+01:00", "day": "2026-01-02",
            "url(link)": "https://example.com/a?b=c", "deep_link": "shop://cart", "words": "see https://example.com/",
            "items": [{"name": "mug", "url(link)": "http://example.com/mug"}], "tags": ["https://example.com/", "b"],
            "price": 3.5, "sale": true, "a_b": 1,
        });
        assert_eq!(Value::Object(spelled(properties)), wanted);
    }
}
