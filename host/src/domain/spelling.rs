//! When two spellings of a name mean the same: case, `_`, `-` and blanks do not count. Tenants and vendors write
//! `userId`, `user_id` and `UserID`; `Order Completed`, `order_completed` and `orderCompleted`.
//!
//! The door compares many names with every event, and nearly all are ASCII: those are compared by byte.

/// The spelling under which tables keep a name.
pub fn folded(text: &str) -> String {
    if text.is_ascii() { plain(text).map(char::from).collect() } else { significant(text).collect() }
}

/// Whether both mean the same.
pub fn is_same(one: &str, other: &str) -> bool {
    match one.is_ascii() && other.is_ascii() {
        true => plain(one).eq(plain(other)),
        false => significant(one).eq(significant(other)),
    }
}

/// The letters that count.
fn significant(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|letter| counts(*letter)).flat_map(char::to_lowercase)
}

/// The letters that count in a text of ASCII.
fn plain(text: &str) -> impl Iterator<Item = u8> {
    text.bytes().filter(|byte| counts(char::from(*byte))).map(|byte| byte.to_ascii_lowercase())
}

fn counts(letter: char) -> bool {
    !matches!(letter, '_' | '-') && !letter.is_whitespace()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn ascii_is_compared_as_any_text_is(one in "[ -_a-dA-D\t\u{b}]{0,6}", other in "[ -_a-dA-Dé\t]{0,6}") {
            let slowly = |text: &str| significant(text).collect::<String>();
            prop_assert_eq!(folded(&one), slowly(&one));
            prop_assert_eq!(is_same(&one, &other), slowly(&one) == slowly(&other));
            prop_assert!(is_same(&one, &one.to_uppercase()));
        }
    }
}
