//! What is wrong with a condition: where, what, and what would do.

use std::fmt;

/// A text or document that is no condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConditionError {
    /// The place, as a JSON Pointer from the condition's root.
    pub pointer: String,
    /// What is wrong there.
    pub what: String,
    /// What would do.
    pub next: String,
}

impl fmt::Display for ConditionError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "/" } else { &self.pointer };
        write!(f, "at `{place}`: {}: {}", self.what, self.next)
    }
}

impl std::error::Error for ConditionError {}

/// The word that somebody may have meant: the known one that is nearest, if any is near.
pub(crate) fn nearest<'a>(typed: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let distance = |word: &&str| strsim::damerau_levenshtein(typed, word);
    let nearest = known.into_iter().min_by_key(distance)?;
    (distance(&nearest) <= 1 + typed.chars().count() / 3).then_some(nearest)
}

/// `a`, `b` or `c`, for the reader of an error.
pub(crate) fn choices<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    let words: Vec<String> = words.into_iter().map(|word| format!("`{word}`")).collect();
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}
