//! A telephone number as E.164 writes it, from however people write theirs. One without a country's code belongs to the country
//! that the call names; what cannot be read stays a trait and is no address.

use phonenumber::{Mode, country};

use super::fields::Fields;

/// E.164 allows 15 digits; the rest is how people set them.
const PHONE_BYTES_MAX: usize = 40;

/// The person's number, where the call has one.
pub(crate) fn phone(traits: &[Fields<'_>], call: Fields<'_>) -> Option<String> {
    let places = traits.iter().copied().chain([call.within("properties")]);
    let text = places.into_iter().find_map(|place| place.first_text(&["phone", "phone_number"]))?;
    number(&text, region(traits, call.within("context")))
}

pub(crate) fn number(text: &str, region: Option<country::Id>) -> Option<String> {
    if text.len() > PHONE_BYTES_MAX {
        return None;
    }
    let number = phonenumber::parse(region, text).ok().filter(phonenumber::is_valid)?;
    Some(number.format().mode(Mode::E164).to_string())
}

/// The country of the person's address, else where the call came from, else the locale's.
fn region(traits: &[Fields<'_>], context: Fields<'_>) -> Option<country::Id> {
    let stated = traits.iter().flat_map(|traits| {
        [
            traits.within("address").first_text(&["country_code", "country"]),
            traits.first_text(&["country_code", "country"]),
        ]
    });
    let locale = context.text("locale");
    let of_locale = locale.as_deref().and_then(|locale| locale.split(['-', '_']).skip(1).find(|part| part.len() == 2));
    let all = stated.chain([context.within("location").text("country"), of_locale.map(str::to_owned)]);
    all.flatten().find_map(|country| country.to_uppercase().parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(call: Value) -> Option<String> {
        let call = Fields::of(&call);
        phone(&[call.within("traits")], call)
    }

    #[test]
    fn a_number_is_read_however_it_is_written() {
        for (call, number) in [
            (json!({ "traits": { "phone": "+1 (415) 555-2671" } }), Some("+14155552671")),
            (json!({ "traits": { "phone_number": "+49 30 901820" } }), Some("+4930901820")),
            (json!({ "traits": { "phone": "030 901820", "address": { "country": "DE" } } }), Some("+4930901820")),
            (json!({ "traits": { "phone": "030 901820" }, "context": { "locale": "de-DE" } }), Some("+4930901820")),
            (
                json!({ "traits": { "phone": "(415) 555-2671" }, "context": { "location": { "country": "us" } } }),
                Some("+14155552671"),
            ),
            (json!({ "properties": { "phone": "+14155552671" } }), Some("+14155552671")),
            (json!({ "traits": { "phone": "030 901820" } }), None),
            (json!({ "traits": { "phone": "call me" } }), None),
            (json!({ "traits": { "phone": "+1 2" } }), None),
            (json!({ "traits": { "phone": "1".repeat(1_000) } }), None),
            (json!({}), None),
        ] {
            assert_eq!(read(call.clone()).as_deref(), number, "{call}");
        }
    }
}
