//! Finding a value in an event by JSON Pointer, for tenants who spell property names as they like: `cart_id`, `cartId`
//! and `Cart ID` are the same name, but an exact one goes first.

use serde_json::{Map, Value};

use super::spelling;

/// What comparing two names costs besides their bytes.
const COMPARISON_FUEL: u64 = 40;

/// What was found, and what it cost to compare names on the way: whoever asks pays.
pub struct Found<'a> {
    /// The value, if it is there.
    pub value: Option<&'a Value>,
    /// What comparing names took.
    pub fuel: u64,
}

/// The pointer from an event's root that a person's word for a property means: a property's name, or, where it begins with a
/// slash, the pointer itself.
pub fn of_property(word: &str) -> String {
    if word.starts_with('/') {
        return word.to_owned();
    }
    format!("/properties/{}", word.replace('~', "~0").replace('/', "~1"))
}

/// Looks `pointer` up, as RFC 6901 says, but for the spelling of names.
pub fn find<'a>(document: &'a Value, pointer: &str) -> Found<'a> {
    let mut fuel = 0;
    let value = walk(document, pointer, &mut fuel);
    Found { value, fuel }
}

fn walk<'a>(document: &'a Value, pointer: &str, fuel: &mut u64) -> Option<&'a Value> {
    if pointer.is_empty() {
        return Some(document);
    }
    pointer.strip_prefix('/')?.split('/').try_fold(document, |value, token| {
        let name = token.replace("~1", "/").replace("~0", "~");
        match value {
            Value::Object(members) => member(members, &name, fuel),
            Value::Array(elements) => elements.get(index(&name)?),
            _ => None,
        }
    })
}

fn member<'a>(members: &'a Map<String, Value>, name: &str, fuel: &mut u64) -> Option<&'a Value> {
    if let Some(value) = members.get(name) {
        return Some(value);
    }
    let wanted = spelling::folded(name);
    let mut is_same = |other: &String| {
        *fuel += COMPARISON_FUEL + other.len() as u64;
        spelling::is_same(other, &wanted)
    };
    // A name without letters is spelled in one way only.
    if wanted.is_empty() {
        return None;
    }
    members.iter().find(|(other, _)| is_same(other)).map(|(_, value)| value)
}

/// An array's index: digits without a leading zero.
fn index(token: &str) -> Option<usize> {
    let canonical = token == "0" || !token.starts_with(['0', '+']);
    canonical.then(|| token.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(document: &Value, pointer: &str, expected: Option<Value>) {
        assert_eq!(find(document, pointer).value.cloned(), expected, "{pointer}");
    }

    /// The examples of RFC 6901, section 5.
    #[test]
    fn pointers_are_read_as_the_standard_says() {
        let document = json!({
            "foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "e^f": 3, "g|h": 4, "i\\j": 5, "k\"l": 6, " ": 7, "m~n": 8
        });
        check(&document, "", Some(document.clone()));
        check(&document, "/foo", Some(json!(["bar", "baz"])));
        check(&document, "/foo/0", Some(json!("bar")));
        check(&document, "/", Some(json!(0)));
        check(&document, "/a~1b", Some(json!(1)));
        check(&document, "/c%d", Some(json!(2)));
        check(&document, "/ ", Some(json!(7)));
        check(&document, "/m~0n", Some(json!(8)));
    }

    #[test]
    fn what_is_not_there_is_not_found() {
        let document = json!({"list": [1], "text": "x", "-": 1});
        for pointer in [
            "list",
            "/none",
            "/list/1",
            "/list/-",
            "/list/00",
            "/list/+0",
            "/list/x",
            "/text/0",
            "/list/0/0",
            "/",
            "/_",
        ] {
            check(&document, pointer, None);
        }
    }

    #[test]
    fn names_are_found_in_any_spelling_but_an_exact_one_goes_first() {
        let document = json!({"properties": {"Cart ID": "a", "cart-id": "b", "productId": "c"}});
        check(&document, "/properties/cart-id", Some(json!("b")));
        check(&document, "/Properties/cart_id", Some(json!("a")));
        check(&document, "/properties/product_id", Some(json!("c")));
        assert!(find(&document, "/properties/product_id").fuel > 0);
        assert_eq!(find(&document, "/properties/cart-id").fuel, 0);
    }
}
