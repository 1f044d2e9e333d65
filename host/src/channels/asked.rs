//! What a provider was asked, kept beside its answer: providers repeat in their words what they were sent (an address, a key, a
//! text), and nothing of that belongs into a receipt.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use reqwest::{Request, Url};
use serde_json::Value;

use crate::domain::limits;

/// Words as short as these say nothing of anybody, and every text has them.
const SHORT: usize = 3;
const HIDDEN: &str = "***";

/// A request that was sent. Copying it costs little: the body is shared.
#[derive(Debug)]
pub(super) struct Asked {
    /// None where it was not asked over HTTP.
    url: Option<Url>,
    headers: HeaderMap,
    body: Bytes,
}

impl Asked {
    pub(super) fn of(request: &Request) -> Self {
        let body = request.body().and_then(|body| body.as_bytes()).map(Bytes::copy_from_slice);
        Self { url: Some(request.url().clone()), headers: request.headers().clone(), body: body.unwrap_or_default() }
    }

    /// All texts that a provider was told by other means than HTTP.
    pub(super) fn of_texts(texts: &[&str]) -> Self {
        Self { url: None, headers: HeaderMap::new(), body: Bytes::from(texts.join("\n")) }
    }

    /// A provider's words without what is in the request, and cut short; none where nothing is left.
    pub(super) fn hidden_in(&self, words: &str) -> Option<String> {
        let said = self.said();
        let is_repeated = |piece: &str| piece.chars().count() > SHORT && said.contains(&piece.to_lowercase());
        let mut shown = String::new();
        // An address as a whole, or what of it is there.
        for piece in pieces(words, "@+_-.:/") {
            let end = piece.trim_end_matches(['.', ':', '/']).len();
            let (word, tail) = piece.split_at(end);
            match is_repeated(word) {
                true => shown.push_str(HIDDEN),
                false => {
                    pieces(word, "").for_each(|part| shown.push_str(if is_repeated(part) { HIDDEN } else { part }))
                }
            }
            shown.push_str(tail);
        }
        shown.truncate(shown.floor_char_boundary(limits::PROVIDER_WORDS_BYTES_MAX));
        let shown = shown.split_whitespace().collect::<Vec<_>>().join(" ");
        (!shown.is_empty()).then_some(shown)
    }

    /// Everything that a provider could repeat, in lower case: the body's values (not its names, which are the provider's own), the
    /// headers' and the address.
    fn said(&self) -> String {
        let mut said = self.url.as_ref().map(|url| format!("{url}\n")).unwrap_or_default();
        for value in self.headers.values() {
            said.push_str(&String::from_utf8_lossy(value.as_bytes()));
            said.push('\n');
        }
        match serde_json::from_slice(&self.body) {
            Ok(body) => gather(&body, &mut said),
            Err(_) => said.push_str(&String::from_utf8_lossy(&self.body)),
        }
        said.to_lowercase()
    }
}

fn gather(value: &Value, said: &mut String) {
    match value {
        Value::Object(members) => members.values().for_each(|member| gather(member, said)),
        Value::Array(elements) => elements.iter().for_each(|element| gather(element, said)),
        Value::Null | Value::Bool(_) => {}
        Value::Number(_) | Value::String(_) => {
            match value.as_str() {
                Some(text) => said.push_str(text),
                None => said.push_str(&value.to_string()),
            }
            said.push('\n');
        }
    }
}

/// A text as words, of letters, digits and these others, and what stands between them.
fn pieces<'a>(text: &'a str, others: &'static str) -> impl Iterator<Item = &'a str> {
    let is_of_word = move |letter: char| letter.is_alphanumeric() || others.contains(letter);
    let mut rest = text;
    std::iter::from_fn(move || {
        let is_word = rest.chars().next().map(is_of_word)?;
        let end = rest.find(|letter| is_of_word(letter) != is_word).unwrap_or(rest.len());
        let (piece, after) = rest.split_at(end);
        rest = after;
        Some(piece)
    })
}

#[cfg(test)]
impl Asked {
    /// A request that says nothing.
    pub(super) fn nothing() -> Self {
        Self::of_texts(&[])
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(words: &str, shown: Option<&str>) {
        let body = json!({"email": "Ada.B@example.com", "nested": [{"text": "your cart is waiting", "amount": 12345}]});
        let headers = HeaderMap::from_iter([(reqwest::header::AUTHORIZATION, "Bearer k3y-s3cret".parse().unwrap())]);
        let url = Url::parse("https://api.example.com/v1/lists/l1st").unwrap();
        let asked = Asked { url: Some(url), headers, body: Bytes::from(body.to_string()) };
        assert_eq!(asked.hidden_in(words).as_deref(), shown, "{words}");
    }

    #[test]
    fn nothing_of_the_request_is_repeated_and_the_rest_is() {
        check("The email ada.b@example.com is not valid", Some("The email *** is not valid"));
        check("no such l1st here", Some("no such *** here"));
        check("invalid key: k3y-s3cret (Bearer)", Some("invalid key: *** (***)"));
        check("amount=12345, `cart`!", Some("amount=***, `***`!"));
        check("field\nis  required", Some("field is required"));
        check(" \n ", None);
        check(&"ä".repeat(200), Some(&"ä".repeat(100)));
    }
}
