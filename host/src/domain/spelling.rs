//! When two spellings of a name mean the same: case, `_`, `-` and blanks do not count. Tenants and vendors write
//! `userId`, `user_id` and `UserID`; `Order Completed`, `order_completed` and `orderCompleted`.

/// The letters that count.
pub(super) fn significant(text: &str) -> impl Iterator<Item = char> {
    text.chars().filter(|letter| !matches!(letter, '_' | '-') && !letter.is_whitespace()).flat_map(char::to_lowercase)
}

/// The spelling under which tables keep a name.
pub fn folded(text: &str) -> String {
    significant(text).collect()
}

/// Whether both mean the same.
pub fn is_same(one: &str, other: &str) -> bool {
    significant(one).eq(significant(other))
}
